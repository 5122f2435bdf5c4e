"""Makes of what was sent what is kept. Slow for a picture: hold no database connection meanwhile."""

import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

import orjson
from django.conf import settings
from django.utils.functional import Promise

from apps.chat.attachments import files, kinds, names, pictures
from apps.chat.attachments.kinds import Kind
from apps.chat.codes import TOO_MANY_PIXELS, Code

PROGRAM: Final = [sys.executable, "-I", str(Path(pictures.__file__).resolve())]
# Its processor time is bound inside; on a machine that is busy that takes longer.
PATIENCE: Final = 4


class FileRefusedError(Exception):
    """The file cannot be taken: `code` says why, `words` in other words than the code's own."""

    def __init__(
        self, code: Code, words: str | Promise = "", retry_after: float | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.words = words
        self.retry_after = retry_after


class Upload(Protocol):
    """A file as Django hands it over."""

    @property
    def name(self) -> str | None:
        """As its sender calls it."""

    @property
    def size(self) -> int | None:
        """Bytes."""

    def read(self) -> bytes:
        """All of it."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file that is on the disk, without a row yet."""

    name: str
    type: str
    bytes: int
    sha256: str
    path: str
    width: int | None = None
    height: int | None = None


def make(upload: Upload) -> Made:
    """Checks a file by what stands in it and writes it. Raises FileRefusedError."""
    if (upload.size or 0) > settings.ATTACHMENTS.file_bytes:
        raise FileRefusedError(Code.FILE_TOO_BIG)
    body = upload.read()
    if not body:
        raise FileRefusedError(Code.FILE_EMPTY)
    kind = kinds.kind_of(body)
    if kind is None:
        raise FileRefusedError(Code.FILE_TYPE)
    name = upload.name or ""
    if not kind.is_image:
        return _written(names.cleaned(name, kind), kind.type, body)
    head, pixels = made_anew(body, kind)
    # The first picture of a GIF is kept as a PNG, and called so.
    now = kinds.PNG if kind is kinds.GIF else kind
    stem = name[: -len(".gif")] if kind is kinds.GIF and name.lower().endswith(".gif") else name
    return _written(names.cleaned(stem, now), now.type, pixels, head)


def made_anew(body: bytes, kind: Kind) -> tuple[dict[str, int], bytes]:
    """Width and height, and the picture without anything but its pixels. Raises FileRefusedError.

    In a process of its own, that knows no secret, and may use so much of the machine and no more.
    """
    limits = settings.ATTACHMENTS
    name = kind.type.removeprefix("image/").upper()
    bounds = [str(one) for one in (limits.pixels, limits.picture_s, limits.picture_bytes)]
    try:
        done = subprocess.run(  # noqa: S603  # our own program, and none of these words is a visitor's
            [*PROGRAM, name, *bounds],
            input=body,
            capture_output=True,
            env={},
            timeout=PATIENCE * limits.picture_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FileRefusedError(Code.FILE_BROKEN) from error
    if done.returncode == pictures.TOO_MANY_PIXELS:
        raise FileRefusedError(Code.FILE_TOO_BIG, TOO_MANY_PIXELS)
    if done.returncode:
        raise FileRefusedError(Code.FILE_BROKEN)
    head, _, pixels = done.stdout.partition(b"\n")
    return orjson.loads(head), pixels


def _written(name: str, kind: str, body: bytes, size: dict[str, int] | None = None) -> Made:
    size = size or {}
    return Made(
        name,
        kind,
        len(body),
        sha256(body).hexdigest(),
        files.write(body),
        size.get("width"),
        size.get("height"),
    )
