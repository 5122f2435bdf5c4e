"""Blocking calls from the event loop. Four threads of a process serve all of its sockets' reads;
Django's own default would queue them on one."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.conf import settings

P = ParamSpec("P")
R = TypeVar("R")

THREADS = 4
_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="database")


async def in_thread(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs `function` with a database connection of its thread, given back afterwards.

    Raises TimeoutError after twice `journal_wait_s`: a frozen database must not hold callers.
    """
    call = database_sync_to_async(function, thread_sensitive=False, executor=_pool)
    async with asyncio.timeout(2 * settings.CHAT.journal_wait_s):
        return await call(*args, **kwargs)
