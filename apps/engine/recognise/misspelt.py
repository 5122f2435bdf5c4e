"""A product that is the whole line, with one slip of the keyboard: "the wrin"."""

import re
from collections import defaultdict

from apps.engine.book import Book, kept
from apps.engine.slips import is_slip
from apps.engine.text import normalise

SHORTEST = 4
LONGEST = 40
ARTICLES = re.compile(r"(?:(?:it'?s|it\ is|the|my|this|that|an?)\ )+", re.VERBOSE)


@kept
def _names(book: Book) -> dict[str, list[tuple[str, str]]]:
    """(name, value) by the name's first letter."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for product in book.products:
        for name in map(normalise, product.names):
            if name.isascii() and len(name) >= SHORTEST:
                found[name[0]].append((name, product.value))
    return found


def misspelt(plain: str, book: Book) -> str:
    """The value of the one product that a bare line may mean; "" for none."""
    said = ARTICLES.sub("", plain, count=1)
    if not SHORTEST <= len(said) <= LONGEST:
        return ""
    near = _names(book).get(said[0], ())
    values = {
        value for name, value in near if abs(len(name) - len(said)) < 2 and is_slip(said, name)
    }
    return values.pop() if len(values) == 1 else ""
