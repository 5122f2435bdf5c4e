"""Whatever is said, pressed, or comes back, and in whatever order: a flow acts only on a yes to the
card that was seen, once, and forgets nothing on its own."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from apps.engine import turn
from apps.engine.checks import problem_of
from apps.engine.commands import (
    Affirm,
    CancelFlow,
    Command,
    CorrectSlot,
    Deny,
    Lack,
    SetSlot,
    SmallTalk,
    WantBot,
)
from apps.engine.events import (
    Act,
    Ended,
    Event,
    Judged,
    Move,
    Proposal,
    Remember,
    Reply,
    Result,
    Say,
)
from apps.engine.known import AWAY_S
from apps.engine.machine import FLOW_STATES, MOVES
from apps.engine.memory import dump, load
from apps.engine.types import ActiveFlow, Memory, Mode, Passage, Policy, Snapshot, State
from tests.engine.at_random import (
    BESIDE_THE_POINT,
    LINES,
    ON_THE_WAY,
    RIDDLE,
    TAKEN_BACK,
    TO_AND_FRO,
    passages,
    plain,
    played,
    slots,
    values,
)
from tests.engine.shop import BOOK, OLD_RETURN, RETURN
from tests.engine.test_transcripts import follow

POLICY = Policy(answer_at=0.7, offer_at=0.3, high_risk_at=0.85)
NEWER = RETURN.model_copy(update={"version": 3})
NO_YES = frozenset((*TAKEN_BACK, *BESIDE_THE_POINT))
BOOKS = (
    BOOK,
    replace(BOOK, flows=(NEWER, *BOOK.flows[1:]), past=(OLD_RETURN, RETURN)),
    replace(BOOK, flows=BOOK.flows[2:], past=()),
)


class Talk(RuleBasedStateMachine):
    """One session, and beside it what its visitor has seen and agreed to."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = 0
        self.snapshot = Snapshot(POLICY, book=BOOK, today=date(2026, 11, 23))
        self.cards: dict[str, dict[str, str]] = {}
        # The line that each card first came with.
        self.shown: dict[str, int] = {}
        self.questions: list[str] = []
        self.open = ""
        self.agreed: set[str] = set()
        self.keys: list[str] = []
        self.lookups: set[str] = set()
        self.age: int | None = None
        self.acts: dict[str, Act] = {}
        # Orders that were found for what was given, by the key of the action that found them.
        self.found: dict[str, str] = {}

    @initialize(language=st.sampled_from(("en", "zh-Hans")), verified=st.booleans())
    def begin(self, language: str, verified: bool) -> None:
        self.snapshot = replace(self.snapshot, language=language, verified=verified)

    @rule(commands=st.lists(plain, min_size=1, max_size=4), found=passages)
    def hear(self, commands: list[Command], found: tuple[Passage, ...]) -> None:
        self._say("a line", commands, found)

    @rule(commands=st.sampled_from(ON_THE_WAY))
    def get_on(self, commands: tuple[Command, ...]) -> None:
        self._say("a line", commands, ())

    @rule(commands=st.sampled_from(ON_THE_WAY), idle=st.sampled_from((0.0, 0.0, 1900.0)))
    def come_back(self, commands: tuple[Command, ...], idle: float) -> None:
        self.snapshot = replace(self.snapshot, idle_s=idle)
        self._say("a line", commands, ())

    @rule(commands=st.sampled_from((*TO_AND_FRO, *ON_THE_WAY[:11])))
    def change_sides(self, commands: tuple[Command, ...]) -> None:
        self._say("a line", commands, ())

    @rule(line=st.one_of(st.sampled_from(LINES), st.text(max_size=40)), found=passages)
    def write(self, line: str, found: tuple[Passage, ...]) -> None:
        self._say(line, (), found)

    @rule(commands=st.lists(plain, max_size=3), reply=st.sampled_from(("", "so")), found=passages)
    def ask_a_model(self, commands: list[Command], reply: str, found: tuple[Passage, ...]) -> None:
        """Whatever it understands, nothing acts by it."""
        proposal = Proposal(tuple(commands), reply, found[:1], 0.9)
        self._tick()
        before = replace(self.snapshot, models=True)
        events = played(before, RIDDLE, (), found, proposal)
        acts = [event for event in events if isinstance(event, Act)]
        assert all(act.lookup or act.key in self.agreed for act in acts)
        self._follow(events)
        self.snapshot = replace(self.snapshot, idle_s=0.0)

    @rule(slot=slots, value=values, lack=st.booleans(), change=slots)
    def fill_in(self, slot: str, value: str, lack: bool, change: str) -> None:
        fields = {slot: value, "change": change} | ({"lack": slot} if lack else {})
        self._say("", turn.typed(self.snapshot, fields), ())

    @precondition(lambda self: self.cards)
    @rule(data=st.data(), answer=st.sampled_from(("yes", "no", "maybe")))
    def press(self, data: st.DataObject, answer: str) -> None:
        card = data.draw(st.sampled_from(list(self.cards)), "card")
        fields = {"confirm": card, "answer": answer, "phone_tail": "2567"}
        self._say("Yes", turn.typed(self.snapshot, fields), ())

    @precondition(lambda self: self.questions)
    @rule(
        data=st.data(), answer=st.sampled_from(("yes", "yes", "no")), times=st.sampled_from((1, 2))
    )
    def press_on(self, data: st.DataObject, answer: str, times: int) -> None:
        """The buttons of a question whether to go on never act, however often they are pressed."""
        question = data.draw(st.sampled_from(self.questions), "question")
        before = list(self.keys)
        fields = {"confirm": question, "answer": answer}
        for _ in range(times):
            self._say("Yes", turn.typed(self.snapshot, fields), ())
        assert [key for key in self.keys if key not in before and key not in self.lookups] == []

    @rule(age=st.sampled_from((None, 0, 1, 2, 9)))
    def fall_behind(self, age: int | None) -> None:
        """How many of the last lines were not there yet when the next ones are written."""
        self.age = age

    @precondition(lambda self: self.keys)
    @rule(
        data=st.data(),
        ended=st.sampled_from(Ended),
        slot=st.one_of(st.just(""), slots),
        not_found=st.booleans(),
    )
    def hear_back(self, data: st.DataObject, ended: Ended, slot: str, not_found: bool) -> None:
        key = data.draw(st.sampled_from([self.keys[-1], *self.keys]), "key")
        self._tick()
        before = self.snapshot
        self._follow(list(turn.resume(before, Result(key, ended, "so", slot, not_found))))
        act = self.acts[key]
        if ended in (Ended.DONE, Ended.REFUSED) and not not_found and "order_id" in act.slots:
            self.found[key] = act.slots["order_id"].value
        self._keep_the_yes(key)
        active = before.memory.active
        is_lost = ended in (Ended.FAILED, Ended.UNCLEAR)
        if before.mode is Mode.BOT and is_lost and (not active or active.running != key):
            assert self.snapshot.mode is Mode.QUEUED
        if not active or active.running != key:
            assert self.snapshot.memory.active == active
            assert self.snapshot.state is before.state or is_lost

    def _keep_the_yes(self, key: str) -> None:
        """It stands when no more than the proof was refused, under another id."""
        active = self.snapshot.memory.active
        if (
            active
            and active.agreed
            and key in self.agreed
            and active.confirmation not in self.cards
        ):
            self.agreed.add(active.confirmation)
            self.cards[active.confirmation] = self.cards[key]

    @rule(place=st.sampled_from((0, 0, 1, 2)))
    def publish(self, place: int) -> None:
        self.snapshot = replace(self.snapshot, book=BOOKS[place])

    @precondition(lambda self: self.snapshot.mode is not Mode.BOT)
    @rule(mode=st.sampled_from((Mode.QUEUED, Mode.HUMAN, Mode.BOT)))
    def serve(self, mode: Mode) -> None:
        """The team takes the session, leaves it, or closes its ticket."""
        if mode is Mode.BOT:
            self.snapshot = replace(self.snapshot, state=State.INIT, memory=Memory())
            self.open = ""
        self.snapshot = replace(self.snapshot, mode=mode)

    @precondition(lambda self: self.snapshot.mode is Mode.QUEUED)
    @rule()
    def leave_an_address(self) -> None:
        self.snapshot = replace(self.snapshot, state=State.HANDOFF)

    @invariant()
    def it_stands_somewhere(self) -> None:
        snapshot, active = self.snapshot, self.snapshot.memory.active
        if snapshot.mode is Mode.BOT and active:
            assert snapshot.state in FLOW_STATES
            assert not (active.confirmation and active.running)
            assert not active.confirmation or snapshot.state is State.CONFIRM
            assert not active.agreed or active.confirmation
            assert bool(active.question) <= active.paused
        if snapshot.mode is Mode.BOT and not active:
            assert snapshot.state not in FLOW_STATES

    @invariant()
    def every_slot_fits(self) -> None:
        active = self.snapshot.memory.active
        flow = self.snapshot.book.by_version.get((active.flow, active.version)) if active else None
        for name, value in active.slots.items() if active and flow else ():
            assert problem_of(flow.by_name[name], value.value, self.snapshot) == ""

    @invariant()
    def memory_is_stored_whole(self) -> None:
        memory = self.snapshot.memory
        assert load(json.loads(json.dumps(dump(memory)))) == memory

    def _tick(self) -> None:
        self.turns += 1
        seen = None if self.age is None else self.turns - 1 - self.age
        self.snapshot = replace(
            self.snapshot, fresh=f"id-{self.turns}", reply_at=self.turns, seen=seen
        )

    def _say(self, line: str, commands: Sequence[Command], found: tuple[Passage, ...]) -> None:
        self._tick()
        before = self.snapshot
        has_seen = before.seen is None or before.seen >= self.shown.get(self.open, 0)
        for one in commands:
            if isinstance(one, Affirm) and (one.confirmation or has_seen):
                self.agreed.add(one.confirmation or self.open)
        # What a line was understood as is not seen from here: a card that is open may be meant.
        if not commands and line not in NO_YES and has_seen:
            self.agreed.add(self.open)
        if before.idle_s > AWAY_S and before.mode is not Mode.HUMAN:
            self.found.clear()
        events = played(before, line, commands, found)
        if not commands and line in NO_YES:
            assert not any(isinstance(event, Act) for event in events)
        self._follow(events)
        if before.mode is Mode.HUMAN:
            *kept, last = events
            assert last == Judged("human")
            # What was typed into a form of the flow, and nothing else.
            assert not kept or (
                before.memory.active and any(isinstance(each, SetSlot) for each in commands)
            )
            assert all(isinstance(event, Remember) for event in kept[:1])
            assert len(kept) <= 1
        if commands:
            self._check_slots(before, commands)
        self.snapshot = replace(self.snapshot, idle_s=0.0)

    def _follow(self, events: list[Event]) -> None:
        assert isinstance(events[-1], Judged)
        assert sum(isinstance(event, Judged) for event in events) == 1
        assert sum(isinstance(event, Reply) for event in events) <= 1
        wrong = self.snapshot.memory.wrong
        for event in events:
            match event:
                case Move(came_from, to):
                    assert came_from is self.snapshot.state
                    assert to in MOVES[came_from]
                case Act():
                    self._check_act(event)
            self.snapshot = follow(self.snapshot, event)
            if isinstance(event, Remember):
                assert event.memory.wrong >= wrong
                self.snapshot = replace(self.snapshot, memory=event.memory)
        for reply in (event for event in events if isinstance(event, Reply)):
            self._see(reply)
        active = self.snapshot.memory.active
        self.open = active.confirmation if active else ""

    def _see(self, reply: Reply) -> None:
        for part in reply.parts:
            if part.say is Say.CONFIRM:
                rows = {name: value.value for name, value in part.rows}
                assert self.cards.setdefault(part.id, rows) == rows
                self.shown.setdefault(part.id, self.snapshot.reply_at)
            if part.say in (Say.GO_ON, Say.NEXT):
                assert part.id not in self.cards
                self.questions.append(part.id)

    def _check_act(self, act: Act) -> None:
        assert self.snapshot.mode is Mode.BOT
        assert act.key not in self.keys
        self.keys.append(act.key)
        self.acts[act.key] = act
        flow = self.snapshot.book.by_version[act.flow, act.version]
        assert act.action == flow.action
        assert {spec.name for spec in flow.slots if spec.required} <= {
            *act.slots,
            *act.taken,
            *(spec.name for spec in flow.slots if spec.proof and self.snapshot.verified),
        }
        if act.taken:
            assert self.found[act.before] == act.slots["order_id"].value
            assert {*self.acts[act.before].slots, *self.acts[act.before].taken} >= set(
                act.taken.values()
            )
        if act.lookup:
            assert flow.lookup
            self.lookups.add(act.key)
            return
        assert act.key in self.agreed
        done = {
            name: value.value for name, value in act.slots.items() if not flow.by_name[name].proof
        }
        assert self.cards[act.key] == done
        assert self.snapshot.state is State.CONFIRM

    def _check_slots(self, before: Snapshot, commands: Sequence[Command]) -> None:
        """A value goes only with its flow, by its correction, or because it is said to be lacking."""
        was, now = before.memory.active, self.snapshot.memory.active
        if was is None or not was.slots:
            return
        if self._may_end(before, was, commands):
            return
        assert now is not None
        assert (now.flow, now.version) == (was.flow, was.version)
        given = {
            (one.slot, one.value) for one in commands if isinstance(one, SetSlot | CorrectSlot)
        }
        for name, value in was.slots.items():
            if name not in now.slots:
                assert Lack() in commands
            elif now.slots[name].value != value.value:
                assert (name, now.slots[name].value) in given

    def _may_end(self, before: Snapshot, was: ActiveFlow, commands: Sequence[Command]) -> bool:
        kinds = {type(one) for one in commands}
        if before.mode is not Mode.BOT:
            return WantBot in kinds
        is_gone = (was.flow, was.version) not in before.book.by_version
        is_left = was.paused and (was.unfilled or kinds & {Deny, SmallTalk})
        # A flow without an action is over with the yes.
        is_done = was.flow == "pickup" and Affirm in kinds
        return bool(CancelFlow in kinds or is_gone or is_left or is_done)


