"""The time zone of this machine, by its IANA name."""

import zoneinfo
from collections.abc import Mapping
from pathlib import Path

LOCALTIME = Path("/etc/localtime")
FOLDER = "zoneinfo/"


def of_machine(environment: Mapping[str, str], localtime: Path = LOCALTIME) -> str:
    """TZ if it names a zone, else what /etc/localtime links to; UTC where neither says so."""
    asked = environment.get("TZ", "").removeprefix(":")
    try:
        linked = localtime.readlink().as_posix().rpartition(FOLDER)[2]
    except OSError:
        linked = ""
    for name in (asked, linked):
        if name and _is_zone(name):
            return "UTC" if name in ("Etc/UTC", "Etc/UCT", "Zulu", "UCT") else name
    return "UTC"


def _is_zone(name: str) -> bool:
    """Whether both Python and Django, which looks into the system's folder, know it."""
    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    system = Path("/usr/share/zoneinfo")
    return not system.exists() or system.joinpath(name).is_file()
