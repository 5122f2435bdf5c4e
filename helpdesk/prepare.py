"""`python -m helpdesk.prepare [options of manage.py demo]`: tables and roles, then the demo.

One process for both, because half of a start is spent importing Django.
"""

import os
import sys

import django
from django.core.management import call_command


def main(arguments: list[str]) -> None:
    """Migrates, makes the roles and loads the demo; raises what the commands raise."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    django.setup()
    call_command("migrate", interactive=False)
    call_command("roles")
    call_command("demo", *arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
