"""Works at the runs that wait: webhooks, further tries, and what a lost process left behind. Called
by Celery, and with the broker away by a process of the sweeper."""

import logging
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from apps.dialogue import books
from apps.dialogue.actions import registry
from apps.dialogue.actions.threads import run_and_close
from apps.dialogue.models import ActionRun, WrongProof

logger = logging.getLogger(__name__)

# Shops answer slowly, and all of them wait at once: of one webhook or function only so many, so
# that a slow one leaves threads to the others.
AT_ONCE = 16
MOST_OF_ONE = AT_ONCE // 4
# A worker gives way to other work after that long. While it then waits for slow ones, those of
# others still begin for some seconds, one at a time of each.
SLICE_SECONDS = 10.0
LAST_SECONDS = 10.0
# How soon a run is seen that becomes due while others are under way.
LOOK_AGAIN_SECONDS = 0.5
# How long a function's run is left to the process that heard the yes.
OWN_TIME = timedelta(seconds=3)
# How long a run may be due before the sweeper sees to it: more than the beat needs.
PATIENCE = timedelta(seconds=10)
_spawned: list["subprocess.Popen[bytes]"] = []


def run_due() -> int:
    """Works at everything that is due, for a while; how many runs it worked at."""
    books.refresh()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="relay") as pool:
        return _Feed(pool).run(time.monotonic() + SLICE_SECONDS)


def spawn_due() -> int:
    """For the sweeper: starts a process of its own for runs that nobody has taken, since a
    function of the shop may do anything to the process that it runs in; how many waited."""
    _spawned[:] = [process for process in _spawned if process.poll() is None]
    waiting = ActionRun.objects.due(PATIENCE).count()
    if waiting and not _spawned:
        command = [sys.executable, "manage.py", "run_actions"]
        _spawned.append(subprocess.Popen(command, cwd=settings.BASE_DIR))  # noqa: S603  # our own
    return waiting


def sweep_out() -> int:
    """Forgets wrong proofs that count no more; how many."""
    return WrongProof.objects.old().delete()[0]


class _Due(NamedTuple):
    key: UUID
    action: str


class _Feed:
    """Gives each thread that is free the next run. No run waits in front of the threads: whatever
    ends this, nothing but what is under way has to be waited for."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._under_way: dict[Future[bool], _Due] = {}
        # Somebody else has them, or the database would not: not again in this slice.
        self._left: set[UUID] = set()
        self._worked = 0

    def run(self, until: float) -> int:
        """Begins new ones for that long, and waits for the last; how many were worked at."""
        while True:
            late_by = time.monotonic() - until
            if late_by < 0:
                self._fill(MOST_OF_ONE)
            elif late_by < LAST_SECONDS and self._under_way:
                # Slow ones have to be waited for: those of others need not wait with them.
                self._fill(1)
            if not self._under_way:
                return self._worked
            self._settle()

    def _fill(self, most_of_one: int) -> None:
        while len(self._under_way) < AT_ONCE and (due := self._next(most_of_one)):
            self._begin(due)

    def _begin(self, due: _Due) -> None:
        self._under_way[self._pool.submit(run_and_close, due.key)] = due

    def _next(self, most_of_one: int) -> _Due | None:
        """The one that is due for longest, of those that may begin."""
        of_one = Counter(due.action for due in self._under_way.values())
        full = [action for action, count in of_one.items() if count >= most_of_one]
        taken = [*self._left, *(due.key for due in self._under_way.values())]
        by_others = Q(action__startswith=registry.WEBHOOK)
        left_behind = Q(due_at__lte=timezone.now() - OWN_TIME)
        due = ActionRun.objects.due().filter(by_others | left_behind)
        free = due.exclude(key__in=taken).exclude(action__in=full)
        found = free.values_list("key", "action").first()
        return _Due(*found) if found else None

    def _settle(self) -> None:
        """Until one has ended, or it is time to look what has become due."""
        ended, _others = wait(self._under_way, LOOK_AGAIN_SECONDS, FIRST_COMPLETED)
        for one in ended:
            due = self._under_way.pop(one)
            if one.result():
                self._worked += 1
            else:
                self._left.add(due.key)
