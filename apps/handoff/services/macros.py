"""Ready-made answers: finding them, and filling them in."""

from dataclasses import dataclass
from uuid import UUID

from apps.chat.models import Session
from apps.handoff.models import Macro, Operator


@dataclass(frozen=True, slots=True)
class Filled:
    """A macro's text; `unfilled` are the names in braces that nothing fills, still in the text."""

    id: int
    name: str
    text: str
    unfilled: tuple[str, ...]


def find_macros(*, query: str, operator: Operator, session_id: UUID) -> list[Filled]:
    """Best first: shortcut, beginnings, then anywhere in name or text, in Chinese, by the initials
    of its pinyin, or in English. An empty query gives the most used. Refused: not_found."""
    raise NotImplementedError


def render_macro(*, macro: Macro, session: Session, operator: Operator) -> Filled:
    """In the session's language. What a visitor has typed is put in as it is, never read for
    braces again."""
    raise NotImplementedError


def count_use(*, macro_id: int) -> None:
    raise NotImplementedError
