"""Works at the actions that wait, without the broker: the sweeper starts this."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.dialogue.actions.relay import run_due


class Command(BaseCommand):
    help = "Runs the actions and calls the webhooks that are due, then ends."
    requires_system_checks = ["start"]

    def handle(self, *_args: Any, **_options: Any) -> None:
        while run_due():
            pass
