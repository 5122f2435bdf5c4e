"""Works at the imports that wait, without the broker: the sweeper starts this."""

import resource
import signal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.knowledge.jobs import build_stale
from apps.knowledge.sheets.jobs import run, run_waiting

# Of a process for imports alone: bytes beyond what it has at its start, and seconds of one turn at
# an import, as a task of Celery's has. Files are bounded well below; this is for what is overlooked.
MEMORY = 1_500 << 20
SECONDS = 120


class Command(BaseCommand):
    help = "Checks, writes or undoes the imports that wait for a worker, then ends."
    requires_system_checks = ["start"]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--limited",
            action="store_true",
            help="Bound the memory of this process, and the time it may take for an import.",
        )

    def handle(self, *_args: Any, limited: bool = False, **_options: Any) -> None:
        if limited:
            _bound_memory()
        if run_waiting(_timed if limited else run):
            build_stale()


def _bound_memory() -> None:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return  # only Linux tells, and only there the bound would hold
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _timed(import_id: int) -> bool:
    """The alarm ends the process, whatever it is at: the lease runs out, and the loss counts."""
    signal.alarm(SECONDS)
    try:
        return run(import_id)
    finally:
        signal.alarm(0)
