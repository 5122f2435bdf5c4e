"""Where the files are: below ATTACHMENTS_DIR, each under a name of ours that nobody else knows.

All web processes need the same folder, and so does whatever makes its backup.
"""

import contextlib
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings


def write(body: bytes) -> str:
    """Its path below the folder. The file is whole before it has that name."""
    name = uuid.uuid4().hex
    path = f"{name[:2]}/{name}"
    target = _at(path)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = target.with_suffix(".part")
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(body)
    unfinished.replace(target)
    return path


def read(path: str) -> bytes:
    """Raises FileNotFoundError."""
    return _at(path).read_bytes()


def remove_all(paths: Iterable[str]) -> None:
    for path in paths:
        remove(path)


def remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        _at(path).unlink()


def older_than(seconds: float) -> Iterator[str]:
    """The paths of those that were written so long ago, finished or not."""
    before = time.time() - seconds
    for file in settings.ATTACHMENTS_DIR.glob("??/*"):
        with contextlib.suppress(FileNotFoundError):
            if file.stat().st_mtime < before:
                yield str(file.relative_to(settings.ATTACHMENTS_DIR))


def _at(path: str) -> Path:
    return Path(settings.ATTACHMENTS_DIR) / path
