"""The Celery application. Queues: `default`, and `turns` for drains; the tasks are the apps' own
`tasks.py`."""

import os
import signal
import warnings

from billiard import active_children
from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import import_modules, worker_process_init, worker_shutting_down

from helpdesk import checks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

# `make up` tells root in a line of its own. What Celery fears, pickled tasks, is not accepted.
warnings.filterwarnings("ignore", category=SecurityWarning)
# Django's checks are a second of a start, and Celery passes over what they find. Ours end it.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("helpdesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@import_modules.connect
def _require(**_: object) -> None:
    """Worker and beat; Celery has set Django up by now."""
    checks.require()


@worker_process_init.connect
def _expect_the_end(**_: object) -> None:
    """A child that runs no drain has nothing to give back."""
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)


@worker_shutting_down.connect
def _tell_drains(**_: object) -> None:
    """Celery waits for its children without telling them: a drain would claim on."""
    for child in active_children():
        if child.pid:
            os.kill(child.pid, signal.SIGUSR2)
