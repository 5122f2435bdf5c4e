"""What a file is, by what stands in it. Neither its name nor what its sender calls it counts."""

import codecs
import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """`endings`: those that a name may have; the first is put behind any other."""

    type: str
    endings: tuple[str, ...]

    @property
    def is_image(self) -> bool:
        return self.type.startswith("image/")


PNG: Final = Kind("image/png", (".png",))
JPEG: Final = Kind("image/jpeg", (".jpg", ".jpeg"))
WEBP: Final = Kind("image/webp", (".webp",))
GIF: Final = Kind("image/gif", (".gif",))
PDF: Final = Kind("application/pdf", (".pdf",))
TEXT: Final = Kind("text/plain", (".txt", ".log", ".csv", ".md"))

BEGINNINGS: Final = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), PNG),
    (re.compile(rb"\xff\xd8\xff"), JPEG),
    (re.compile(rb"RIFF.{4}WEBP", re.S), WEBP),
    (re.compile(rb"GIF8[79]a"), GIF),
    (re.compile(rb"%PDF-\d"), PDF),
)
# A text that a browser, a shell or an interpreter would run, whatever its name says. Between "<" and
# a name no blanks: no browser reads a tag there, and to try them all takes time with their square.
ACTIVE: Final = re.compile(
    r"\s*#!|.{0,4096}<(?:[!?]|/?(?:html|head|body|svg|script|iframe|object|embed|math)\b)",
    re.S | re.I,
)
CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
# UTF-16 only where it says so: nearly any bytes are some text in it.
MARKS: Final = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
ENCODINGS: Final = ("utf-8-sig", "gb18030")


def kind_of(body: bytes) -> Kind | None:
    """None for what is not taken: archives, programs, pages, drawings that run scripts, sounds and
    whatever else is not known here."""
    for beginning, kind in BEGINNINGS:
        if beginning.match(body):
            return kind
    return TEXT if _is_plain(body) else None


def _is_plain(body: bytes) -> bool:
    text = _decoded(body)
    return text is not None and not CONTROLS.search(text) and not ACTIVE.match(text)


def _decoded(body: bytes) -> str | None:
    marked = [encoding for mark, encoding in MARKS if body.startswith(mark)]
    for encoding in marked or ENCODINGS:
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None
