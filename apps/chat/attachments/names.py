"""What a file is called here: for people to read, and for a computer that it is saved on."""

import re
import unicodedata
from typing import Final

from apps.chat.attachments.kinds import Kind

CHARACTERS: Final = 100
# What a path, a shell or a header would read something into; direction marks, which make "gpj.exe"
# of an "exe.jpg", are among the characters without a shape.
UNWANTED: Final = re.compile(r'[<>:"|?*;%\\/]')
DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)$", re.I)
NAMELESS: Final = "file"


def cleaned(name: str, kind: Kind) -> str:
    """The last part of a path, without what is no letter, with an ending that tells the truth."""
    last = re.split(r"[\\/]", name)[-1]
    shown = "".join(one for one in last if unicodedata.category(one)[0] not in "C")
    plain = " ".join(UNWANTED.sub("", unicodedata.normalize("NFC", shown)).split()).strip(". ")
    stem, ending = _parted(plain, kind)
    if not stem or DEVICES.match(stem.split(".")[0]):
        stem = NAMELESS
    return stem[: CHARACTERS - len(ending)].rstrip(". ") + ending


def _parted(name: str, kind: Kind) -> tuple[str, str]:
    for ending in kind.endings:
        if name.lower().endswith(ending):
            return name[: -len(ending)].rstrip(". "), ending
    return name, kind.endings[0]
