"""Hears of new turns the moment they are committed. What is not heard is found by polling."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

import psycopg
from django.conf import settings
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict

from apps.chat.journal import conninfo
from apps.dialogue.turns.claims import AWAY, SETTINGS

logger = logging.getLogger(__name__)

RETRY_S = 1.0
# In seconds, but for the last: as long as a statement may take.
PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 6_000,
}


@contextlib.asynccontextmanager
async def listening(woken: asyncio.Event) -> AsyncIterator[None]:
    """Listens for new turns from here on, as well as the database lets it: polling finds them too."""
    ready = asyncio.Event()
    task = asyncio.create_task(_listen(woken, ready))
    try:
        await waited(ready, RETRY_S)
        yield
    finally:
        await ended(task)


async def _listen(woken: asyncio.Event, ready: asyncio.Event) -> None:
    while True:
        try:
            async with await AsyncConnection.connect(**direct(), autocommit=True) as connection:
                await connection.execute("LISTEN turns")
                ready.set()
                async for _notice in connection.notifies():
                    woken.set()
        except (*AWAY, psycopg.Error) as error:
            logger.info("drain: cannot listen (%s)", type(error).__name__)
        await asyncio.sleep(RETRY_S)


def direct() -> dict[str, Any]:
    """What psycopg needs to reach the database past a pooler, which knows neither LISTEN nor locks
    that outlast a transaction. A server that has fallen silent is given up in seconds: the system
    alone would wait for a quarter of an hour."""
    url = settings.DATABASE_DIRECT_URL
    found = conninfo_to_dict(url) if url else conninfo()
    return {**found, **PATIENCE, "options": f"{found.get('options', '')} {SETTINGS}".strip()}


async def waited(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
