"""`manage.py` whose drains run turns at the test's word. The sweeper starts drains of the same kind."""

import os
import sys

import django
from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
django.setup()

from apps.dialogue.turns import serving, watching  # noqa: E402  # Django must be set up first
from tests.turns.gate import Gated  # noqa: E402  # as above

serving.make_runner = Gated
watching.MANAGE = (sys.executable, "-m", "tests.turns.manage")

if __name__ == "__main__":
    execute_from_command_line(["manage.py", *sys.argv[1:]])
