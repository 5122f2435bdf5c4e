"""Where a line falls into clauses: one set of marks for all who read a line part by part."""

import re

MARKS = ",.;:!?…~，。；：！？～、\\n"
# A clause where it stands in the line.
CLAUSE = re.compile(f"[^{MARKS}]+")


def between(words: str = "") -> re.Pattern[str]:
    """What stands between two clauses: marks, or one of the joining words that a reader heeds, as
    the alternatives of a verbose regular expression."""
    return re.compile(rf"[{MARKS}]+|{words}" if words else f"[{MARKS}]+", re.VERBOSE)
