"""What staff see in the preview is what visitors get: the talks that ship as transcripts, told to
both. The preview sees whatever stands on its page, and says no more of an action than how it ended.
"""

import json
import re
import tomllib
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from channels.db import database_sync_to_async as in_database

from apps.chat.frames import Send
from apps.chat.models import Session
from apps.dialogue import books
from apps.dialogue.actions.execute import carry_out
from apps.dialogue.actions.registry import Done, Refused
from apps.dialogue.flows import trial
from apps.dialogue.models import ActionRun
from apps.dialogue.play import Standing
from apps.engine.events import Ended
from apps.engine.types import Author
from tests.dialogue.ears import listening
from tests.dialogue.refunds import acts
from tests.engine.standard import BOOK
from tests.engine.test_transcripts import FOLDER, found

pytestmark = pytest.mark.django_db(transaction=True)

ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LONGEST = 4000
# The lines of a reply, each with its meta, and the state and mode after it.
Told = tuple[list[tuple[str, dict[str, Any]]], str, str]
PRESSED = (
    {"said": "Return", "fields": {"flow": "return"}},
    {"said": "", "fields": {"order_id": "202580668968"}},
    {"said": "earbuds", "fields": {"product": "buds"}},
    {"said": "", "fields": {"reason": "not_working", "nonsense": "x"}},
    {"said": "No", "fields": {"confirm": "$card", "answer": "no"}},
    {"said": "Yes", "fields": {"confirm": "another", "answer": "yes"}},
    {"said": "I don't have it", "fields": {"lack": "phone_tail"}},
    {"said": "Yes", "fields": {"confirm": "$card", "answer": "yes", "phone_tail": "2567"}},
    {"said": "Yes", "fields": {"confirm": "$card", "answer": "yes"}},
    {"result": {"ended": "failed"}},
)
NOT_TAKEN = (
    {"said": ""},
    {"said": "\u200b \n"},
    {"said": "a\x00b"},
    {"said": "yes", "fields": {"reason": "\x07"}},
    {"said": "x" * (LONGEST + 1)},
    {"said": "how " * (LONGEST // 4)},
)


class Finds:
    """What the search finds for the line of a script that is being said."""

    def __init__(self, passages):
        self.passages = passages
        self.line = {}

    def __call__(self, _site, _language, step):
        return found(step, self.passages, self.line)


class Preview:
    def __init__(self, site, language):
        self.site, self.language = site, language
        self.talk = trial.Talk()

    async def hear(self, line):
        if "idle" in line:
            assert self.talk.moved_at
            moved_at = self.talk.moved_at - timedelta(seconds=line["idle"])
            self.talk = replace(self.talk, moved_at=moved_at)
        ended = Ended(line["result"]["ended"]) if "result" in line else None
        asked = trial.Asked(
            line.get("said", ""), line.get("fields", {}), language=self.language, ended=ended
        )
        answered = await in_database(trial.go_on)(self.site, BOOK, self.talk, asked)
        self.talk = trial.Talk.opened(answered.talk.sealed())
        told = [answered.line] if answered.line else []
        return [(one.text, one.meta) for one in told], self.talk.state, self.talk.mode


class Chat:
    def __init__(self, driver, session):
        self.driver = driver
        self.handle = driver.hold(Standing.of(session))
        self.ears = listening(self.handle)

    async def hear(self, line):
        told_before = len(self.ears.frames)
        if "idle" in line:
            await self._rest(timedelta(seconds=line["idle"]))
        if "result" in line:
            await self._end(Ended(line["result"]["ended"]))
        else:
            frame = Send(cmid=uuid.uuid4(), text=line["said"], fields=line.get("fields"))
            answer = await self.driver.send(self.handle, frame, self.ears, trusted=True)
            if answer["type"] == "refused":
                return [(answer["detail"], {})], *self._standing()
        frames = [one for one in self.ears.frames[told_before:] if one["type"] == "message"]
        told = [(one["text"], one["meta"]) for one in frames if one["author"] != Author.VISITOR]
        for _text, meta in told:
            # What it begins with stands on the ticket, and a preview makes none.
            meta.get("form", {}).pop("message", None)
        return told, *self._standing()

    def _standing(self):
        return self.handle.standing.state, self.handle.standing.mode

    async def _rest(self, time):
        moved_at = self.handle.standing.moved_at - time
        self.handle.standing = replace(self.handle.standing, moved_at=moved_at)
        sessions = Session.objects.filter(id=self.handle.standing.session)
        await in_database(sessions.update)(updated_at=moved_at)

    async def _end(self, ended):
        mine = ActionRun.objects.open().filter(session=self.handle.standing.session)
        run = await mine.afirst()
        if run is None:
            # A script that goes on as if the shop had said more than how it ended.
            return
        with pytest.MonkeyPatch.context() as patch:
            acts(patch, lambda _call: answer(ended), run.action.removeprefix("python:"))
            await in_database(carry_out)(run.key)
        await self.driver.refresh(self.handle)


def answer(ended):
    """What a function of the shop answers, with nothing beside how it ended."""
    if ended is Ended.FAILED:
        raise RuntimeError
    return Done() if ended is Ended.DONE else Refused()


def numbered(heard):
    """With the ids of cards and actions in the order in which they came."""
    text = json.dumps(heard, ensure_ascii=False)
    ids = dict.fromkeys(one[0] for one in ID.finditer(text))
    for number, one in enumerate(ids):
        text = text.replace(one, f"id-{number}")
    return json.loads(text)


@pytest.fixture
def finds(site, monkeypatch, nobody_starts):
    """The shop that ships, with a search of the test's; actions wait for their end."""
    found = Finds({})
    monkeypatch.setattr("apps.dialogue.wiring.search", found)
    monkeypatch.setattr(books, "_books", {site.pk: BOOK})
    return found


@pytest.fixture
def told(driver, site, make_session, finds):
    """What both have said, line by line."""

    async def tell(lines, language="en"):
        chat = Chat(driver, await in_database(make_session)(language=language))
        preview = Preview(site, language)
        shown: list[Told] = []
        heard: list[Told] = []
        for finds.line in lines:
            shown.append(await preview.hear(on_card(finds.line, shown)))
            heard.append(await chat.hear(on_card(finds.line, heard)))
        return numbered(shown), numbered(heard)

    return tell


def on_card(line, told):
    """The line, with the id of the card that was shown last in the place of "$card"."""
    cards = [meta["confirm"]["id"] for lines, *_ in told for _, meta in lines if "confirm" in meta]
    fields = line.get("fields", {})
    ids = {name: cards[-1] if value == "$card" else value for name, value in fields.items()}
    return {**line, "fields": ids}


@pytest.mark.parametrize("name", [path.name for path in sorted(FOLDER.glob("said_*.toml"))])
async def test_both_answer_alike_what_is_said(told, finds, name):
    script = tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))
    finds.passages = script.get("passages", {})
    for conversation in script["conversation"]:
        shown, heard = await told(conversation["line"], conversation.get("language", "en"))
        assert shown == heard, conversation["name"]
        assert any(lines for lines, *_ in heard)


async def test_both_answer_alike_what_is_pressed(told):
    shown, heard = await told(PRESSED)
    assert shown == heard
    actions = [meta["action"] for lines, *_ in heard for _, meta in lines if "action" in meta]
    assert [action["status"] for action in actions] == ["running", "failed"]
    assert heard[-1][1:] == ["COLLECT", "queued"]


async def test_both_tell_alike_what_cannot_be_taken(told):
    shown, heard = await told(NOT_TAKEN)
    assert shown == heard
    assert [state for _, state, _ in heard] == ["INIT"] * len(NOT_TAKEN)
