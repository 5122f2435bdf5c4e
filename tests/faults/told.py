"""What the rows tell of a visitor's last turn, once it has ended."""

import asyncio
from dataclasses import dataclass
from typing import Any

from tests.faults.house import House
from tests.faults.talker import Talker
from tests.turns.conversations import Watch

TURN = """
SELECT id, state, attempt, losses, route, versions->'models'->>'answered',
  finished_at <= deadline_at,
  (SELECT count(*) FROM handoff_ticket k WHERE k.session_id = t.session_id)
FROM chat_turn t WHERE session_id = %s ORDER BY from_seq DESC LIMIT 1"""
CALLS = """SELECT outcome, why, total_ms, extract(epoch FROM at)::float8 FROM llm_call
WHERE turn = %s ORDER BY at, attempt"""

IS_OVER = """SELECT count(*) = 0 FROM chat_turn WHERE session_id = %s
  AND state IN ('pending', 'running')"""
IS_RUNNING = "SELECT count(*) = 1 FROM chat_turn WHERE session_id = %s AND state = 'running'"
BOOKED = "SELECT count(*) >= %s FROM llm_call WHERE turn = %s"


@dataclass(frozen=True)
class Told:
    """`answered` by which model, `in_time` by the database's own clock."""

    turn: Any
    state: str
    attempt: int
    losses: int
    route: str
    answered: str | None
    in_time: bool
    tickets: int


@dataclass(frozen=True)
class Call:
    """`at_s` is when it had ended."""

    outcome: str
    why: str
    total_ms: int
    at_s: float


@dataclass
class Teller:
    house: House
    watch: Watch

    async def until(self, statement: str, *values: object) -> None:
        await asyncio.to_thread(self.watch.until, statement, *values)

    async def running(self, talker: Talker) -> None:
        await self.until(IS_RUNNING, talker.session)

    async def over(self, talker: Talker) -> Told:
        """Once the turn is over and the visitor has seen it."""
        await self.until(IS_OVER, talker.session)
        await talker.catch_up()
        return self.turn(talker)

    def turn(self, talker: Talker) -> Told:
        (row,) = self.house.query(TURN, talker.session)
        return Told(*row)

    async def calls(self, turn: Any, count: int) -> list[Call]:
        """Once there are as many: they are booked a little later."""
        await self.until(BOOKED, count, turn)
        return [Call(*row) for row in self.house.query(CALLS, turn)]
