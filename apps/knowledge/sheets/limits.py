"""What a file that is read in may be at most."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

MIB = 1024 * 1024
# A worker takes an import within that. After it the page says why nothing happens, and the sweeper
# sees to it.
PATIENCE_SECONDS = 4.0
# Called for every block of a file that is read: breaks off what takes too long or is wanted no
# more, by raising.
Watched = Callable[[], None]


def unwatched() -> None:
    """For files that nobody waits for."""


@dataclass(frozen=True, slots=True)
class SheetLimits:
    """`cell` counts characters. `unpacked_bytes` bounds what a workbook unpacks to. `kept_days`:
    after that many days the file and its rows are deleted, and an import can be undone no more."""

    file_bytes: int = 50 * MIB
    unpacked_bytes: int = 300 * MIB
    parts: int = 5_000
    rows: int = 100_000
    columns: int = 200
    cell: int = 100_000
    kept_days: int = 7


def limits() -> SheetLimits:
    """Those of the settings (SHEETS), or the defaults."""
    found: SheetLimits = getattr(settings, "SHEETS", SheetLimits())
    return found
