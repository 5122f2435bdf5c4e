"""Works at the imports that wait, without the broker: the sweeper starts this."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.knowledge.jobs import build_stale
from apps.knowledge.sheets.jobs import run_waiting


class Command(BaseCommand):
    help = "Checks, writes or undoes the imports that wait for a worker, then ends."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if run_waiting():
            build_stale()
