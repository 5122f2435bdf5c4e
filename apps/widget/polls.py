"""Long polls: the lines after a number, waited for if there are none yet."""

import asyncio
import contextlib
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse

from apps.chat import frames
from apps.chat.codes import Code
from apps.chat.threads import in_thread
from apps.dialogue.handles import Handle, known_slots
from apps.dialogue.queues import read_told
from apps.dialogue.rows import read_after
from apps.dialogue.running import running
from apps.engine.types import Mode
from apps.widget.endpoints import ApiError, handle_of, number, session_of, take_turn

POLLS_PER_SESSION = 3
HEARTBEAT = '{"type":"heartbeat"'


class Poll:
    """A feed that ends a long poll: whatever comes but a heartbeat; the rows are read then."""

    token = ""

    def __init__(self, cursor: int) -> None:
        self.cursor = cursor
        self.came = asyncio.Event()

    def push(self, frame: str) -> None:
        if not frame.startswith(HEARTBEAT):
            self.came.set()

    def shut(self, code: int) -> None:
        self.came.set()

    async def settle(self) -> None:
        """A poll sends nothing by itself."""


async def messages_after(request: HttpRequest) -> JsonResponse:
    since, wait = number(request, "since"), number(request, "wait")
    take_turn(request)
    async with handle_of(request) as handle:
        session = handle.standing.session
        rows = await in_thread(read_after, session, since)
        if not rows and wait:
            # A line stored while the rows were read is there already: read again, wait not.
            if since >= handle.standing.last_seq:
                await _wait(handle, since, min(wait, settings.CHAT.long_poll_s))
                await session_of(request)  # it may have been closed meanwhile
            rows = await in_thread(read_after, session, since)
        told = handle.told = handle.told or await _told(handle)
        last_seq = max(handle.standing.last_seq, rows[-1].seq if rows else 0)
        return JsonResponse(
            {
                "messages": [row.frame() for row in rows],
                "state": str(handle.standing.state),
                "mode": str(handle.standing.mode),
                "slots": known_slots(handle.standing),
                **told,
                "last_seq": last_seq,
                "epoch": running().epoch,
                "more": len(rows) == frames.PAGE and rows[-1].seq < last_seq,
            }
        )


async def _told(handle: Handle) -> dict[str, Any]:
    """Read by each request: between two of them nobody may hold the session."""
    standing = handle.standing
    if standing.mode is Mode.BOT:
        return {}
    found = await in_thread(read_told, {standing.session: standing.mode})
    return found.get(standing.session, {})


async def _wait(handle: Handle, since: int, seconds: float) -> None:
    if len([feed for feed in handle.feeds if isinstance(feed, Poll)]) >= POLLS_PER_SESSION:
        raise ApiError(Code.TOO_MANY_SOCKETS, status=429, retry_after=seconds)
    poll = Poll(since)
    handle.feeds.add(poll)
    try:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(poll.came.wait(), seconds)
    finally:
        handle.feeds.discard(poll)
