"""Says again what a model has said to the same question: the same but for case, spaces and width, of
the same site, language and knowledge, and never to one that only looks alike.

Only for questions that stand for themselves. What was made with anything of a chat is not kept, and
a line that may point back into its chat is not answered from here.
"""

import asyncio
import hashlib
import json
import logging
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import timezone

from apps.chat.threads import in_thread
from apps.dialogue import ladders, playing, wiring
from apps.dialogue.answers import Answers, Kept
from apps.dialogue.cuts import cuts_of
from apps.dialogue.play import Played, Said, Standing, go_on
from apps.dialogue.turns.faults import closed
from apps.dialogue.turns.ledger import Ledger
from apps.dialogue.turns.port import Claimed, Earlier
from apps.dialogue.visible import folded, visible
from apps.engine.commands import AskFaq
from apps.engine.courtesies import bare, courtesy, spelt
from apps.engine.drift import signals
from apps.engine.events import NeedModel, Proposal
from apps.engine.text import detect_language, normalise
from apps.engine.types import Passage
from apps.guard.personal import find
from apps.llm import prompts
from apps.llm.services import Attempt, count_answers
from apps.llm.steps import Accepted
from apps.llm.values import Endpoint, Outcome

logger = logging.getLogger(__name__)

ENDS = " ?!.,。！，…~"
# Besides what the engine takes for a line that goes on with a talk.
GOES_ON = re.compile(
    r"\b(what|how)\ about\b|^(or|what\ if)\b|\b(too|again|other|others|another|instead|else|more|earlier"
    r"|before|previous|he|she|his|her|their|mine|yours)\b|[呢][\W]*$|再|又|另|别的|其他|刚|前面|之前|他|她|咱|上次",
    re.VERBOSE,
)
# A line that names less is understood by what was said before it.
LEAST_NAMED = 2
MODEL = "model"


@dataclass(frozen=True, slots=True)
class Recalled:
    """A line as it was played. `key` is its question's, "" for one that no kept answer may be said
    to; `kept` is the answer that was said, None for none; `was_sought`: whether it might have
    been."""

    played: Played
    key: str = ""
    kept: Kept | None = None
    was_sought: bool = False


class Recall:
    """For one event loop. Counts how often it has helped; `flush` stores that."""

    def __init__(self) -> None:
        self._answers = Answers(settings.REDIS_URL or None)
        self._ledger = Ledger()
        self._asked: Counter[tuple[int, date]] = Counter()
        self._hits: Counter[tuple[int, date]] = Counter()

    async def play(
        self, standing: Standing, said: Said, *, models: bool, looks: bool = True
    ) -> Recalled:
        """To its end where an answer is kept, else like `playing.played`. Nothing is stored or
        counted: see `note`. Without `looks` it is not looked for: somebody just has."""
        played = await playing.played(standing, said, models=models)
        if not played.needs or not _may_share(played.needs, played, said):
            return Recalled(played)
        key = _key(played, played.needs)
        if standing.last_seq and not stands_alone(said.text):
            return Recalled(played, key)
        kept = await self._answers.get(key) if looks else None
        proposal = _proposal(kept, played, played.needs) if kept else None
        if kept is None or proposal is None:
            return Recalled(played, key, was_sought=True)
        go_on(played, proposal)
        if played.needs_lock or not played.judged or played.judged.route != MODEL:
            # It came out otherwise than an answer: then a model is asked after all.
            again = await playing.played(standing, said, models=models)
            return Recalled(again, key, was_sought=True)
        played.story = _story(kept)
        return Recalled(played, key, kept, was_sought=True)

    def note(self, found: Recalled, *, claimed: Claimed | None = None) -> None:
        """That the answer was said, or that there was none. A claimed turn was counted as asked
        when it came."""
        if not found.was_sought:
            return
        standing = found.played.standing
        count = (standing.site, timezone.localdate())
        if claimed is None:
            self._asked[count] += 1
        if found.kept is None:
            return
        self._hits[count] += 1
        if endpoint := _endpoint(found.kept, standing.site):
            self._ledger.book(
                Attempt(
                    endpoint,
                    Outcome.CACHE,
                    session=standing.session,
                    turn=claimed.turn if claimed else found.played.turn_id,
                    site_id=standing.site,
                    served=found.kept.served,
                    prompt_version=found.kept.prompt,
                )
            )

    def keep(self, found: Recalled, claimed: Claimed, heard: Accepted, needs: NeedModel) -> None:
        """For whoever asks the same, if nothing of this chat is in it. Never waits."""
        played = found.played
        if not found.key or not _is_of_no_chat(claimed) or not _is_answer(heard, played):
            return
        cited = [needs.passages[place] for place in heard.cited]
        if not is_untranslated(cited, needs.language):
            return
        kept = Kept(
            reply=heard.reply,
            cited={passage.id: _digest(passage) for passage in cited},
            confidence=heard.confidence,
            badge=heard.badge,
            model=heard.step.model,
            name=heard.step.name,
            tier=heard.step.tier.value,
            served=heard.served,
            turn=claimed.turn,
            call=heard.attempt,
            prompt=heard.prompt_version,
        )
        self._answers.keep(found.key, kept)

    async def flush(self) -> None:
        """Stores what was counted; with the database away it is kept for the next time."""
        asked, self._asked = self._asked, Counter()
        hits, self._hits = self._hits, Counter()
        if not asked and not hits:
            return
        try:
            await in_thread(count_answers, asked=asked, hits=hits)
        except (DatabaseError, TimeoutError) as error:
            logger.warning("answers: not counted yet (%s)", type(error).__name__)
            self._asked += asked
            self._hits += hits

    async def close(self) -> None:
        # Side by side: a database that is frozen holds up the end of a process once.
        steps = (self._answers.close, self._ledger.close, self.flush)
        await asyncio.gather(*map(closed, steps))


