"""How many lines visitors write until they see the confirmation: once with all that every line says
taken at once, and once the classic way, first what is wanted and then one detail at a time.

The same visitors (`visitors.toml`) talk to the same engine and the standard flows. `joint` takes the
commands of a line as they are. `staged` takes only the wish of a line that holds one, and of any
other line only the detail that was asked for. Prints the mean number of lines to the confirmation
of both over the visitors who get there, who got stuck, and how much joint understanding saves.
"""

import argparse
import json
import sys
import tomllib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from apps.engine import turn
from apps.engine.book import Book, Product
from apps.engine.commands import Command, SetSlot, StartFlow
from apps.engine.events import Move, Remember, Reply, Say, Search
from apps.engine.flows import FlowSpec
from apps.engine.types import Policy, Snapshot
from apps.engine.understand import understand

FLOWS = ROOT / "apps" / "dialogue" / "standard" / "flows.json"
VISITORS = Path(__file__).parent / "visitors.toml"
MOST_LINES = 12
PRODUCTS = (
    Product("earbuds", ("earbuds", "耳机")),
    Product("headphones", ("headphones", "头戴式耳机")),
    Product("speaker", ("speaker", "音箱")),
)

Take = Callable[[str, Snapshot], Sequence[Command]]


@dataclass(frozen=True)
class Visitor:
    language: str
    opening: str
    answers: dict[str, str] = field(default_factory=dict)


class StuckError(Exception):
    """The visitor does not get to the confirmation."""


def joint(line: str, snapshot: Snapshot) -> Sequence[Command]:
    return understand(line, snapshot)


def staged(line: str, snapshot: Snapshot) -> Sequence[Command]:
    commands = understand(line, snapshot)
    if wishes := [one for one in commands if isinstance(one, StartFlow)]:
        return wishes
    active = snapshot.memory.active
    asked_for = active.pending if active else ""
    kept = [one for one in commands if not isinstance(one, SetSlot) or one.slot == asked_for]
    return kept or commands


def lines_to_confirmation(visitor: Visitor, book: Book, take: Take) -> int:
    """Raises StuckError."""
    snapshot = Snapshot(
        Policy(0.78, 0.15), language=visitor.language, book=book, today=date(2026, 11, 23)
    )
    line = visitor.opening
    for count in range(1, MOST_LINES + 1):
        snapshot = replace(snapshot, fresh=str(uuid.uuid4()))
        reply, snapshot = said(snapshot, line, take(line, snapshot))
        if any(part.say is Say.CONFIRM for part in reply.parts):
            return count
        asked = next((part.slot for part in reply.parts if part.slot), "")
        if not asked:
            raise StuckError(f"{visitor.opening!r}: {reply.say}")
        # Whoever has said it already says it again.
        line = visitor.answers.get(asked, visitor.opening)
    raise StuckError(f"{visitor.opening!r}: no end")


def said(snapshot: Snapshot, line: str, commands: Sequence[Command]) -> tuple[Reply, Snapshot]:
    steps = turn.run(snapshot, line, commands)
    reply: Reply | None = None
    answer: tuple[()] | None = None
    while True:
        try:
            event = steps.send(answer)
        except StopIteration:
            break
        answer = () if isinstance(event, Search) else None
        match event:
            case Reply():
                reply = event
            case Move(_, to):
                snapshot = replace(snapshot, state=to)
            case Remember(memory):
                snapshot = replace(snapshot, memory=memory)
    if reply is None:
        raise StuckError(f"{line!r}: no reply")
    return reply, snapshot


def measure() -> dict[str, Any]:
    flows = tuple(FlowSpec.model_validate(one) for one in json.loads(FLOWS.read_text("utf-8")))
    book = Book(flows=flows, products=PRODUCTS)
    visitors = [Visitor(**one) for one in tomllib.loads(VISITORS.read_text("utf-8"))["visitor"]]
    counted: list[tuple[int, int]] = []
    stuck: list[str] = []
    for visitor in visitors:
        try:
            both = [lines_to_confirmation(visitor, book, take) for take in (joint, staged)]
        except StuckError as error:
            stuck.append(str(error))
        else:
            counted.append((both[0], both[1]))
    means = [sum(counts) / len(counted) for counts in zip(*counted, strict=True)]
    return {
        "visitors": len(visitors),
        "joint": round(means[0], 3),
        "staged": round(means[1], 3),
        "saved": round(1 - means[0] / means[1], 3),
        "stuck": stuck,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    options = parser.parse_args()
    figures = measure()
    if options.json:
        print(json.dumps(figures))
        return
    for visitor in figures.pop("stuck"):
        print(f"stuck, and left out: {visitor}")
    for name, value in figures.items():
        print(f"{name:<10}{value:>8}")


if __name__ == "__main__":
    main()
