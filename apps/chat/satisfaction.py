"""How satisfied a visitor was, 1 to 5: asked for by a line, and to be changed until the next one.

Whoever ends a request stores a line with `ASKED` in its `meta`; the widget does the rest. Once it is
answered, `{"score": 4}` stands there instead, or `{"score": None}` for who would rather not say.
"""

import uuid
from typing import Any, Final

from django.db import transaction

from apps.chat.models import Message, Session

KEY: Final = "csat"
ASKED: Final[dict[str, Any]] = {KEY: True}


@transaction.atomic
def score(*, session: uuid.UUID, value: int | None, comment: str) -> bool:
    """Keeps the visitor's newest word on the session; False for one that does not count: None after
    a score, and where nobody has asked, all after the first."""
    row = Session.objects.select_for_update(no_key=True).filter(id=session).first()
    if row is None:
        return False
    asked = row.messages.filter(meta__has_key=KEY).order_by("-seq").first()
    if not _counts(value, asked.meta[KEY] if asked else None, row):
        return False
    if asked:
        given = {**asked.meta, KEY: {"score": value}}
        Message.objects.filter(pk=asked.pk).update(meta=given)
    if value:
        Session.objects.filter(pk=row.pk).update(csat=value, csat_comment=comment)
    return True


def _counts(value: int | None, asked: Any, row: Session) -> bool:
    """`asked`: what stands on the line that asks; None without one."""
    if asked is None:
        return bool(value) and not row.csat
    return bool(value) or asked is True
