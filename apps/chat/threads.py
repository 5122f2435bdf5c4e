"""Blocking calls from the event loop. Four threads of a process serve all of its sockets' reads;
Django's own default would queue them on one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async

P = ParamSpec("P")
R = TypeVar("R")

THREADS = 4
_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="database")


async def in_thread(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs `function` with a database connection of its thread, given back afterwards."""
    call = database_sync_to_async(function, thread_sensitive=False, executor=_pool)
    return await call(*args, **kwargs)
