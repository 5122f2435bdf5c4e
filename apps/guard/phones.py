"""Which numbers are somebody's phone: Chinese mobiles, +countries, and others that are called so."""

import re

from apps.guard.cues import Cue
from apps.guard.numerals import Window

MOBILE = re.compile(r"1[3-9]\d{9}")
MOBILE_DIGITS = 11
MOBILE_SHAPES = {(11,), (3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (4, 3, 4), (3, 4, 2, 2), (4, 4, 3)}
CODES = ("0086", "86")
ABROAD = re.compile(
    r"\+\(?\d{1,4}\)?[ .\-]{0,2}(?:\(\d{1,4}\)[ .\-]{0,2})?\d{1,14}(?:[ .\-/]{1,2}\d{1,12}){0,6}"
)
EXTENSION = re.compile(r"[ ,]{0,2}(?:x|ext\.?|转|分机)[ .]?\d{1,6}(?!\d)")
LEAST, MOST = 7, 15
ALONE = 10
NANP = {(3, 3, 4), (3, 7), (6, 4), (1, 3, 3, 4)}
LANDLINE = re.compile(r"0(?:10|2\d|[3-9]\d{2})[2-8]\d{6,7}")
LANDLINE_SHAPES = {(3, 8), (4, 8), (4, 7)}
SHARED = re.compile(r"[48]00\d{7}|95\d{3,6}|1(?:0|1|2)\d{3}")
FREE = "+1", "+86"
FREE_DIGITS = {"+1": 11, "+86": 13}
_NO_DIGIT = re.compile(r"\D")


def is_mobile(window: Window, cue: Cue | None) -> bool:
    """A mobile of the mainland, 86 before it or not, unless it is called something else."""
    digits, shape = window.digits, window.shape
    code = next((code for code in CODES if digits.startswith(code)), "")
    if len(digits) == MOBILE_DIGITS + len(code):
        digits = digits[len(code) :]
        shape = (shape[0] - len(code), *shape[1:]) if shape[0] > len(code) else shape[1:]
    if not MOBILE.fullmatch(digits) or "." in window.between:
        return False
    if shape not in MOBILE_SHAPES and not window.is_sign_by_sign:
        return False
    return cue is not Cue.ORDER and not (window.is_listed and len(set(window.between)) > 1)


def is_called_phone(window: Window, cue: Cue | None) -> bool:
    """Any number that the words before it call one; not a company's, which is nobody's own."""
    digits, shape = window.digits, window.shape
    if SHARED.fullmatch(digits) or window.is_listed:
        return False
    if cue is not Cue.PHONE:
        return cue is None and (_is_landline(window) or (shape in NANP and _is_nanp(window)))
    alone = shape[0] >= ALONE and len(shape) > 1
    return LEAST <= len(digits) <= MOST and not alone


def _is_landline(window: Window) -> bool:
    """010-62345678: of the mainland, with its area."""
    return (
        LANDLINE.fullmatch(window.digits) is not None
        and window.shape in LANDLINE_SHAPES
        and window.between in ("-", ")")
    )


def _is_nanp(window: Window) -> bool:
    """(555) 123-4567 and 555-123-4567; without signs between it could be anything."""
    area = window.digits[-10:]
    signs = set(window.between) - {" "}
    return area[0] in "23456789" and area[3] in "23456789" and signs != set() and len(area) == 10


def extension_end(folded: str, end: int) -> int:
    found = EXTENSION.match(folded, end)
    return found.end() if found else end


def abroad(folded: str, plus: int) -> int | None:
    """The end of an international number that begins with this plus."""
    if plus and folded[plus - 1].isascii() and folded[plus - 1].isalnum():
        return None
    found = ABROAD.match(folded, plus)
    if found is None:
        return None
    end = _shortened(found[0])
    digits = _NO_DIGIT.sub("", found[0][:end])
    is_spaced = end > len(digits) + 1
    if not (LEAST if is_spaced else ALONE) <= len(digits) <= MOST:
        return None
    stop = plus + end
    return None if folded[stop : stop + 1].isdecimal() else stop


def _shortened(said: str) -> int:
    """Where the number ends, groups that are too many left out."""
    most = next((FREE_DIGITS[code] for code in FREE if said.startswith(code)), MOST)
    end = count = 0
    for group in re.finditer(r"\d+", said):
        count += group.end() - group.start()
        if count > most:
            break
        end = group.end()
    return end
