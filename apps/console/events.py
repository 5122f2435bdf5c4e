"""What consoles tell each other over all processes. All of it may be lost: who looks at what is said
again every few seconds, and the rest is found by reading."""

from collections.abc import Iterable
from typing import NamedTuple, cast
from uuid import UUID

from apps.chat import events

Message = events.Message


class Sign(NamedTuple):
    """What an operator does in a session: "viewing", "replying", or "" when they have left it."""

    session: UUID
    operator: int
    name: str
    doing: str


async def publish_signs(origin: str, signs: Iterable[Sign]) -> None:
    """`origin` names the process, which passes over its own."""
    told = [[str(sign.session), *sign[1:]] for sign in signs]
    await events.tell(events.CONSOLE, {"type": events.CONSOLE, "from": origin, "signs": told})


async def publish_look(origin: str, sessions: Iterable[UUID], *, people: bool = False) -> None:
    """Something of these sessions has changed that no line tells of, or of who is there."""
    look = [str(one) for one in sessions]
    told = {"type": events.CONSOLE, "from": origin, "look": look, "people": people}
    await events.tell(events.CONSOLE, cast("Message", told))


def signs(told: Message) -> list[Sign]:
    return [Sign(UUID(session), *rest) for session, *rest in told.get("signs", ())]


def sessions(told: Message) -> list[UUID]:
    """The sessions that a message asks to look at."""
    return [UUID(one) for one in told.get("look", ())]
