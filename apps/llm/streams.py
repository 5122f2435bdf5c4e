"""Reads an answer from bytes, whole or as server-sent events, and keeps the time meanwhile."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from apps.llm.parsing import BadOutputError, Body, Piece, body, usage
from apps.llm.values import GatewayError, Outcome, Usage

DATA = b"data:"
DONE = b"[DONE]"
EVENTS = "text/event-stream"
# As long as the ledger keeps a model's name.
LONGEST_NAME = 200
# Tokens come by the dozen: the limit between them is moved once in this share of it, so that it is as
# much too long at most.
SLACK = 0.1
# A connection that is given up may hang once more while it is closed.
CLOSING_S = 0.5


class Clock:
    """Wall clock over one request: `until` the deadline, the first token and between tokens.

    A timeout of the client is for each read, which one byte a second never trips.
    """

    def __init__(self, until: float, first_token_s: float, gap_s: float) -> None:
        self._now = asyncio.get_running_loop().time
        self._until = until
        self._gap_s = gap_s
        self._limit = asyncio.timeout_at(min(until, self._now() + first_token_s))
        self._stack = contextlib.AsyncExitStack()
        self.first_at: float | None = None
        self._moved_at = 0.0

    async def __aenter__(self) -> "Clock":
        await self._stack.enter_async_context(asyncio.timeout_at(self._until + CLOSING_S))
        await self._stack.enter_async_context(self._limit)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Raises GatewayError for the limit that was passed."""
        try:
            await self._stack.__aexit__(kind, error, at)
        except TimeoutError:
            raise self._passed() from None

    def tick(self) -> None:
        """A token has come."""
        now = self._now()
        if self.first_at is None:
            self.first_at = now
        elif now - self._moved_at < self._gap_s * SLACK:
            return
        self._moved_at = now
        self._limit.reschedule(min(self._until, now + self._gap_s * (1 + SLACK)))

    def _passed(self) -> GatewayError:
        when = self._limit.when()
        if when is None or when >= self._until:
            return GatewayError(Outcome.DEADLINE, "no whole answer within the deadline")
        if self.first_at is None:
            return GatewayError(Outcome.FIRST_TOKEN, "no first token in time")
        return GatewayError(Outcome.GAP, "it stopped within the answer")


@dataclass(slots=True)
class Received:
    """What has come so far. `finish` is None until the server says why it ended."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    refusal: bool = False
    finish: str | None = None
    usage: Usage | None = None
    served: str = ""
    is_done: bool = False

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def add(self, found: Body, piece: Piece | None) -> None:
        if isinstance(found.model, str):
            self.served = "".join(filter(str.isprintable, found.model))[:LONGEST_NAME]
        self.usage = usage(found.usage) or self.usage
        if found.choices:
            self.finish = found.choices[0].finish_reason or self.finish
        if piece:
            self.refusal = self.refusal or bool(piece.refusal)
            if piece.said:
                self.parts.append(piece.said)
                self.length += len(piece.said)


async def read(response: Any, said: Received, clock: Clock, on_more: Callable[[], None]) -> None:
    """Fills `said`; what has come before an error stays in it. Raises BadOutputError, GatewayError
    and whatever the connection does."""
    if EVENTS in response.headers.get("content-type", ""):
        await _read_events(response, said, clock, on_more)
    else:
        # Servers that cannot stream answer so, however they were asked.
        found = body(b"".join([chunk async for chunk in response.iter_bytes()]))
        _check(found)
        said.add(found, found.choices[0].message if found.choices else None)
        clock.tick()
        said.is_done = True


async def _read_events(
    response: Any, said: Received, clock: Clock, on_more: Callable[[], None]
) -> None:
    async for data in events(response.iter_bytes()):
        if data == DONE:
            said.is_done = True
            return
        found = body(data)
        _check(found)
        piece = found.choices[0].delta if found.choices else None
        said.add(found, piece)
        # Servers keep a connection alive with comments and empty pieces: they are no token.
        if piece and (piece.is_alive or piece.refusal):
            clock.tick()
            on_more()
    if said.finish is None:
        raise GatewayError(Outcome.CUT, "the connection ended within the answer")
    said.is_done = True


async def events(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The data of each event. Lines end in LF or CRLF; one cut off at the end is no event."""
    # Joined once its end is there: a line may come in a quarter of a million pieces.
    begun: list[bytes] = []
    async for chunk in chunks:
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            whole = b"".join((*begun, line)) if begun else line
            begun.clear()
            if whole.startswith(DATA):
                yield whole[len(DATA) :].strip()
        if rest:
            begun.append(rest)


def _check(found: Body) -> None:
    """Some servers tell of an error with 200."""
    if found.error:
        raise GatewayError(Outcome.SERVER_ERROR, "the server reports an error")
    if found.choices is None and found.usage is None:
        raise BadOutputError("no completion: no choices")
