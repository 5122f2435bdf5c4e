"""Personal data in text: where it stands, and a mask that keeps it in the house.

Resident IDs, bank cards, phones and e-mail addresses of the form that their check digits and the
words around them confirm. An order's or a parcel's number is none.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum

from apps.guard import identities, phones
from apps.guard.cues import Cue, cue_after, cue_before, is_amount
from apps.guard.numerals import HIDDEN, Window, fold, runs, visible, windows


class Kind(StrEnum):
    """Also the word in a placeholder."""

    ID = "id"
    CARD = "card"
    PHONE = "phone"
    EMAIL = "email"
    TEXT = "text"  # what looks like a placeholder already


@dataclass(frozen=True, slots=True)
class Found:
    """`text[start:end] == value`."""

    kind: Kind
    start: int
    end: int
    value: str


Span = tuple[int, int, Kind]
# Without one of these nothing in plain ASCII is personal.
TELLING = re.compile(r"[0-9@+]")
# Of Latin letters and their like, or a Chinese name: what stands before that is prose.
LOCAL = re.compile(r"(?:[^\W\u2e80-\uffef]|[%+.-])+$|[\u4e00-\u9fff]{1,4}$")
# A full stop of Chinese is a dot only before what no sentence begins with.
DOT = r"(?:\.|。(?=(?:com|cn|net|org)(?![a-z0-9-])))"
DOMAIN = re.compile(
    rf" ?(?:[^\W_](?:[^\W_]|-){{0,62}}{DOT}){{1,5}}"
    r"(?:[a-z]{2,24}(?![a-z0-9-])|[^\W\d_a-z\u2e80-\uffef]{2,24}|中国|公司|网络|网址|商城|集团)"
)
LONGEST_LOCAL = 64
CARD_SHAPES = {(4, 6, 5), (4, 6, 4), (6, 10), (6, 13)}
# Brackets as models write them back.
WORDS = r"(id|card|phone|email|text)\s?[-‐‑–—_]\s?"
OPENING, CLOSING = r"[⟦\[【〚]\s?", r"\s?[⟧\]】〛]"
PLACEHOLDER = re.compile(rf"{OPENING}{WORDS}(\d{{1,5}}){CLOSING}", re.IGNORECASE)
BEGUN = re.compile(rf"{OPENING}(?:[a-z]{{0,5}}\s?|{WORDS}\d{{0,5}}\s?)$", re.IGNORECASE)
LONGEST_PLACEHOLDER = 20


def find(text: str) -> tuple[Found, ...]:
    """What is personal, in the text's order, nothing overlapping."""
    if text.isascii() and not TELLING.search(text):
        return ()
    folded, places = visible(fold(text))
    taken = bytearray(len(text))
    found = []
    for first, behind, kind in (*_emails(folded), *_abroad(folded), *_numbers(folded)):
        start, end = places[first], places[behind - 1] + 1
        if not any(taken[start:end]):
            taken[start:end] = b"\x01" * (end - start)
            found.append(Found(kind, start, end, text[start:end]))
    return tuple(sorted(found, key=lambda each: each.start))


@dataclass
class Mask:
    """Replaces personal data by placeholders for all texts of one call: the same value gets the
    same one. Holds the values, so it lives no longer than the call."""

    _placeholders: dict[tuple[Kind, str], str] = field(default_factory=dict, repr=False)
    _values: dict[str, str] = field(default_factory=dict, repr=False)
    _counts: Counter[Kind] = field(default_factory=Counter, repr=False)

    def mask(self, text: str) -> str:
        """The text with ⟦phone-1⟧ and the like. What already looks so becomes a ⟦text-1⟧: nobody
        gets at another's value by writing its placeholder."""
        written = [
            Found(Kind.TEXT, each.start(), each.end(), each[0])
            for each in PLACEHOLDER.finditer(text)
        ]
        pieces, at = [], 0
        for found in sorted((*find(text), *written), key=lambda each: each.start):
            if found.start >= at:
                pieces += [text[at : found.start], self._placeholder(found)]
                at = found.end
        return "".join([*pieces, text[at:]])

    def restore(self, text: str) -> str:
        """The text with the values as they were first written; what it never made stays."""
        return PLACEHOLDER.sub(self._value, text)

    def restore_growing(self, text: str) -> str:
        """The same for the beginning of a text that still grows: a placeholder that has begun
        and not ended is left out."""
        begun = BEGUN.search(text, max(len(text) - LONGEST_PLACEHOLDER, 0))
        return self.restore(text[: begun.start()] if begun else text)

    @property
    def is_empty(self) -> bool:
        """Whether nothing had to be masked."""
        return not self._values

    def _placeholder(self, found: Found) -> str:
        key = (found.kind, _plain(found))
        if key not in self._placeholders:
            self._counts[found.kind] += 1
            made = f"⟦{found.kind}-{self._counts[found.kind]}⟧"
            self._placeholders[key] = made
            self._values[made] = found.value
        return self._placeholders[key]

    def _value(self, said: re.Match[str]) -> str:
        return self._values.get(f"⟦{said[1].lower()}-{said[2]}⟧", said[0])


def _plain(found: Found) -> str:
    """The value in one spelling, so that 138 0013 8000 and +8613800138000 are one."""
    folded = fold(found.value)
    if found.kind in (Kind.EMAIL, Kind.TEXT):
        return folded.replace(HIDDEN, "")
    kept = "".join(char for char in folded if char.isdecimal() or char == "x")
    if found.kind is Kind.PHONE and phones.MOBILE.fullmatch(kept[-11:]):
        return kept[-11:]
    return kept


