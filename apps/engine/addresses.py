"""How a person can be reached: an e-mail address or a phone number typed in a line."""

import re

from apps.engine.book import Book
from apps.engine.events import Address
from apps.engine.flows import SlotKind
from apps.engine.recognise.line import FoldedLine, read
from apps.engine.recognise.mention import Mention
from apps.engine.recognise.numbers import numbers
from apps.engine.recognise.patterns import Own, spans
from apps.engine.recognise.prepared import prepare

EMAIL_CHARACTERS = 254
# What a mail server takes of what looks like an address.
DELIVERABLE = re.compile(r"[^.@]+(\.[^.@]+)*@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
# Whole lines that are a number to call where one was asked for, but could be any in a sentence:
# with the zero of a trunk call, or as North America writes them. Order numbers begin with a year.
PLAIN = re.compile(r"0\d{8,11}|(?!20)[2-9]\d{9}")
GAPS = str.maketrans("", "", " -.()/")


def address_in(text: str, book: Book) -> Address | None:
    """The first of each kind that the line names. What has the shape of the shop's own orders, or
    is called one, is no phone number."""
    line = read(text)
    patterns = prepare(book).patterns
    found = numbers(line.folded, patterns)
    email = next(filter(None, (_email(one, line) for one in found)), "")
    phones = (one.value for one in found if one.kind is SlotKind.PHONE)
    phone = next(phones, "") or _plain(line.folded, patterns)
    return Address(email, phone) if email or phone else None


def _email(mention: Mention, line: FoldedLine) -> str:
    """As it was written, if that is ASCII."""
    is_one = mention.kind is SlotKind.EMAIL and len(mention.value) <= EMAIL_CHARACTERS
    if not is_one or not DELIVERABLE.fullmatch(mention.value):
        return ""
    start, end = line.span(mention.start, mention.end)
    said = line.text[start:end]
    return said if said.isascii() else mention.value


def _plain(folded: str, patterns: tuple[Own, ...]) -> str:
    digits = folded.translate(GAPS)
    is_one = PLAIN.fullmatch(digits) and not any(spans(folded, patterns))
    return digits if is_one else ""
