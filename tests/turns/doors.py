"""Doors in front of servers, so that a test can hold what comes out, or let in only so many."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg

from tests.fakellm.process import FakeLLM

CHUNK = 65_536
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Held:
    """`open` lets out what has been answered so far, and all that follows."""

    base_url: str
    open: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def held(fake: FakeLLM) -> AsyncIterator[Held]:
    """The fake's models: requests go in, and its `calls` tell them; no answer comes out at first."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", fake.port)
        await _join((reader, writer), there, made.open)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=512)
    made = Held(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
    try:
        yield made
    finally:
        made.open.set()
        server.close()


@dataclass
class Narrow:
    """`inside` are the connections that are open now, `peak` the most that were, `refused` those
    that came when it was full."""

    url: str
    inside: int = 0
    peak: int = 0
    refused: int = 0


@asynccontextmanager
async def narrow(url: str, most: int, folder: Path) -> AsyncIterator[Narrow]:
    """The database, which lets in `most` at a time: any further one finds the door shut."""
    with psycopg.connect(url) as known:
        host, port = known.info.host, known.info.port
    always = asyncio.Event()
    always.set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if made.inside >= most:
            made.refused += 1
            writer.close()
            return
        made.inside += 1
        made.peak = max(made.peak, made.inside)
        try:
            await _join((reader, writer), await _reach(host, port), always)
        finally:
            made.inside -= 1

    server = await asyncio.start_unix_server(serve, folder / f".s.PGSQL.{port}", backlog=512)
    parts = urlsplit(url)
    login = parts.netloc.rpartition("@")[0]
    query = f"host={quote(str(folder), safe='')}&port={port}"
    made = Narrow(urlunsplit(parts._replace(netloc=f"{login}@", query=query)))
    try:
        yield made
    finally:
        server.close()


async def _reach(host: str, port: int) -> Ends:
    if host.startswith("/"):
        return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
    return await asyncio.open_connection(host, port)


async def _join(here: Ends, there: Ends, is_open: asyncio.Event) -> None:
    """Until one of them ends."""

    async def come_out() -> None:
        await is_open.wait()
        await _pour(there[0], here[1])

    ways = [asyncio.create_task(_pour(here[0], there[1])), asyncio.create_task(come_out())]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for each in (here[1], there[1]):
            each.close()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
