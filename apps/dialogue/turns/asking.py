"""The runner that asks models: the engine from the start, and where it needs one a climb over those
of the site."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from django.conf import settings

from apps.chat.threads import in_thread
from apps.dialogue import ladders
from apps.dialogue.cuts import cuts_of
from apps.dialogue.play import Played, go_on
from apps.dialogue.recall import Recall
from apps.dialogue.turns.faults import closed
from apps.dialogue.turns.home import Home
from apps.dialogue.turns.ledger import Ledger
from apps.dialogue.turns.opening import deadline_s
from apps.dialogue.turns.port import Claimed, Finish
from apps.dialogue.turns.told import told
from apps.engine.events import NeedModel, Proposal
from apps.llm import booking
from apps.llm.gateway import Gateway, Learnt
from apps.llm.ladder import climb
from apps.llm.steps import Accepted, Climbed, Ports, Terms, Tried, Why

# What is kept by others meanwhile is worth another trip only if the turn has waited.
NEW_S = 0.5

# Of the process: its drains come and go with their clients, and a model that failed is not to be
# found out anew by each.
_learnt = Learnt()


class Asker:
    """For one event loop. What can be answered at home by now, is."""

    def __init__(self) -> None:
        self._home = Home()
        self._ledger = Ledger()
        self._recall = Recall()
        self._gateway: Gateway | None = None
        self._opening = asyncio.Lock()

    async def ready(self) -> None:
        await self._home.refresh()
        await self._open()

    async def run(self, claimed: Claimed, show: Callable[[int, str], None]) -> Finish | None:
        await self._home.refresh()
        models = ladders.any_answers(claimed.standing.site)
        found = await self._recall.play(
            claimed.standing, claimed.said(), models=models, looks=not _is_new(claimed)
        )
        played, needs = found.played, found.played.needs
        note = partial(self._recall.note, found, claimed=claimed)
        if needs is None:
            return replace(Finish.of(played), stored=note)
        climbed = await self.climb(claimed, played, needs, show)
        finish = finished(played, needs, climbed)
        if climbed.said:
            self._recall.keep(found, claimed, climbed.said, needs)
        return finish and replace(finish, stored=note)

    async def close(self) -> None:
        steps = [self._home.close, self._recall.close, self._ledger.close]
        await closed(*steps, *([self._gateway.close] if self._gateway else []))

    async def climb(
        self,
        claimed: Claimed,
        played: Played,
        needs: NeedModel,
        show: Callable[[int, str], None],
    ) -> Climbed:
        """What the site's models make of it; each call is booked."""
        site, route = claimed.standing.site, ladders.route(claimed.standing.site)
        terms = Terms(
            policy=cuts_of(played),
            chances=[passage.confidence for passage in needs.passages],
            high_risk=needs.high_risk,
            high_value=needs.high_value,
            caps=booking.caps_of(route),
            asker=claimed.session,
        )
        spent = partial(booking.spent, session=claimed.session, site_id=site, route=route)
        ports = Ports(
            left=claimed.left_s,
            book=partial(self._book, claimed),
            show=show,
            spent=partial(in_thread, spent),
        )
        steps = ladders.answering(site, high_value=needs.high_value)
        return await climb(await self._open(), steps, told(claimed, played, needs), terms, ports)

    def _book(self, claimed: Claimed, tried: Tried) -> None:
        site = claimed.standing.site
        self._ledger.book(
            booking.attempt_of(tried, session=claimed.session, turn=claimed.turn, site_id=site)
        )

    async def _open(self) -> Gateway:
        async with self._opening:
            if self._gateway is None:
                allowed = settings.LLM_ALLOWED_NETWORKS
                made = Gateway(settings.REDIS_URL or None, allowed, learnt=_learnt)
                self._gateway = await made.__aenter__()
            return self._gateway


def _is_new(claimed: Claimed) -> bool:
    """Whether the process that stored the line has looked for a kept answer just now."""
    age = deadline_s(claimed.standing.site) - claimed.left_s()
    return claimed.attempt == 1 and len(claimed.lines) == 1 and age < NEW_S


def finished(played: Played, needs: NeedModel, climbed: Climbed) -> Finish | None:
    """None when no model could be reached and there is nothing else to say: a person sees to it."""
    go_on(played, proposal_of(climbed.said, needs) if climbed.said else None)
    if climbed.said is None and _is_helpless(played, needs, climbed):
        return None
    finish = Finish.of(played)
    return replace(finish, versions={**finish.versions, "models": _story(climbed)})


def proposal_of(heard: Accepted, needs: NeedModel) -> Proposal:
    cited = tuple(needs.passages[place] for place in heard.cited)
    return Proposal(heard.commands, heard.reply, cited, heard.confidence)


def _is_helpless(played: Played, needs: NeedModel, climbed: Climbed) -> bool:
    """A model that has answered, however badly, has been asked: then the policy decides."""
    has_answered = any(isinstance(one.why, Why) for one in climbed.handed)
    is_unknown = played.judged is not None and played.judged.route == "unknown"
    return not has_answered and is_unknown and needs.active is None


def _story(climbed: Climbed) -> dict[str, Any]:
    """Which model has answered with which prompt, and why those before it did not."""
    said = climbed.said
    handed = [one.stored() for one in climbed.handed]
    if said is None:
        return {"handed": handed}
    return {
        "answered": said.step.name,
        "tier": said.step.tier.value,
        "call": said.attempt,
        "prompt": said.prompt_version,
        "sure": [said.confidence, said.badge],
        "handed": handed,
    }
