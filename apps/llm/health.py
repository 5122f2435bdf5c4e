"""How the models have done lately: who answers, who fails, and with what."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from django.http import HttpRequest
from django.utils import timezone

from apps.llm.models import Call
from apps.llm.values import Outcome

LATELY = timedelta(hours=1)
# Read at every page of the staff: some milliseconds. Of a busy hour only the end counts.
MOST_READ = 2_000
# What the house decided itself, and what nobody was asked.
NO_FAILURE = frozenset(
    {
        Outcome.OK,
        Outcome.CACHE,
        Outcome.CANCELLED,
        Outcome.QUOTA,
        Outcome.BUSY,
        Outcome.BREAKER,
        Outcome.CAP,
        Outcome.NO_TIME,
    }
)
# These do not pass by themselves: one is enough to say so.
LASTING = frozenset(
    {
        Outcome.AUTH,
        Outcome.MISSING_MODEL,
        Outcome.REDIRECT,
        Outcome.BLOCKED,
        Outcome.TLS,
        Outcome.UNREACHABLE,
    }
)
MANY = 3


@dataclass(frozen=True, slots=True)
class Health:
    """Of one model, in the last hour. `since` is when the first of its failures was, `asked_since`
    how many calls it has had from then on, `in_row` how many have failed since it last answered."""

    model: uuid.UUID
    name: str
    answered: int
    failed: int
    asked_since: int = 0
    in_row: int = 0
    since: datetime | None = None
    last_at: datetime | None = None
    last: str = ""

    @property
    def is_broken(self) -> bool:
        """Whether somebody should look after it. One that has answered since is well."""
        is_often = self.failed >= MANY and 2 * self.failed >= self.asked_since
        return self.in_row > 0 and (self.last in LASTING or self.in_row >= MANY or is_often)


def lately() -> dict[uuid.UUID, Health]:
    """By model; those that nobody has asked are not in it. One query, by the ledger's order."""
    calls = Call.objects.since(timezone.now() - LATELY).exclude(model=None)
    rows = calls.order_by("-at", "-pk").values_list("model", "model_name", "outcome", "at")
    asked: dict[uuid.UUID, list[tuple[str, str, datetime]]] = {}
    for model, name, outcome, at in rows[:MOST_READ]:
        if outcome == Outcome.OK or outcome not in NO_FAILURE:
            asked.setdefault(model, []).append((name, outcome, at))
    return {model: _health(model, calls) for model, calls in asked.items()}


def lately_once(request: HttpRequest) -> dict[uuid.UUID, Health]:
    """The same, read once for a page: its sidebar tells of it, and maybe its list."""
    found: dict[uuid.UUID, Health] | None = getattr(request, "models_lately", None)
    if found is None:
        found = lately()
        request.models_lately = found  # type: ignore[attr-defined]  # of this request only
    return found


def _health(model: uuid.UUID, calls: Sequence[tuple[str, str, datetime]]) -> Health:
    """`calls`: the latest first."""
    failed = [place for place, call in enumerate(calls) if call[1] != Outcome.OK]
    name = calls[0][0]
    if not failed:
        return Health(model, name, len(calls), 0)
    _name, last, last_at = calls[failed[0]]
    return Health(
        model,
        name,
        answered=len(calls) - len(failed),
        failed=len(failed),
        asked_since=failed[-1] + 1,
        in_row=len(list(takewhile(lambda call: call[1] != Outcome.OK, calls))),
        since=calls[failed[-1]][2],
        last_at=last_at,
        last=last,
    )
