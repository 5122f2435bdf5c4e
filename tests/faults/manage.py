"""`manage.py` with the tests' failpoints. The sweeper starts drains of the same kind."""

import os
import sys

import django
from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
django.setup()

from apps.dialogue.turns import watching  # noqa: E402  # Django must be set up first
from tests.faults.failpoints import arm  # noqa: E402  # as above

arm()
watching.MANAGE = (sys.executable, "-m", "tests.faults.manage")

if __name__ == "__main__":
    execute_from_command_line(["manage.py", *sys.argv[1:]])
