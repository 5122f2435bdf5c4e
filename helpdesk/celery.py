"""The Celery application. Queues: `default` here; its tasks are the apps' own `tasks.py`."""

import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

# `make up` tells root in a line of its own. What Celery fears, pickled tasks, is not accepted.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("helpdesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
