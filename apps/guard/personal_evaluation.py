"""How well personal data is found, measured on labelled texts.

A line of the file is an object with `text`, `spans` (each with `start`, `end` and `type`) and
perhaps `negatives` (each with `kind` and `value`): numbers that must not be masked. Lines marked
`optional` are left out. Types that are not looked for are left out too.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.guard.personal import Kind, find

# What sets of labelled texts call them.
TYPES = {
    "MOBILE": Kind.PHONE,
    "PHONE": Kind.PHONE,
    "PHONE_NUMBER": Kind.PHONE,
    "ID_CARD": Kind.ID,
    "RESIDENT_ID": Kind.ID,
    "BANK_CARD": Kind.CARD,
    "CREDIT_CARD": Kind.CARD,
    "EMAIL": Kind.EMAIL,
    "EMAIL_ADDRESS": Kind.EMAIL,
}
SHOWN = (Kind.ID, Kind.CARD, Kind.PHONE, Kind.EMAIL)
Span = tuple[Kind, int, int]


class BadPersonalSetError(ValueError):
    """A file that cannot be used; the message is one sentence naming the file and the line."""


@dataclass(frozen=True)
class Judged:
    """`negatives`: the kind of each number that had to stay, and whether it did not."""

    labelled: frozenset[Span]
    found: frozenset[Span]
    negatives: tuple[tuple[str, bool], ...]


def read(path: Path) -> Iterator[Judged]:
    """The labelled texts with what is found in them. Raises BadPersonalSetError."""
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip() and (judged := _judged(line, f"{path}, line {number}")):
                    yield judged
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadPersonalSetError(f"{path} cannot be read: {error}.") from error


def report(judged: Iterable[Judged]) -> dict[str, Any]:
    """For each kind precision, recall and F1 of exact spans, and the share of numbers masked that
    had to stay. None: there were none."""
    right, wrong, missed = Counter[Kind](), Counter[Kind](), Counter[Kind]()
    kept, masked = Counter[str](), Counter[str]()
    texts = 0
    for each in judged:
        texts += 1
        right.update(kind for kind, _, _ in each.found & each.labelled)
        wrong.update(kind for kind, _, _ in each.found - each.labelled)
        missed.update(kind for kind, _, _ in each.labelled - each.found)
        for kind, is_masked in each.negatives:
            (masked if is_masked else kept)[kind] += 1
    return {
        "texts": texts,
        "kinds": {
            str(kind): _figures(right[kind], wrong[kind], missed[kind])
            for kind in SHOWN
            if right[kind] + wrong[kind] + missed[kind]
        },
        "negatives": kept.total() + masked.total(),
        "negatives_masked": _share(masked.total(), kept.total() + masked.total()),
        "negatives_masked_by_kind": {
            kind: _share(masked[kind], masked[kind] + kept[kind]) for kind in sorted(kept | masked)
        },
    }


def _figures(right: int, wrong: int, missed: int) -> dict[str, float | int | None]:
    return {
        "labelled": right + missed,
        "precision": _share(right, right + wrong),
        "recall": _share(right, right + missed),
        "f1": _share(2 * right, 2 * right + wrong + missed),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _judged(line: str, where: str) -> Judged | None:
    """None for a line that is not counted."""
    try:
        given = json.loads(line)
    except ValueError as error:
        raise BadPersonalSetError(f"{where}: this is no JSON.") from error
    match given:
        case {"optional": True}:
            return None
        case {"text": str(text), "spans": list(spans)}:
            labelled = frozenset(_spans(spans, where))
        case _:
            raise BadPersonalSetError(f"{where}: it needs `text`, a text, and `spans`, a list.")
    found = find(text)
    negatives = tuple(_negatives(given.get("negatives", []), where))
    left = _without(text, [(each.start, each.end) for each in found])
    return Judged(
        labelled,
        frozenset((each.kind, each.start, each.end) for each in found),
        tuple((kind, value not in left) for kind, value in negatives),
    )


def _spans(spans: list[Any], where: str) -> Iterator[Span]:
    for span in spans:
        match span:
            case {"start": int(start), "end": int(end), "type": str(name)}:
                if name in TYPES:
                    yield TYPES[name], start, end
            case _:
                raise BadPersonalSetError(f"{where}: a span needs `start`, `end` and `type`.")


def _negatives(negatives: Any, where: str) -> Iterator[tuple[str, str]]:
    for negative in negatives if isinstance(negatives, list) else [negatives]:
        match negative:
            case {"kind": str(kind), "value": str(value)}:
                yield kind, value
            case _:
                raise BadPersonalSetError(f"{where}: a negative needs `kind` and `value`.")


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in reversed(spans):
        text = f"{text[:start]}\n{text[end:]}"
    return text
