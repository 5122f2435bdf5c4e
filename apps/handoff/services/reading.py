"""How far operators have read, for whichever process they come back to."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from apps.handoff.models import Reading

# Sessions of which it is told again, those that came last.
MOST = 5000
# In one order: two processes may keep the same at once. What was erased meanwhile is passed over.
KEEP = """
INSERT INTO handoff_reading (operator_id, session_id, seq)
SELECT o.id, s.id, r.seq
FROM unnest(%(operators)s::bigint[], %(sessions)s::uuid[], %(seqs)s::bigint[]) AS r(operator, session, seq)
JOIN handoff_operator o ON o.id = r.operator JOIN chat_session s ON s.id = r.session
ORDER BY o.id, s.id
ON CONFLICT (operator_id, session_id)
DO UPDATE SET seq = greatest(handoff_reading.seq, excluded.seq)
"""


def keep_read(read: Mapping[tuple[int, UUID], int]) -> None:
    """The numbers of the lines that operators have read up to, by operator and session. One that was
    further before stays there."""
    values: dict[str, list[Any]] = {
        "operators": [operator for operator, _ in read],
        "sessions": [session for _, session in read],
        "seqs": list(read.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(KEEP, values)


def read_by(operator: int) -> dict[UUID, int]:
    """By session."""
    found = Reading.objects.filter(operator=operator).order_by("-pk")
    return dict(found.values_list("session", "seq")[:MOST])
