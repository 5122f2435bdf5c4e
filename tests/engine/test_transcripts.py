"""Conversations: what is said, what the search finds, and which events must come of it.

A new behaviour is a new file under `transcripts/`, not new test code. The files whose name begins
with "flows_" play with the flows of `shop.py`, "said_" with those that ship and with no commands
given, so that what is said is understood too. Where a name ends in "models" there are some to ask. A line is `said`, or is an action's `result`; with it
may stand `fields` of a form or a card ("$card" is the last card's id, "$question" that of the last
question whether to go on), `commands` as understanding would give them, `finds` of the search,
`model` (a `reply`, its `cites`, the `commands`, how `sure`; without it no model has an answer),
`idle` seconds before it, `verified`, and `unseen`: how many of the last replies were not there yet
when it was written.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from apps.engine import turn
from apps.engine.answering import Request
from apps.engine.book import EMPTY_BOOK
from apps.engine.commands import Command, Courtesy, SmallTalk, WantHuman
from apps.engine.events import (
    Act,
    Address,
    Ended,
    Event,
    Handoff,
    Judged,
    Move,
    NeedModel,
    Part,
    Proposal,
    Remember,
    Reply,
    Result,
    Resume,
    Say,
    Search,
)
from apps.engine.memory import dump, load
from apps.engine.types import Memory, Mode, Passage, Policy, Snapshot, State
from tests.engine import standard
from tests.engine.shop import BOOK, command

FOLDER = Path(__file__).parent / "transcripts"
POLICY = Policy(answer_at=0.7, offer_at=0.3, high_risk_at=0.85)
TODAY = date(2026, 11, 23)
BOOKS = {"flows": BOOK, "said": standard.BOOK}
WORD_FOR_WORD = 0.99
QUESTIONS = (Say.GO_ON, Say.NEXT)
BUTTONS: dict[str, Command] = {"human": WantHuman(), "thanks": SmallTalk(Courtesy.THANKS)}


def conversations() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        script = tomllib.loads(path.read_text(encoding="utf-8"))
        book = BOOKS.get(path.stem.partition("_")[0], EMPTY_BOOK)
        for conversation in script["conversation"]:
            name = f"{path.stem}: {conversation['name']}"
            conversation["models"] = path.stem.endswith("models")
            values = (script.get("passages", {}), conversation, book)
            found.append(pytest.param(*values, id=name))
    return found


def spell_part(part: Part) -> str:
    about = [part.flow, part.slot, part.problem]
    about += [f"{slot}={value.value}" for slot, value in part.rows]
    if part.candidates:
        about.append("(" + " ".join(part.candidates) + ")")
    if part.text:
        about.append(f'"{part.text}"')
    about += [passage.id for passage in part.passages]
    return " ".join([part.say, *filter(None, about)])


def spell_judged(judged: Judged) -> str:
    sure = "" if judged.confidence is None else f" {judged.confidence:.2f}"
    # Which row decided is spelt where a flow is in play.
    flow = f" in {judged.flow}" if judged.flow else ""
    rule = f" by {judged.rule}" if judged.rule and judged.flow else ""
    return f"judged {judged.route}{sure}{flow}{rule}"


def spell_reply(reply: Reply) -> Iterator[str]:
    first, *more = map(spell_part, reply.parts)
    what, _, about = first.partition(" ")
    yield " ".join(filter(None, ["reply", what, reply.language, about]))
    yield from (f"and {part}" for part in more)


def spell_change(event: Move | Handoff | Address | Resume) -> str:
    match event:
        case Move(came_from, to, cause):
            return f"move {came_from} {to} {cause}"
        case Handoff(reason):
            return f"handoff {reason}"
        case Address(email, phone):
            return " ".join(filter(None, ["address", email, phone]))
    return f"resume {'kept' if event.kept else 'withdrawn'}"


def spell_act(act: Act) -> str:
    values = [f"{name}={value.value}" for name, value in act.slots.items()]
    values += [f"{name}=as-for:{act.before}" for name in act.taken]
    return " ".join(["look up" if act.lookup else "act", act.flow, act.action, *values])


def spell_need(need: NeedModel) -> str:
    known = "".join(f" {passage.id}" for passage in need.passages)
    flow = f" in {need.active.flow}" if need.active else ""
    risks = " high risk" * need.high_risk + " high value" * need.high_value
    return f"need model {need.language}{known}{flow}{risks}"


def spell(event: Event | Request, memory: Memory) -> Iterator[str]:
    """What is remembered of answers and flows shows in what is said next, and is not spelt."""
    match event:
        # Whatever sounds like a wish is looked for as an entry's very words, which goes without
        # saying.
        case Search(_, language, exact=False):
            yield f"search {language}"
        case Reply():
            yield from spell_reply(event)
        case NeedModel() | Move() | Handoff() | Address() | Resume() | Act():
            yield SPELLINGS[type(event)](event)
        case Remember(after):
            if bare(after) != bare(memory):
                yield " ".join(["remember", *bare(after)])
        case Judged():
            yield spell_judged(event)


SPELLINGS: dict[type, Any] = {
    NeedModel: spell_need,
    Act: spell_act,
    **dict.fromkeys((Move, Handoff, Address, Resume), spell_change),
}


def bare(memory: Memory) -> dict[str, Any]:
    of_flows = replace(memory, active=None, heard={}, wrong=0, finished=None, proven=None)
    return dump(replace(of_flows, last="", again=0))


def found(event: Search, passages: dict[str, Any], line: dict[str, Any]) -> tuple[Passage, ...]:
    return tuple(
        Passage(id=name, confidence=confidence, **passages[name])
        for name, confidence in line.get("finds", [])
        if confidence >= WORD_FOR_WORD or not event.exact
    )


def proposed(event: NeedModel, line: dict[str, Any]) -> Proposal | None:
    said = line.get("model")
    if said is None:
        return None
    return Proposal(
        commands=tuple(command(text) for text in said.get("commands", [])),
        reply=said.get("reply", ""),
        cited=tuple(one for one in event.passages if one.id in said.get("cites", [])),
        confidence=said.get("sure", 0.9),
    )


def follow(snapshot: Snapshot, event: Event) -> Snapshot:
    match event:
        case Move(_, to, _):
            return replace(snapshot, state=to)
        case Handoff() | Address():
            return replace(snapshot, mode=Mode.QUEUED)
        case Resume():
            return replace(snapshot, mode=Mode.BOT)
        case Remember(memory):
            # As it is stored between two lines.
            return replace(snapshot, memory=load(dump(memory)))
    return snapshot


class Player:
    """Drives the engine through one conversation and keeps what it left behind."""

    def __init__(self, passages: dict[str, Any], snapshot: Snapshot) -> None:
        self.passages = passages
        self.snapshot = snapshot
        self.card = self.question = self.key = ""

    def play(self, line: dict[str, Any], number: int) -> list[str]:
        self.snapshot = replace(
            self.snapshot,
            fresh=f"id-{number}",
            idle_s=line.get("idle", 0),
            verified=line.get("verified", self.snapshot.verified),
            reply_at=number + 1,
            seen=number - int(line["unseen"]) if "unseen" in line else None,
        )
        steps = self._turn(line)
        events: list[str] = []
        answer: Any = None
        while True:
            try:
                event = steps.send(answer)
            except StopIteration:
                return events
            events += spell(event, self.snapshot.memory)
            match event:
                case Search():
                    answer = found(event, self.passages, line)
                case NeedModel():
                    answer = proposed(event, line)
                case _:
                    answer = None
                    self._take(event)

    def _turn(self, line: dict[str, Any]) -> Any:
        if result := line.get("result"):
            key = result.pop("key", self.key)
            return turn.resume(self.snapshot, Result(key, Ended(result.pop("ended")), **result))
        commands = [BUTTONS[name] for name in line.get("buttons", [])]
        commands += [command(text) for text in line.get("commands", [])]
        if fields := line.get("fields"):
            ids = {"$card": self.card, "$question": self.question}
            fields = {name: ids.get(it, it) for name, it in fields.items()}
            commands += turn.typed(self.snapshot, fields)
        return turn.run(self.snapshot, line["said"], commands)

    def _take(self, event: Event) -> None:
        match event:
            case Reply(_, parts):
                for part in parts:
                    self.card = part.id if part.rows else self.card
                    self.question = part.id if part.say in QUESTIONS else self.question
            case Act(key):
                self.key = key
        self.snapshot = follow(self.snapshot, event)


@pytest.mark.parametrize(("passages", "conversation", "book"), conversations())
def test_conversation(passages: dict[str, Any], conversation: dict[str, Any], book: Any) -> None:
    snapshot = Snapshot(
        POLICY,
        state=State(conversation.get("state", "INIT")),
        mode=Mode(conversation.get("mode", "bot")),
        language=conversation.get("language", "en"),
        memory=load(conversation.get("memory", {})),
        book=book,
        today=TODAY,
        models=conversation["models"],
    )
    player = Player(passages, snapshot)
    for number, line in enumerate(conversation["line"]):
        assert player.play(line, number) == line["events"], line.get("said") or line.get("result")
