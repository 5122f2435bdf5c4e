"""Runs turns whose process was lost, each in a process of its own, so that one which ends every
process that runs it takes no other with it.

One process loads everything and forks for each turn: a fork costs milliseconds, a start seconds. It
begins before the first lease has ended, while leases are merely overdue, so that it waits for them
and not they for it.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable

import psycopg
from django.db import connections

from apps.dialogue.turns import claims
from apps.dialogue.turns.listening import direct

logger = logging.getLogger(__name__)

AT_ONCE = 8
LOOK_S = 0.25


def run_lost(serve_one: Callable[[], None], stop: threading.Event) -> None:
    """Returns when no turn is lost or about to be. `serve_one` takes a lost turn and runs it; it is
    called in forked processes, where this returns as well."""
    connections.close_all()
    children: set[int] = set()
    while not stop.is_set():
        lost, endangered = _look()
        children = {pid for pid in children if not _has_ended(pid)}
        if not endangered and not children:
            return
        for _ in range(min(lost, AT_ONCE - len(children))):
            if (pid := os.fork()) == 0:
                serve_one()
                return
            children.add(pid)
        stop.wait(LOOK_S)
    for pid in children:
        os.kill(pid, signal.SIGTERM)
    for pid in children:
        os.waitpid(pid, 0)


def _look() -> tuple[int, int]:
    """How many turns are lost, and how many are lost or soon will be. Leaves no connection open: a
    fork would share it."""
    try:
        with psycopg.connect(**direct(), autocommit=True) as connection:
            found = connection.execute(claims.LOST, claims.bounds()).fetchone()
    except psycopg.OperationalError as error:
        logger.warning("turns: the database is away (%s)", type(error).__name__)
        return 0, 1
    return (found[0], found[1]) if found else (0, 0)


def _has_ended(pid: int) -> bool:
    return os.waitpid(pid, os.WNOHANG)[0] != 0
