"""Works at the runs that wait: webhooks, further tries, and what a lost process left behind. Called
by Celery, and with the broker away by a process of the sweeper."""

import logging
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from apps.dialogue import books
from apps.dialogue.actions import registry
from apps.dialogue.actions.threads import run_and_close
from apps.dialogue.models import ActionRun, WrongProof

logger = logging.getLogger(__name__)

# Shops answer slowly, and all of them wait at once.
AT_ONCE = 16
# A worker gives way to other work after that long.
SLICE_SECONDS = 20.0
# How long a function's run is left to the process that heard the yes.
OWN_TIME = timedelta(seconds=3)
# How long a run may be due before the sweeper sees to it: more than the beat needs.
PATIENCE = timedelta(seconds=10)
_spawned: list["subprocess.Popen[bytes]"] = []


def run_due() -> int:
    """Works at everything that is due, for a while; how many runs it worked at."""
    books.refresh()
    worked = 0
    until = time.monotonic() + SLICE_SECONDS
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="relay") as pool:
        while time.monotonic() < until:
            # One batch after the other: a slow shop holds up the next by its deadline at most.
            batch = sum(pool.map(run_and_close, _due()))
            worked += batch
            if not batch:
                break
    return worked


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


def _due() -> list[UUID]:
    by_others = Q(action__startswith=registry.WEBHOOK)
    left_behind = Q(due_at__lte=timezone.now() - OWN_TIME)
    due = ActionRun.objects.due().filter(by_others | left_behind)
    return list(due.values_list("key", flat=True)[:AT_ONCE])
