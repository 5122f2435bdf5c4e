"""Answers that a model writes for an operator, and what became of each: a label for later."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from apps.handoff.models import Operator, Suggestion


def current(*, session_id: UUID) -> Suggestion | None:
    """The one that still fits; one behind which something was said is dropped."""
    raise NotImplementedError


def suggest(
    *,
    session_id: UUID,
    text: str,
    basis: Sequence[Mapping[str, str]],
    route: str,
    to_seq: int,
) -> Suggestion | None:
    """Stores one in place of the last; None when the talk has moved on behind `to_seq`."""
    raise NotImplementedError


def choose_suggestion(
    *, suggestion_id: int, operator: Operator, choice: str, text: str = ""
) -> Suggestion:
    """Refused: not_found, too_late (it was chosen or dropped before), bad_value."""
    raise NotImplementedError
