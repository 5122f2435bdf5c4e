"""Hints between processes: "session S now stands at line N", pieces of answers that grow, who types,
and what else apps tell each other. All of them may be lost: lines are read from PostgreSQL, and an
answer counts when it is stored.

Each process listens once and asks PostgreSQL for what its own people miss. Nothing here waits on
Redis: a publish has 200 ms, and after a few failures it is skipped for a while.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn, TypedDict, cast
from uuid import UUID
from weakref import WeakKeyDictionary

from asgiref.sync import async_to_sync
from channels.layers import BaseChannelLayer, get_channel_layer
from django.conf import settings

from apps.guard.pauses import Pause
from apps.guard.timely import Together, within

logger = logging.getLogger(__name__)

GROUP = "hints"
# What operators' consoles hear beside: that tickets have changed, and what consoles tell each other.
TICKETS, CONSOLE = "tickets", "console"
GROUPS = (GROUP, TICKETS, CONSOLE)
RETRY_S = 1.0
AT_ONCE = 100

Position = tuple[UUID, int]
Message = dict[str, Any]

# Beyond every line: whoever holds the session looks at it, and finds it closed.
ENDED = 2**53
TYPING_S = 6.0


class Hint(TypedDict):
    """What travels. Lists, not tuples, because that is what msgpack gives back."""

    type: str
    moved: list[list[Any]]


class Growth(TypedDict):
    """The same for answers that grow."""

    type: str
    grown: list[list[Any]]


class Grown(NamedTuple):
    """A piece of the answer of a turn, from the character `offset` on. A higher `attempt` takes the
    place of all before it."""

    session: UUID
    turn: UUID
    attempt: int
    offset: int
    text: str


class Told(TypedDict):
    """The same for who types."""

    type: str
    typing: list[str]


class Typing(NamedTuple):
    """Somebody writes in a session: a visitor, or an operator of that name. It is over TYPING_S
    later, if it does not come again."""

    session: UUID
    author: str
    name: str = ""


pause = Pause("hints")
_outboxes: WeakKeyDictionary[asyncio.AbstractEventLoop, Together[tuple[Position, ...], None]] = (
    WeakKeyDictionary()
)


def _layer() -> BaseChannelLayer:
    layer = get_channel_layer()
    if layer is None:
        raise RuntimeError("CHANNEL_LAYERS has no default")
    return layer


async def publish(moved: list[Position]) -> None:
    """Tells every process, within 200 ms or not at all. Never raises for Redis' sake."""
    loop = asyncio.get_running_loop()
    if loop not in _outboxes:
        _outboxes[loop] = Together(_publish, AT_ONCE)
    await _outboxes[loop].ask(tuple(moved))


async def _publish(told: Sequence[tuple[Position, ...]]) -> dict[tuple[Position, ...], None]:
    """One after the other: the layer has one connection, and all who wait for it would be late."""
    moved = [[str(session), seq] for positions in told for session, seq in positions]
    await _send({"type": "hint", "moved": moved})
    return {}


async def publish_grown(grown: list[Grown]) -> None:
    """The same for pieces of answers."""
    rows = [[str(one.session), str(one.turn), *one[2:]] for one in grown]
    await _send({"type": "growth", "grown": rows})


async def publish_typing(who: Typing) -> None:
    """The same for somebody who types. To be called every few seconds while they do."""
    await _send({"type": "typing", "typing": [str(who.session), *who[1:]]})


async def _send(message: Hint | Growth | Told) -> None:
    await tell(GROUP, cast("Message", message))


async def tell(group: str, message: Message) -> None:
    """Tells every process that listens, within 200 ms or not at all. Never raises for Redis' sake."""
    if pause.is_on():
        return
    began = pause.now()
    try:
        told = _layer().group_send(group, message)
        await within(settings.CHAT.hint_timeout_s, told)
    except Exception as error:  # noqa: BLE001 whatever Redis throws, a hint is only a hint
        logger.info("hints: not published (%s)", type(error).__name__)
        pause.failed(began)
    else:
        pause.succeeded()


def announce(moved: list[Position]) -> None:
    """`publish` for synchronous callers, after their commit."""
    async_to_sync(publish)(moved)


def _ignore(_told: object) -> None:
    """Nobody looks on."""


async def listen(
    on_hint: Callable[[list[Position]], None],
    on_growth: Callable[[list[Grown]], None] = _ignore,
    on_typing: Callable[[Typing], None] = _ignore,
    on_other: Callable[[Message], None] = _ignore,
) -> None:
    """Calls them for everything that comes, for ever. Subscribes again when Redis comes back.

    Once in a process: a second one that fails would end the first one's subscription.
    """

    def hear(told: Message) -> None:
        if "grown" in told:
            on_growth([_grown(*row) for row in told["grown"]])
        elif "typing" in told:
            session, author, name = told["typing"]
            on_typing(Typing(UUID(session), author, name))
        elif "moved" in told:
            on_hint([(UUID(session), seq) for session, seq in told["moved"]])
        else:
            on_other(told)

    while True:
        try:
            await _hear_all(hear)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 no failure of Redis may end the listening
            logger.info("hints: cannot listen (%s)", type(error).__name__)
            with contextlib.suppress(Exception):
                await _layer().flush()
            await asyncio.sleep(RETRY_S)


async def _hear_all(hear: Callable[[Message], None]) -> NoReturn:
    layer = _layer()
    channel = await layer.new_channel()
    for group in GROUPS:
        await layer.group_add(group, channel)
    _go_on()
    while True:
        hear(await layer.receive(channel))


def _go_on() -> None:
    """The client of Redis loses a cancel that comes while it connects."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


def _grown(session: str, turn: str, attempt: int, offset: int, text: str) -> Grown:
    return Grown(UUID(session), UUID(turn), attempt, offset, text)
