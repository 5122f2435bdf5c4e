"""Labelled FAQ sets on disk: the entries of a shop and questions with their right entry.

A set is a folder of `entries.jsonl` (id, title or null, answer or null, seeds: other phrasings)
and `queries.jsonl` (qid, text, entry_id or null when it must be refused, and optionally oos: the
kind of out-of-scope question, and track: the part of the set it belongs to).
"""

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from apps.knowledge.lexical import Document

ENTRY_KEYS = ("id", "title", "answer", "seeds")
QUESTION_KEYS = ("qid", "text", "entry_id")

# The track whose questions must be found by the answers alone, and the one that is in them all.
ANSWER_ONLY = "answer_only"
ALL_TRACKS = "both"


class BadSetError(ValueError):
    """A set that cannot be used; the message is one sentence naming the file and the line."""


@dataclass(frozen=True)
class Question:
    """One labelled question; `entry_id` None means that no entry answers it."""

    text: str
    entry_id: str | None
    oos: str | None
    track: str | None


@dataclass(frozen=True)
class LabelledSet:
    """Documents to index and the questions to ask them."""

    documents: list[Document]
    questions: list[Question]


def read(folder: Path, shots: int | None = None, track: str | None = None) -> LabelledSet:
    """The set in `folder`, with the first `shots` seeds and the questions of `track`.

    All seeds and all questions when those are None. BadSetError for anything that does not fit.
    """
    if shots is not None and shots < 1:
        raise BadSetError(f"The number of shots must be at least 1, not {shots}.")
    if not folder.is_dir():
        raise BadSetError(f"{folder} is not a directory.")
    rows = _rows(folder / "entries.jsonl", ENTRY_KEYS)
    documents = [_document(row, where, shots, track) for where, row in rows]
    known = {document.id for document in documents}
    questions = [
        _question(row, where, known)
        for where, row in _rows(folder / "queries.jsonl", QUESTION_KEYS)
    ]
    return LabelledSet(documents, _of_track(questions, track, folder))


def small_shops(data: LabelledSet, entries: int, questions: int = 2_000) -> Iterator[LabelledSet]:
    """Shops of so many entries each, drawn from the set, until that many questions are asked.

    Each is asked what its entries answer, and as many questions that they do not. The draws are the
    same every time. BadSetError when the set has no more entries than that, or no question of one.
    """
    if not 1 <= entries < len(data.documents):
        raise BadSetError(f"The number of entries must be 1 to {len(data.documents) - 1}.")
    if all(question.entry_id is None for question in data.questions):
        raise BadSetError("The set has no question that an entry answers.")
    rng = random.Random(entries)  # noqa: S311 the same draws every time
    asked = 0
    while asked < questions:
        documents = rng.sample(data.documents, entries)
        held = {document.id for document in documents}
        inside = [question for question in data.questions if question.entry_id in held]
        outside = [question for question in data.questions if question.entry_id not in held]
        others = rng.sample(outside, min(len(inside), len(outside)))
        mixed = inside + [replace(other, entry_id=None) for other in others]
        yield LabelledSet(documents, mixed)
        asked += len(mixed)


def _rows(path: Path, keys: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, row) for each line that is not blank; the first key must be unique text."""
    seen: set[str] = set()
    for number, line in enumerate(_lines(path), 1):
        where = f"{path}, line {number}"
        if not line.strip():
            continue
        row = _parse(line, where)
        missing = [key for key in keys if key not in row]
        if missing:
            raise BadSetError(f"{where}: no {' and no '.join(missing)}.")
        name = row[keys[0]]
        if not isinstance(name, str):
            raise BadSetError(f"{where}: {keys[0]} must be text.")
        if name in seen:
            raise BadSetError(f"{where}: {keys[0]} {name!r} stands there twice.")
        seen.add(name)
        yield where, row


def _lines(path: Path) -> Iterable[str]:
    """JSON strings may hold line separators of Unicode, so only a line feed ends a line."""
    try:
        return path.read_text("utf-8").split("\n")
    except OSError as error:
        raise BadSetError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadSetError(f"{path} is not UTF-8 at byte {error.start}.") from error


def _parse(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadSetError(f"{where}: not JSON ({error.msg}).") from error
    if not isinstance(row, dict):
        raise BadSetError(f"{where}: not a JSON object.")
    return row


def _document(row: dict[str, Any], where: str, shots: int | None, track: str | None) -> Document:
    for key in ("title", "answer"):
        _check_text(row[key], key, where)
    seeds = row["seeds"]
    if not isinstance(seeds, list) or not all(isinstance(seed, str) for seed in seeds):
        raise BadSetError(f"{where}: seeds must be a list of texts.")
    if track == ANSWER_ONLY:
        return Document(row["id"], None, (), row["answer"])
    return Document(row["id"], row["title"], tuple(seeds[:shots]), row["answer"])


def _question(row: dict[str, Any], where: str, known: set[str]) -> Question:
    if not isinstance(row["text"], str):
        raise BadSetError(f"{where}: text must be text.")
    for key in ("entry_id", "oos", "track"):
        _check_text(row.get(key), key, where)
    if row["entry_id"] is not None and row["entry_id"] not in known:
        raise BadSetError(f"{where}: entry_id {row['entry_id']!r} is no entry's id.")
    return Question(row["text"], row["entry_id"], row.get("oos"), row.get("track"))


def _check_text(value: object, key: str, where: str) -> None:
    if value is not None and not isinstance(value, str):
        raise BadSetError(f"{where}: {key} must be text or null.")


def _of_track(questions: list[Question], track: str | None, folder: Path) -> list[Question]:
    if track is None:
        return questions
    tracks = {question.track for question in questions} - {None}
    if track not in tracks:
        names = ", ".join(sorted(map(str, tracks))) or "none"
        raise BadSetError(f"{folder / 'queries.jsonl'} has no track {track!r} (it has: {names}).")
    return [question for question in questions if question.track in (track, ALL_TRACKS)]
