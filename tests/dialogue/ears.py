"""Feeds that remember what they were told, and what to tell them."""

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime

from apps.dialogue.play import Standing
from apps.dialogue.rows import Row
from apps.engine.types import Author, Mode, State

AT = datetime(2026, 1, 2, tzinfo=UTC)


class Ears:
    """A feed that remembers, and may do something when it settles for the first time."""

    token = ""

    def __init__(self, cursor=0, on_settle=None):
        self.cursor = cursor
        self.frames = []
        self.settled = 0
        self._on_settle = on_settle

    def push(self, frame):
        self.frames.append(json.loads(frame))

    async def settle(self):
        self.settled += 1
        if self._on_settle and self.settled == 1:
            await self._on_settle()

    @property
    def lines(self):
        return [(f["type"], f["seq"]) for f in self.frames if f["type"] in {"message", "ack"}]

    @property
    def seqs(self):
        return [seq for _, seq in self.lines]

    @property
    def kinds(self):
        return [frame["type"] for frame in self.frames]


def standing(session=None, **values):
    here = Standing(session or uuid.uuid4(), 1, "en", 1, 0, State.INIT, Mode.BOT)
    return replace(here, **values)


def row(seq, author=Author.BOT, cmid=None):
    return Row(uuid.uuid4(), seq, author, "", f"line {seq}", {}, cmid, AT)


def listening(handle):
    ears = Ears(handle.standing.last_seq)
    handle.feeds.add(ears)
    return ears
