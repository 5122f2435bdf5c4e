"""The answers to an operator's last commands: one that comes again, as after a lost connection, is
answered alike and does nothing twice. Beyond this process each verb sees to that by itself."""

import asyncio
from collections import OrderedDict
from uuid import UUID

from apps.console.lines import Frame

KEPT = 200


class Answered:
    def __init__(self) -> None:
        self.in_turn = asyncio.Lock()
        self._answers: OrderedDict[UUID, Frame] = OrderedDict()

    def get(self, cid: UUID) -> Frame | None:
        return self._answers.get(cid)

    def keep(self, cid: UUID, answer: Frame) -> None:
        self._answers[cid] = answer
        if len(self._answers) > KEPT:
            self._answers.popitem(last=False)
