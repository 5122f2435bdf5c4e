"""Whether an answer may be said: of what it rests, what it claims, and how sure that is."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from apps.engine.commands import AskFaq, Command, SmallTalk, WantHuman
from apps.engine.flows import FlowSpec
from apps.engine.text import detect_language
from apps.llm.confidence import Ground, ground_of
from apps.llm.grounding import Evidence, Fault, Grounding
from apps.llm.masking import Masked
from apps.llm.prompts import Op, Told, TurnAnswer
from apps.llm.showing import Ready
from apps.llm.steps import Facts, Terms, Why
from apps.llm.support import Support, content
from apps.llm.understanding import commands

LANGUAGES = ("zh-Hans", "en")
MOST_FAULTS = 3
LONGEST_FAULT = 80
PLACEHOLDER = "placeholder"
# Of a reply that grows: as much as was shown, and what that names.
WITHIN = "·"
NOTHING: tuple[str, Set[str]] = ("", frozenset())


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer that may be said."""

    commands: tuple[Command, ...]
    reply: str
    cited: tuple[int, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Doubt:
    why: Why
    facts: Facts = field(default_factory=dict)


class Judge:
    """Of one turn; what it compares with is read once. All answers are restored ones."""

    def __init__(self, told: Told, terms: Terms, masked: Masked) -> None:
        self._told = told
        self._terms = terms
        self._masked = masked
        facts = [value for _name, value in told.facts]
        slots = [slot.value for slot in told.active.slots.values()] if told.active else []
        self._has_facts = bool(facts)
        self._evidence = Evidence(told.passages, [*slots, *facts, *masked.known], told.today)
        passages = [f"{passage.title}\n{passage.text}" for passage in told.passages]
        self._support = Support(passages, [*slots, *facts])
        self._shown = NOTHING

    def hear(self, answer: TurnAnswer, *, is_weaker: bool) -> Heard | Doubt:
        """`is_weaker`: a limit kept a stronger model from answering."""
        found = self.commands(answer)
        if not answer.enough and not acts(found):
            return Doubt(Why.NO_KNOWLEDGE)
        # Without knowledge only what it understood is of use.
        reply = answer.reply if answer.enough else ""
        if not reply and not acts(found):
            return Doubt(Why.NOTHING_SAID)
        grounding = self._evidence.check(reply, answer.cites if reply else ())
        doubt = self._fault(reply, grounding)
        if doubt or _is_contrary(answer):
            return doubt or Doubt(Why.CONTRARY)
        chance = self._chance(answer, grounding.cited, stands=self._stands(reply))
        cited = grounding.cited
        if acts(found):
            # The flows go on by themselves: a reply that is in doubt may be left out.
            if chance < self._terms.answer_at:
                reply, cited = "", ()
            chance = self._terms.calibration.probability(answer.conf, Ground.COMMANDS)
        doubt = self._uncertain(answer, found, chance, is_weaker=is_weaker)
        return doubt or Heard(found, reply, cited, chance)

    def may_show(self, head: Mapping[str, Any], *, is_weaker: bool) -> bool:
        """Whether the reply after these fields may be shown as it grows."""
        try:
            answer = TurnAnswer.model_validate({**head, "reply": ""})
        except ValidationError:
            return False
        grounding = self._evidence.check("", answer.cites)
        found = self.commands(self._masked.restore(answer))
        if not answer.enough or not grounding.holds or acts(found):
            return False
        # Of the words nothing is known yet: they are checked as they come, if they can be.
        if not self._support.shares(self._told.language):
            return False
        chance = self._chance(answer, grounding.cited, stands=True)
        return self._uncertain(answer, found, chance, is_weaker=is_weaker) is None

    def ready(self, text: str) -> Ready:
        """Of a reply's beginning. What was shown of it before is not read again: the whole is, in
        the end."""
        shown, named = self._shown if text.startswith(self._shown[0]) else NOTHING
        # What goes on within a line begins none: at its beginning a figure may be a list's.
        new = f"{WITHIN}{text.removeprefix(shown)}" if shown else text
        if self._fault(text, self._evidence.check(new, ())):
            return Ready.STOP
        named = named | content(new)
        if not self._support.of(named, self._told.language):
            return Ready.WAIT
        self._shown = (text, named)
        return Ready.SHOW

    def commands(self, answer: TurnAnswer) -> tuple[Command, ...]:
        told = self._told
        open_flow = _open(told, told.flows)
        may = self._terms.may_affirm
        return tuple(commands(answer, told.text, told.flows, open_flow, may_affirm=may))

    def _fault(self, reply: str, grounding: Grounding) -> Doubt | None:
        faults = list(grounding.faults)
        if self._masked.is_stranger(reply):
            faults.append(Fault(PLACEHOLDER, ""))
        if faults:
            told = [[str(fault.kind), fault.said[:LONGEST_FAULT]] for fault in faults[:MOST_FAULTS]]
            return Doubt(Why.NOT_GROUNDED, {"faults": told})
        language = detect_language(reply, self._told.language)
        if self._told.language in LANGUAGES and language != self._told.language:
            return Doubt(Why.WRONG_LANGUAGE, {"language": language})
        return None

    def _stands(self, reply: str) -> bool | None:
        """None across languages, where nothing tells a translation from what a visitor ordered: it
        is less sure, never streams, and is never said to anyone else."""
        shown, named = self._shown
        found = named if reply == shown else content(reply)
        return self._support.of(found, self._told.language)

    def _chance(self, answer: TurnAnswer, cited: Sequence[int], *, stands: bool | None) -> float:
        """That a reply of these cites is right."""
        chances = self._terms.chances
        ground = ground_of(chances, cited, has_facts=self._has_facts, stands=stands)
        return self._terms.calibration.probability(answer.conf, ground)

    def _uncertain(
        self, answer: TurnAnswer, found: Sequence[Command], chance: float, *, is_weaker: bool
    ) -> Doubt | None:
        if any(isinstance(command, WantHuman) for command in found):
            return None
        facts = {"confidence": chance, "threshold": self._terms.answer_at}
        if chance < self._terms.answer_at:
            return Doubt(Why.LOW_CONFIDENCE, facts)
        return Doubt(Why.WEAKER, facts) if is_weaker and answer.conf != "high" else None


def acts(found: Sequence[Command]) -> bool:
    """Whether the commands move something, or are answered without knowledge; a courtesy beside a
    question is no answer to it."""
    asks = any(isinstance(command, AskFaq) for command in found)
    idle = (AskFaq, SmallTalk) if asks else ()
    return any(not isinstance(command, idle) for command in found)


def _is_contrary(answer: TurnAnswer) -> bool:
    """As when a model makes whatever command an entry or a line orders."""
    ops = {cmd.op for cmd in answer.cmds}
    return Op.YES in ops and bool(ops & {Op.NO, Op.CANCEL})


def _open(told: Told, flows: Sequence[FlowSpec]) -> FlowSpec | None:
    return next((flow for flow in flows if told.active and flow.key == told.active.flow), None)
