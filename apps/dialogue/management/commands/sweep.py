"""The sweeper: a process of its own that needs PostgreSQL and nothing else."""

import logging
import signal
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.db import close_old_connections

from apps.dialogue.actions.relay import spawn_due
from apps.dialogue.jobs import list_unanswered
from apps.dialogue.replies import nobody_there
from apps.dialogue.turns.watching import Watcher
from apps.handoff.services.sweeping import (
    assign_waiting,
    give_back_orphaned,
    give_back_silent,
    note_waiting,
    queue_again,
    tell_nobody,
)
from apps.knowledge.jobs import build_stale
from apps.knowledge.sheets.jobs import spawn_waiting

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Sees to what must happen without the broker: stale indexes, unanswered questions, imports, "
        "actions, turns whose deadline is near or that nobody has taken, visitors who wait."
    )
    requires_system_checks = ["start"]

    def handle(self, *_args: Any, **_options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        logger.info("sweeper: started")
        turns = threading.Thread(target=_watch_turns, args=(stop,), name="turns")
        turns.start()
        while not stop.wait(settings.SWEEP_SECONDS):
            sweep()
        turns.join()
        logger.info("sweeper: stopped")


def _watch_turns(stop: threading.Event) -> None:
    """In a thread of its own: deadlines do not wait for an index to be built."""
    watcher = Watcher()
    while not stop.wait(min(settings.SWEEP_SECONDS, 1)):
        close_old_connections()
        _try(watcher.look)
    watcher.close()


def sweep() -> None:
    """One round. A failed part does not keep the other from its turn."""
    close_old_connections()
    _try(lambda: build_stale(older_than_s=settings.KNOWLEDGE.stale_s))
    _try(list_unanswered)
    _try(spawn_waiting)
    _try(spawn_due)
    _try(note_waiting)
    _try(give_back_silent)
    _try(give_back_orphaned)
    _try(queue_again)
    _try(assign_waiting)
    _try(partial(tell_nobody, nobody_there))


def _try(work: Callable[[], int]) -> None:
    try:
        work()
    except DatabaseError as error:
        logger.warning("sweeper: the database is away (%s)", type(error).__name__)
        close_old_connections()
    except Exception:  # one index that cannot be built must not end the sweeping
        logger.exception("sweeper: a round failed")
