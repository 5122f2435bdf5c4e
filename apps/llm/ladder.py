"""One turn over the models that may be asked, until one may answer.

A further model is asked when one fails, keeps to no form, or says what cannot be relied on. It is
never asked for knowledge: what the passages do not hold a larger model only makes up, so an
`enough` of false ends the climb, and a person is next. Nothing here knows the database: whoever
calls brings steps and ports, and stores what comes back.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from apps.llm import caps, patience, prompts, ways
from apps.llm.gateway import Gateway
from apps.llm.judging import Doubt, Heard, Judge
from apps.llm.masking import Masked
from apps.llm.prompts import Told, TurnAnswer
from apps.llm.purse import NOTHING as NOTHING_HELD
from apps.llm.purse import Held
from apps.llm.showing import Showing
from apps.llm.steps import Accepted, Climbed, Handed, Ports, Rejected, Terms, Tried, Why
from apps.llm.values import (
    Answer,
    Ask,
    Endpoint,
    GatewayError,
    Outcome,
    Tier,
    Trail,
    Usage,
)

logger = logging.getLogger(__name__)

# What keeps a stronger model from answering though nothing is wrong with it.
LIMITS = frozenset(
    {Outcome.QUOTA, Outcome.RATE_LIMITED, Outcome.BUSY, Outcome.BREAKER, Outcome.CAP}
)
HEIGHT = {Tier.LOCAL: 0, Tier.CLOUD: 1, Tier.LAST_RESORT: 2}


async def climb(
    gateway: Gateway, steps: Iterable[Endpoint], told: Told, terms: Terms, ports: Ports
) -> Climbed:
    """`told` as it is: personal data is masked here before any model is asked, and back in its
    place in what is shown and returned. Cancelling it ends the call under way and books it."""
    allowed = [step for step in steps if terms.high_value or step.tier is not Tier.LAST_RESORT]
    return await _Climb(gateway, told, terms, ports).run(allowed) if allowed else Climbed(None)


class _Climb:
    def __init__(self, gateway: Gateway, told: Told, terms: Terms, ports: Ports) -> None:
        self._gateway = gateway
        self._terms = terms
        self._ports = ports
        self._masked = Masked(told)
        self._judge = Judge(told, terms, self._masked)
        show = None if terms.high_risk else ports.show
        self._showing = Showing(show, self._judge.ready, self._readable)
        self._handed: list[Handed] = []
        self._why = ""
        self._trail = Trail()
        self._number = 0
        self._has_asked = False
        self._has_paused = False
        self._spent: caps.Spent | None = None
        self._paid = caps.NOTHING

    async def run(self, steps: Sequence[Endpoint]) -> Climbed:
        for step in steps:
            found = await self._step(step, is_last=step is steps[-1])
            if isinstance(found, Accepted):
                return Climbed(found, tuple(self._handed))
            self._showing.take_back()
            self._handed.append(found)
            self._why = found.why.value
            if found.why is Why.NO_KNOWLEDGE:
                break
        return Climbed(None, tuple(self._handed))

    async def _step(self, step: Endpoint, *, is_last: bool) -> Accepted | Handed:
        if cap := await self._cap(step):
            return self._not_asked(step, Outcome.CAP, cap=cap)
        if self._seconds(step) is None:
            return self._not_asked(step, Outcome.NO_TIME, left=round(self._ports.left(), 1))
        held = await self._hold(step)
        if held is None:
            return self._not_asked(step, Outcome.CAP, cap="day")
        before = self._paid
        try:
            answer = await self._ask(step, is_last=is_last)
            heard = self._hear(step, answer)
        except GatewayError as error:
            facts = {"detail": error.detail, "retry_after": error.retry_after}
            return Handed(step, error.outcome, facts)
        finally:
            self._gateway.purse.settle(held, self._paid - before)
        if isinstance(heard, Doubt):
            return Handed(step, heard.why, heard.facts)
        return Accepted(
            commands=heard.commands,
            reply=heard.reply,
            cited=heard.cited,
            confidence=heard.confidence,
            badge=self._terms.calibration.badge,
            step=step,
            served=answer.served,
            attempt=self._number,
            prompt_version=prompts.VERSION,
        )

    def _hear(self, step: Endpoint, answer: Answer) -> Heard | Doubt:
        """Books it with what becomes of it."""
        value = answer.value
        assert isinstance(value, TurnAnswer)
        rejected = None
        try:
            restored = self._masked.restore(value)
            heard = self._judge.hear(restored, is_weaker=self._is_weaker(step))
            if isinstance(heard, Doubt):
                # As the model wrote it: with placeholders.
                rejected = Rejected(heard.why, value.reply, heard.facts)
            return heard
        finally:
            self._book(
                step,
                Outcome.OK,
                usage=answer.usage,
                served=answer.served,
                way=answer.way,
                first_token_ms=answer.first_token_ms,
                total_ms=answer.total_ms,
                sent=self._trail.sent,
                rejected=rejected,
            )

    async def _ask(self, step: Endpoint, *, is_last: bool) -> Answer:
        """Once, or twice with a pause between. Raises GatewayError."""
        try:
            return await self._attempt(step)
        except GatewayError as error:
            seconds = patience.pause(error, self._ports.left(), is_last=is_last)
            if seconds is None or self._has_paused:
                raise
            self._why = error.outcome.value
        self._has_paused = True
        self._showing.take_back()
        await self._ports.pause(seconds)
        return await self._attempt(step)

    async def _attempt(self, step: Endpoint) -> Answer:
        """Books it, unless it ends with an answer, which is heard first. Raises GatewayError."""
        ask = Ask(
            messages=prompts.turn(self._masked.told),
            schema=TurnAnswer,
            stream=True,
            deadline_s=self._seconds(step) or 0.0,
            may_show=partial(self._judge.may_show, is_weaker=self._is_weaker(step)),
            asker=self._terms.asker,
        )
        now = asyncio.get_running_loop().time
        began, self._trail = now(), ask.trail

        def ms() -> int:
            return round((now() - began) * 1000)

        def booked(outcome: Outcome, **values: Any) -> None:
            usage, sent = ask.trail.usage or Usage(), ask.trail.sent
            values = {"usage": usage, "total_ms": ms(), **values}
            self._book(step, outcome, sent=sent, **values)

        try:
            return await self._gateway.ask(step, ask, self._showing.grow)
        except GatewayError as error:
            booked(error.outcome)
            raise
        except asyncio.CancelledError:
            booked(Outcome.CANCELLED)
            raise

    def _readable(self, raw: str) -> str:
        return prompts.readable(self._masked.restore_growing(raw))

    def _seconds(self, step: Endpoint) -> float | None:
        return patience.own_time(step, self._ports.left(), is_further=self._has_asked)

    async def _cap(self, step: Endpoint) -> str:
        if not self._terms.caps or not caps.counts(step):
            return ""
        if self._spent is None:
            self._spent = await self._look_up()
        return caps.reached(self._terms.caps, self._spent, self._paid)

    async def _hold(self, step: Endpoint) -> Held | None:
        """Reserves what the call may cost, for turns that have read the same sum. None: too late."""
        spent, cap = self._spent, self._terms.caps.day
        if not caps.counts(step) or spent is None or spent.account is None or cap is None:
            return NOTHING_HELD
        most = Usage(ways.tokens_in(prompts.turn(self._masked.told)), step.most_tokens)
        cost = caps.cost(step, most, self._terms.caps.currency)
        return await self._gateway.purse.hold(spent.account, spent.day, cost, cap)

    async def _look_up(self) -> caps.Spent:
        """Without a database nothing is paid for, and models at home go on."""
        try:
            return await self._ports.spent()
        except Exception as error:  # noqa: BLE001 whatever it is, the turn goes on without the cloud
            logger.warning("llm: what was spent is not known (%s)", type(error).__name__)
            return caps.UNKNOWN

    def _is_weaker(self, step: Endpoint) -> bool:
        height = HEIGHT[step.tier]
        return any(one.why in LIMITS and HEIGHT[one.step.tier] >= height for one in self._handed)

    def _not_asked(self, step: Endpoint, outcome: Outcome, **facts: Any) -> Handed:
        self._book(step, outcome)
        return Handed(step, outcome, facts)

    def _book(self, step: Endpoint, outcome: Outcome, **values: Any) -> None:
        self._number += 1
        tried = Tried(
            step, outcome, self._number, self._why, prompt_version=prompts.VERSION, **values
        )
        self._has_asked = self._has_asked or bool(tried.sent)
        self._paid += caps.cost(step, tried.usage, self._terms.caps.currency)
        self._ports.book(tried)
