"""Conversations: what is said, what the search finds, and which events must come of it.

A new behaviour is a new file under `transcripts/`, not new test code.
"""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apps.engine import turn
from apps.engine.commands import Command, Courtesy, SmallTalk, WantHuman
from apps.engine.events import (
    Event,
    Handoff,
    Judged,
    Move,
    Remember,
    Reply,
    Resume,
    Search,
)
from apps.engine.memory import dump
from apps.engine.types import Mode, Passage, Policy, Snapshot, State

FOLDER = Path(__file__).parent / "transcripts"
POLICY = Policy(answer_at=0.7, offer_at=0.3, high_risk_at=0.85)
BUTTONS: dict[str, Command] = {"human": WantHuman(), "thanks": SmallTalk(Courtesy.THANKS)}


def conversations() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        script = tomllib.loads(path.read_text(encoding="utf-8"))
        for conversation in script["conversation"]:
            name = f"{path.stem}: {conversation['name']}"
            found.append(pytest.param(script.get("passages", {}), conversation, id=name))
    return found


def spell(event: Event | Search) -> str:
    match event:
        case Search(_, language):
            return f"search {language}"
        case Reply(language, parts):
            say, passages = parts[0].say, parts[0].passages
            return " ".join(["reply", say, language, *(passage.id for passage in passages)])
        case Move(came_from, to, cause):
            return f"move {came_from} {to} {cause}"
        case Handoff(reason):
            return f"handoff {reason}"
        case Resume(kept):
            return f"resume {'kept' if kept else 'withdrawn'}"
        case Remember(memory):
            return " ".join(["remember", *dump(memory)])
        case Judged(route, confidence):
            sure = "" if confidence is None else f" {confidence:.2f}"
            return f"judged {route}{sure}"
    raise AssertionError(event)


def found(passages: dict[str, Any], line: dict[str, Any]) -> tuple[Passage, ...]:
    return tuple(
        Passage(id=name, confidence=confidence, **passages[name])
        for name, confidence in line.get("finds", [])
    )


def follow(snapshot: Snapshot, event: Event) -> Snapshot:
    match event:
        case Move(_, to, _):
            return replace(snapshot, state=to)
        case Handoff():
            return replace(snapshot, mode=Mode.QUEUED)
        case Resume():
            return replace(snapshot, mode=Mode.BOT)
        case Remember(memory):
            return replace(snapshot, memory=memory)
    return snapshot


@pytest.mark.parametrize(("passages", "conversation"), conversations())
def test_conversation(passages: dict[str, Any], conversation: dict[str, Any]) -> None:
    snapshot = Snapshot(
        POLICY,
        state=State(conversation.get("state", "INIT")),
        mode=Mode(conversation.get("mode", "bot")),
        language=conversation.get("language", "en"),
    )
    for line in conversation["line"]:
        commands = [BUTTONS[name] for name in line.get("buttons", [])]
        steps = turn.run(snapshot, line["said"], commands)
        events: list[str] = []
        answer = None
        while True:
            try:
                event = steps.send(answer)
            except StopIteration:
                break
            answer = found(passages, line) if isinstance(event, Search) else None
            events.append(spell(event))
            if not isinstance(event, Search):
                snapshot = follow(snapshot, event)
        assert events == line["events"], line["said"]
