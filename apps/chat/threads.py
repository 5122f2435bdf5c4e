"""Blocking calls from the event loop. Four threads of a process serve all of its sockets' reads;
Django's own default would queue them on one.

They have connections of their own: in a pool shared with pages, slow pages of staff would keep
visitors waiting.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

P = ParamSpec("P")
R = TypeVar("R")

THREADS = 4


def _leave_the_pool() -> None:
    """Where pages share a pool, gives this thread a connection that stays open."""
    shared = connections[DEFAULT_DB_ALIAS]
    if not shared.settings_dict["OPTIONS"].get("pool"):
        return
    options = {**shared.settings_dict["OPTIONS"], "pool": None}
    own = {**shared.settings_dict, "OPTIONS": options, "CONN_MAX_AGE": None}
    connections[DEFAULT_DB_ALIAS] = type(shared)(own, DEFAULT_DB_ALIAS)


_pool = ThreadPoolExecutor(THREADS, "database", initializer=_leave_the_pool)


async def in_thread(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs `function` with the database connection of its thread.

    Raises TimeoutError after twice `journal_wait_s`: a frozen database must not hold callers.
    """
    call = database_sync_to_async(function, thread_sensitive=False, executor=_pool)
    async with asyncio.timeout(2 * settings.CHAT.journal_wait_s):
        return await call(*args, **kwargs)
