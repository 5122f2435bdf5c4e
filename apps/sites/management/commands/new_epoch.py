"""Part of a restore: tells clients that the numbering of lines may have moved back."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.sites.models import Installation


class Command(BaseCommand):
    help = "Gives the installation a new epoch. Run it after a restore, before the start."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(f"The epoch is now {Installation.renew().epoch}.")
