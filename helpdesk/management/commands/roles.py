"""`manage.py roles`: the groups to begin with."""

from typing import Any

from django.core.management.base import BaseCommand

from helpdesk.roles import provide_roles


class Command(BaseCommand):
    help = "Makes the groups that staff are put in; leaves alone what staff have changed."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Roles: {', '.join(map(str, provide_roles()))}.")