def _emails(folded: str) -> Iterator[Span]:
    for at in re.finditer("@", folded):
        stop = at.start() - (folded[max(at.start() - 1, 0) : at.start()] == " ")
        before = LOCAL.search(folded[max(stop - LONGEST_LOCAL, 0) : stop])
        local = before[0].lstrip("._-%+") if before else ""
        after = DOMAIN.match(folded, at.end()) if local else None
        if after:
            yield stop - len(local), after.end(), Kind.EMAIL


def _abroad(folded: str) -> Iterator[Span]:
    for plus in re.finditer(r"\+", folded):
        start = plus.start()
        end = phones.abroad(folded, start)
        if end is not None and _cue(folded, start, end) is not Cue.ORDER:
            yield _opened(folded, start, end), phones.extension_end(folded, end), Kind.PHONE


def _numbers(folded: str) -> Iterator[Span]:
    today = datetime.now(UTC).date()
    for run in runs(folded):
        first = 0
        while first < len(run):
            found, groups = _number(folded, list(windows(folded, run, first)), today)
            if found is not None:
                yield found
            first += groups


def _number(folded: str, there: list[Window], today: date) -> tuple[Span | None, int]:
    """What begins here, the surest kind first, and how many groups of digits are done with."""
    for window in there:
        if end := _resident_id(folded, window, today):
            return (window.start, end, Kind.ID), len(window.shape)
    usable = [window for window in there if _stands_alone(folded, window)]
    if not usable:
        return None, 1
    start = usable[0].start
    before = cue_before(folded, start)
    if _is_letter(folded[max(start - 1, 0) : start]) and before not in (Cue.PHONE, Cue.CARD):
        return None, 1
    for names in (_is_card, _is_mobile, _is_called_phone):
        for window in usable:
            said = before or cue_after(folded, window.end)
            if span := names(folded, window, said):
                return span, len(window.shape)
    return None, 1


def _resident_id(folded: str, window: Window, today: date) -> int | None:
    """The end of the number, with the x that may be its last sign."""
    end, said = window.end, window.digits
    if len(said) == identities.NEW - 1 and folded[end : end + 1] == "x":
        end, said = end + 1, f"{said}x"
    if _is_letter(folded[end : end + 1]) or "." in window.between:
        return None
    if identities.is_resident_id(said, today):
        return end
    return end if _is_old_resident_id(folded, window, today) else None


def _is_old_resident_id(folded: str, window: Window, today: date) -> bool:
    """Without a check digit a longer number, an order's or a parcel's looks the same."""
    if len(window.shape) > 1 or not identities.is_old_resident_id(window.digits, today):
        return False
    attached = _is_letter(folded[max(window.start - 1, 0) : window.start])
    said = _cue(folded, window.start, window.end)
    return not attached and _stands_alone(folded, window) and said not in (Cue.ORDER, Cue.CARD)


def _is_card(_folded: str, window: Window, said: Cue | None) -> Span | None:
    signs, shape = set(window.between), window.shape
    fours = set(shape[:-1]) == {4} and 1 <= shape[-1] <= 7
    is_formed = len(shape) == 1 or fours or shape in CARD_SHAPES or window.is_sign_by_sign
    if (len(signs) > 1 and signs != {" ", "\n"}) or "." in signs or not is_formed:
        return None
    if said is Cue.ORDER or not identities.is_card(window.digits, announced=said is Cue.CARD):
        return None
    return window.start, window.end, Kind.CARD


def _is_mobile(folded: str, window: Window, said: Cue | None) -> Span | None:
    start, end = window.start, window.end
    if not phones.is_mobile(window, said) or is_amount(folded, start, end):
        return None
    return _opened(folded, start, end), end, Kind.PHONE


def _is_called_phone(folded: str, window: Window, said: Cue | None) -> Span | None:
    start, end = window.start, window.end
    if not phones.is_called_phone(window, said) or is_amount(folded, start, end):
        return None
    return _opened(folded, start, end), phones.extension_end(folded, end), Kind.PHONE


def _opened(folded: str, start: int, end: int) -> int:
    """The start with the bracket that opens before it: (555) 123-4567."""
    closes = ")" in folded[start:end] and "(" not in folded[start:end]
    return start - (closes and folded[max(start - 1, 0) : start] == "(")


def _stands_alone(folded: str, window: Window) -> bool:
    """Not a part of a longer number, and nothing is written right behind it but an extension."""
    before = folded[max(window.start - 2, 0) : window.start]
    after = folded[window.end : window.end + 2]
    joined = before[-1:] in ("-", ".", "_") and before[:1].isdecimal()
    goes_on = after[:1] in ("-", ".", "_", "@") and after[1:].isdecimal()
    extended = phones.extension_end(folded, window.end) > window.end
    if window.is_sign_by_sign:
        sign = window.between[0]
        joined = joined or (before[-1:] == sign and before[:1].isdecimal())
        goes_on = goes_on or (after[:1] == sign and after[1:].isdecimal())
    return not joined and not goes_on and (extended or not _is_letter(after[:1]))


def _cue(folded: str, start: int, end: int) -> Cue | None:
    return cue_before(folded, start) or cue_after(folded, end)


def _is_letter(char: str) -> bool:
    return char.isascii() and char.isalpha()
