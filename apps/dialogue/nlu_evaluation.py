"""How well lines are understood, measured on labelled ones with the flows that ship.

A line of the file is an object with `text`, `intent` (the key of a flow, "other" for none, null to
score the slots only) and `slots`, each with `slot`, `start` and `end`, places in the text. A shop's
catalogue is its own data, so the closed list of products that the file labels stands for it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from apps.dialogue import labelled_lines
from apps.dialogue.flows.services import standard_specs
from apps.dialogue.labelled_lines import BadLinesError, share
from apps.engine import turn
from apps.engine.book import Book, Product
from apps.engine.commands import Command, SetSlot, StartFlow
from apps.engine.events import Move
from apps.engine.flows import FlowSpec, SlotKind
from apps.engine.reading import START_AT, Reading
from apps.engine.types import Policy, Snapshot, State
from apps.engine.understand import understand
from apps.knowledge.confidence import ANSWER_AT, OFFER_AT

OTHER = "other"
TODAY = date(2026, 1, 15)

Span = tuple[str, int, int]


@dataclass(frozen=True)
class Utterance:
    """`intent` None: only the slots are labelled. `spans`: slot, start, end."""

    text: str
    intent: str | None
    spans: frozenset[Span]
    source: str


@dataclass(frozen=True)
class Outcome:
    """What was understood of an utterance. `confirmed` None: it does not hold all that a flow
    which changes something needs, or its flow only looks something up."""

    utterance: Utterance
    intent: str
    spans: frozenset[Span]
    confirmed: bool | None

    @property
    def is_right(self) -> bool:
        return self.intent == self.utterance.intent

    @property
    def is_whole(self) -> bool:
        return self.is_right and self.spans == self.utterance.spans


def read(path: Path) -> list[Utterance]:
    """The labelled lines of a file. Raises BadLinesError."""
    intents = {spec.key for spec in standard_specs()} | {OTHER}
    return list(labelled_lines.read(path, partial(_utterance, intents=intents)))


def shop(utterances: Sequence[Utterance], *, catalogue: bool = True) -> Book:
    """The flows that ship, and with `catalogue` the products that the utterances label."""
    names = {
        utterance.text[start:end]
        for utterance in utterances
        for slot, start, end in utterance.spans
        if slot == SlotKind.PRODUCT
    }
    products = tuple(Product(name, (name,)) for name in sorted(names)) if catalogue else ()
    return Book(flows=tuple(standard_specs()), products=products)


def ask(book: Book, utterances: Sequence[Utterance]) -> Iterator[Outcome]:
    """Understand each utterance as the first line of a session of its own."""
    labelled = {slot for utterance in utterances for slot, _, _ in utterance.spans}
    snapshot = Snapshot(Policy(ANSWER_AT, OFFER_AT), book=book, fresh="measured", today=TODAY)
    for utterance in utterances:
        commands = understand(utterance.text, snapshot)
        intent = next(
            (
                command.flow
                for command in commands
                if isinstance(command, StartFlow) and command.confidence >= START_AT
            ),
            OTHER,
        )
        spans = _spans(
            commands if intent != OTHER else [], Reading(utterance.text, book, snapshot.today)
        )
        confirmed = None
        if utterance.intent is not None and _is_complete(utterance, book):
            confirmed = intent == utterance.intent and _confirms(utterance.text, snapshot)
        yield Outcome(
            utterance, intent, frozenset(span for span in spans if span[0] in labelled), confirmed
        )


def report(book: Book, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """All figures are shares in 0..1, None where nothing is labelled. A slot counts as right when
    its place is exactly the labelled one; `joint_accuracy` is intent and every slot right.
    `complete_to_confirm` is over the utterances that hold every required slot, proofs apart, of a
    flow that changes something: those that reach the confirmation at once."""
    told = [outcome for outcome in outcomes if outcome.utterance.intent is not None]
    sources: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in told:
        sources[outcome.utterance.source].append(outcome)
    return {
        "utterances": len(outcomes),
        "catalogue": len(book.products),
        "intent_accuracy": share([outcome.is_right for outcome in told]),
        "slot_f1": _f1(outcomes),
        "joint_accuracy": share([outcome.is_whole for outcome in told]),
        "complete_to_confirm": share(
            [outcome.confirmed for outcome in told if outcome.confirmed is not None]
        ),
        "by_source": {
            source: {
                "utterances": len(found),
                "intent_accuracy": share([outcome.is_right for outcome in found]),
                "joint_accuracy": share([outcome.is_whole for outcome in found]),
            }
            for source, found in sorted(sources.items())
        },
    }


def _spans(commands: Sequence[Command], reading: Reading) -> Iterator[Span]:
    """What was recognised, also where two of a kind only make the bot ask which is meant."""
    for mention in reading.mentions:
        if mention.kind:
            yield (mention.kind.value, *reading.line.span(mention.start, mention.end))
    kinds = {kind.value for kind in SlotKind}
    for command in commands:
        if isinstance(command, SetSlot) and command.slot not in kinds:
            yield command.slot, command.start, command.end


def _is_complete(utterance: Utterance, book: Book) -> bool:
    """Whether a flow that changes something has one value for all that it needs. Two orders in a
    line are not one: which is meant has to be asked."""
    flow = book.by_key.get(utterance.intent or "")
    values = {(slot, utterance.text[start:end]) for slot, start, end in utterance.spans}
    held = [slot for slot, _ in values]
    if flow is None or flow.lookup or len(set(held)) < len(held):
        return False
    return needed(flow) <= set(held)


def needed(flow: FlowSpec) -> set[str]:
    """The slots without which a flow shows no card."""
    return {spec.name for spec in flow.slots if spec.required and not spec.proof}


def _confirms(text: str, snapshot: Snapshot) -> bool:
    """Whether one turn leads from nothing to the confirmation."""
    return any(
        isinstance(event, Move) and event.to is State.CONFIRM for event in turn.run(snapshot, text)
    )


def _f1(outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    found, wanted, right = Counter[str](), Counter[str](), Counter[str]()
    for outcome in outcomes:
        found.update(span[0] for span in outcome.spans)
        wanted.update(span[0] for span in outcome.utterance.spans)
        right.update(span[0] for span in outcome.spans & outcome.utterance.spans)
    return {
        slot: round(2 * right[slot] / (found[slot] + wanted[slot]), 4) for slot in sorted(wanted)
    }


def _utterance(row: Any, where: str, *, intents: set[str]) -> Utterance:
    match row:
        case {"text": str(text), "intent": str() | None as intent, "slots": list(slots)}:
            pass
        case _:
            raise BadLinesError(
                f"{where}: it needs `text`, a text, `intent`, a text or null, and `slots`, a list."
            )
    if intent is not None and intent not in intents:
        known = ", ".join(sorted(intents))
        raise BadLinesError(f"{where}: the intent {intent!r} is none of {known}.")
    spans = frozenset(_span(slot, text, where) for slot in slots)
    return Utterance(text, intent, spans, str(row.get("source") or "-"))


def _span(slot: object, text: str, where: str) -> Span:
    match slot:
        case {"slot": str(name), "start": int(start), "end": int(end)} if (
            0 <= start < end <= len(text)
        ):
            return name, start, end
    raise BadLinesError(
        f"{where}: each slot needs `slot`, a text, and `start` and `end`, places in the text."
    )
