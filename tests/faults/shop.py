"""The shop of the fault tests: what its models are asked, and what must be said."""

from itertools import count

from tests.turns.shop import FIRST, KNOWN, NEAR, QUESTION

# Half of a model's answer holds the first sentence and is not the whole of it.
LONG = (
    f"{FIRST} They have a thick sole and a lining of wool. They stay dry in deep snow. "
    "The shaft is high enough for gaiters. Each pair comes with spare laces and a tin of wax. "
    "They are sold in whole and in half sizes. The others are not warm enough for that."
)
KEY, RETURNS = "northbird", "southwind"
ENTRIES = {**KNOWN, QUESTION: LONG}
# No entry is near it.
UNKNOWN = "Do fish sleep on trains?"
_numbers = count()


def near() -> str:
    """A line that an entry is near, another one each time: what a model has said to a line once is
    said again without asking it."""
    return f"{NEAR} of {''.join(chr(ord('a') + int(digit)) for digit in f'{next(_numbers):03}')}"


__all__ = ["ENTRIES", "FIRST", "KEY", "LONG", "RETURNS", "UNKNOWN", "near"]
