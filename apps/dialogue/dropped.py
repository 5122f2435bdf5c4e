"""Kept answers that were of no use to a visitor, as this process last read them. `refresh` runs beside
the sockets."""

from uuid import UUID

from apps.llm.models import DroppedAnswer

_known: frozenset[UUID] = frozenset()


def refresh() -> None:
    """Blocking: one small query."""
    global _known  # noqa: PLW0603 one for the process, like its models
    _known = frozenset(DroppedAnswer.objects.turns())


def has(turn: UUID) -> bool:
    """Whether what a model answered in that turn is said no more."""
    return turn in _known
