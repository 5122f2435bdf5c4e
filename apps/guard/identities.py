"""Numbers with check digits: resident IDs (GB 11643) and bank cards (ISO/IEC 7812)."""

from datetime import date

PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
    ]
)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10x98765432"
NEW, OLD = 18, 15
OLDEST = 1890
# Within a province: cities and counties are never numbered higher.
MOST_CITY = 90
# Beginnings of card numbers and how long such numbers are. Ranges are of equal length.
BRANDS: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("4", "4", (16,)),
    ("51", "55", (16,)),
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),
    ("37", "37", (15,)),
    ("300", "305", (14,)),
    ("36", "36", (14,)),
    ("38", "39", (14,)),
    ("3528", "3589", (16,)),
    ("6011", "6011", (16, 19)),
    ("644", "659", (16, 19)),
    ("62", "62", (16, 17, 18, 19)),
    ("81", "81", (16, 17, 18, 19)),
    ("6010", "6039", (16, 17, 18, 19)),
    ("955", "955", (16, 17, 18, 19)),
    ("5018", "5018", tuple(range(12, 20))),
    ("5020", "5020", tuple(range(12, 20))),
    ("5038", "5038", tuple(range(12, 20))),
    ("5612", "5612", tuple(range(12, 20))),
    ("5893", "5893", tuple(range(12, 20))),
    ("6304", "6304", tuple(range(12, 20))),
    ("6759", "6763", tuple(range(12, 20))),
)
# Beginnings so common that only the word before such a number makes it a card.
RARE: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("4", "4", (13, 19)),
    ("1800", "1800", (15,)),
    ("2131", "2131", (15,)),
    ("35", "35", (16,)),
    ("0604", "0604", (12,)),
    ("50", "50", tuple(range(12, 20))),
    ("56", "69", tuple(range(12, 20))),
)


def is_resident_id(said: str, today: date) -> bool:
    """18 signs, the last of which may be an x: place, day of birth and check digit are right."""
    if len(said) != NEW or not said[:17].isdecimal() or not _is_place(said[:6]):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(said, WEIGHTS, strict=False))
    return CHECKS[total % 11] == said[17] and _is_birthday(said[6:14], today)


def is_old_resident_id(said: str, today: date) -> bool:
    """15 digits, as issued until 1999. They have no check digit."""
    return len(said) == OLD and _is_place(said[:6]) and _is_birthday(f"19{said[6:12]}", today)


def is_card(digits: str, *, announced: bool) -> bool:
    """`announced`: the words before it say that it is a card."""
    known = (*BRANDS, *RARE) if announced else BRANDS
    return (
        any(
            len(digits) in lengths and first <= digits[: len(first)] <= last
            for first, last, lengths in known
        )
        and len(set(digits)) > 1
        and passes_luhn(digits)
    )


def passes_luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_place(code: str) -> bool:
    return code[:2] in PROVINCES and int(code[2:4]) <= MOST_CITY


def _is_birthday(said: str, today: date) -> bool:
    try:
        born = date(int(said[:4]), int(said[4:6]), int(said[6:8]))
    except ValueError:
        return False
    return born.year >= OLDEST and born <= today