def _may_share(needs: NeedModel, played: Played, said: Said) -> bool:
    """Whether an answer may be of use to others, or theirs to this visitor: a plain line that is
    about nobody, of low risk, outside of any flow. After one that was carried out the visitor may
    ask about that."""
    memory = played.standing.memory
    is_own = bool(memory.active or memory.finished or needs.active)
    is_risky = needs.high_risk or needs.high_value
    is_whole = said.is_plain and not said.parts and folded(needs.text) == folded(said.text)
    return is_whole and not is_own and not is_risky and not find(visible(said.text))


def stands_alone(text: str) -> bool:
    """Whether a line in the middle of a chat asks, names what about, and points to nothing."""
    found = signals(text, ())
    if found is None or found.ongoing or found.points_back or GOES_ON.search(normalise(text)):
        return False
    return bool(found.asks) and found.new >= math.log1p(LEAST_NAMED)


def is_untranslated(cited: Sequence[Passage], language: str) -> bool:
    """Whether an answer in this language could be held against the words that it cites: what nobody
    could check is said to nobody else."""
    texts = (f"{passage.title}\n{passage.text}" for passage in cited)
    return all(detect_language(text, language) == language for text in texts)


def _is_of_no_chat(claimed: Claimed) -> bool:
    """Whether the model was told nothing but the line; greetings do not count. A turn that began
    again is none: what was said meanwhile belongs together."""
    is_first = claimed.attempt == 1 and len(claimed.covered) == 1
    return is_first and not claimed.facts and all(map(_is_courtesy, claimed.earlier))


def _is_courtesy(line: Earlier) -> bool:
    if line.author == "visitor":
        return courtesy(bare(spelt(line.text))) is not None
    return line.author == "bot"


def _is_answer(heard: Accepted, played: Played) -> bool:
    """An answer and nothing else, surely enough."""
    route = played.judged.route if played.judged else ""
    does = any(not isinstance(command, AskFaq) for command in heard.commands)
    says = bool(heard.reply and heard.cited) and route == MODEL
    return says and not does and heard.confidence >= cuts_of(played).answer_at


def _key(played: Played, needs: NeedModel) -> str:
    """Of all that an answer depends on: the day, since models are told it, and the models that may
    be asked, so that none answers who is asked no longer. Prices change nothing."""
    site, today = played.standing.site, played.snapshot.today
    known = wiring.versions(site)
    told = [
        site,
        needs.language,
        folded(needs.text).strip(ENDS),
        [known["knowledge"], known["policy"], played.snapshot.book.version],
        today and today.isoformat(),
        prompts.VERSION,
        [(str(step.model), step.name) for step in ladders.answering(site)],
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _proposal(kept: Kept, played: Played, needs: NeedModel) -> Proposal | None:
    """None if an entry that it goes by is not found any more, or says something else: numbers of
    versions come again after a database was restored."""
    found = {passage.id: passage for passage in needs.passages}
    cited = [found[key] for key in kept.cited if key in found]
    is_same = [_digest(passage) for passage in cited] == [*kept.cited.values()]
    if (
        not is_same
        or kept.confidence < cuts_of(played).answer_at
        or not _endpoint(kept, played.standing.site)
    ):
        return None
    return Proposal((), kept.reply, tuple(cited), kept.confidence)


def _endpoint(kept: Kept, site_id: int) -> Endpoint | None:
    return next((one for one in ladders.answering(site_id) if one.model == kept.model), None)


def _digest(passage: Passage) -> str:
    said = json.dumps([passage.title, passage.text, passage.url])
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def _story(kept: Kept) -> dict[str, Any]:
    """What is stored with the turn, as of one that a model has answered just now."""
    return {
        "answered": kept.name,
        "tier": kept.tier,
        "cache": {"turn": str(kept.turn), "call": kept.call},
        "prompt": kept.prompt,
        "sure": [kept.confidence, kept.badge],
        "handed": [],
    }
