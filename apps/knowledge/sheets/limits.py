"""What a file that is read in may be at most."""

from dataclasses import dataclass

from django.conf import settings

MIB = 1024 * 1024


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
