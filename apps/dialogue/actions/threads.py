"""Runs a yes where it was heard, right after its commit. What is lost with the process is found by
`relay.run_due`."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from uuid import UUID

from django.db import connection, transaction

from apps.dialogue.actions.execute import carry_out

logger = logging.getLogger(__name__)

# Each takes a connection of the process' pool while a function of the shop works.
THREADS = 2
_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="action")
under_way: set[Future[bool]] = set()


def start_on_commit(key: UUID) -> None:
    transaction.on_commit(partial(_start, key))


def run_and_close(key: UUID) -> bool:
    """For a thread: works at the run, tells of a failure in the log only, and gives the thread's
    connection back. Whether it worked."""
    try:
        return carry_out(key)
    except Exception as error:  # noqa: BLE001 somebody else takes the run when its time has passed
        logger.warning("action: a run has to wait (%s)", type(error).__name__)
        return False
    finally:
        connection.close()


def _start(key: UUID) -> None:
    try:
        started = _pool.submit(run_and_close, key)
    except RuntimeError:
        return  # the process is about to end
    under_way.add(started)
    started.add_done_callback(under_way.discard)
