"""Runs turns without the broker: the sweeper starts this."""

import signal
import threading
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.dialogue.tasks import AROUND
from apps.dialogue.turns.isolation import run_lost
from apps.dialogue.turns.serving import serve

# No limit of Celery's ends it: it claims until nothing comes, and is made anew from time to time.
CLAIM_S = 300.0
STOP_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2)


class Command(BaseCommand):
    help = "Answers the turns that wait, until none has come for a while."
    requires_system_checks = ["start"]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--alone",
            action="store_true",
            help="those whose process was lost, each in a process of its own",
        )

    def handle(self, *_args: Any, alone: bool, **_options: Any) -> None:
        if not alone:
            serve(AROUND, claim_s=CLAIM_S, stop_on=STOP_ON)
            return
        stop = threading.Event()
        for number in STOP_ON:
            signal.signal(number, lambda *_: stop.set())
        run_lost(partial(serve, AROUND, alone=True, stop_on=STOP_ON), stop)