TestTalk = Talk.TestCase
TestTalk.settings = settings(
    max_examples=120,
    stateful_step_count=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_a_talk_gets_to_its_action() -> None:
    """Were none ever reached, the talks would show nothing."""
    talk = Talk()
    for commands in (ON_THE_WAY[0], ON_THE_WAY[7], ON_THE_WAY[9]):
        talk.get_on(commands)
    assert talk.keys == ["id-1"]


@pytest.mark.parametrize("line", sorted(NO_YES))
@pytest.mark.parametrize("place", [0, 1])
def test_a_yes_that_is_taken_back_never_acts(line, place):
    talk = Talk()
    talk.get_on(ON_THE_WAY[place])
    talk.fill_in("phone_tail", "2567", False, "")
    talk.write(line, ())
    assert talk.keys == []
    assert not talk.snapshot.memory.active or not talk.snapshot.memory.active.agreed


def test_a_talk_gets_to_what_was_proved_before() -> None:
    talk = Talk()
    for commands in (ON_THE_WAY[0], ON_THE_WAY[7], ON_THE_WAY[9]):
        talk.get_on(commands)
    talk._tick()
    talk._follow(list(turn.resume(talk.snapshot, Result("id-1", Ended.DONE))))
    talk.found["id-1"] = "202580668968"
    talk.get_on(ON_THE_WAY[5])
    assert talk.acts[talk.keys[-1]].taken == {"phone_tail": "phone_tail"}
