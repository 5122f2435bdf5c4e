"""Processes that are killed, frozen or poisoned while they run turns."""

import re
import signal

import pytest

from apps.chat.models import Turn
from apps.handoff.models import Ticket
from tests.turns.conversations import ALL_DONE, ask, lines, turns

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack]

LATE = re.compile(r"taken alone \(attempt (\d+), loss (\d+)\), (-?[\d.]+) s after its lease")


@pytest.fixture
def session(make_session):
    return make_session()


def test_a_killed_drain_is_made_up_for_soon_after_its_lease(
    session, children, gate, watch, all_holds
):
    drain = children.start("tests.turns.manage", "drain")
    drain.wait_for("drain: started")
    ask(session)
    first = gate.next()
    sweeper = children.sweeper()
    sweeper.wait_for("leads")
    first.signal(signal.SIGKILL)
    second = gate.next()
    assert (second.attempt, second.pid == first.pid) == (2, False)
    second.do("reply", "made up for")
    watch.until(ALL_DONE)
    assert lines(session) == [("visitor", "a riddle"), ("bot", "made up for")]
    assert turns(session) == [("done", 2, 1, 1)]
    sweeper.wait_for("taken alone")
    attempt, loss, late_s = LATE.search("\n".join(sweeper.lines)).groups()
    assert (attempt, loss) == ("2", "1")
    assert float(late_s) >= 0, "while its lease lasts nobody takes it, by the database's clock"


def test_a_stopped_drain_that_is_revived_is_refused(session, children, gate, watch, all_holds):
    drain = children.start("tests.turns.manage", "drain")
    drain.wait_for("drain: started")
    ask(session)
    first = gate.next()
    first.signal(signal.SIGSTOP)
    children.sweeper().wait_for("leads")
    second = gate.next()
    # Both have their answer before the frozen one wakes.
    first.do("reply", "too late")
    second.do("reply", "in time")
    watch.until(ALL_DONE)
    first.signal(signal.SIGCONT)
    drain.wait_for(f"turn {first.turn}: ")
    assert lines(session) == [("visitor", "a riddle"), ("bot", "in time")]
    assert not any("answered" in line for line in drain.lines)


def test_a_poison_turn_takes_no_other_with_it(make_session, children, gate, watch, all_holds):
    """The first time it takes all that ran beside it; they are answered each in a process of its
    own, and so is it, until a person sees to it."""
    poison, *others = [make_session() for _ in range(6)]
    drain = children.start("tests.turns.manage", "drain")
    drain.wait_for("drain: started")
    for session in others:
        ask(session, "harmless", deadline_s=600)
    ask(poison, "poison", deadline_s=600)
    first = [gate.next() for _ in range(6)]
    assert len({run.pid for run in first}) == 1
    gate.at_once = lambda run: "die" if run.texts == ["poison"] else "reply"
    next(run for run in first if run.texts == ["poison"]).do("die")
    sweeper = children.sweeper()
    watch.until(ALL_DONE, seconds=90)
    assert {turns(session)[0][:2] for session in others} == {("done", 2)}
    assert turns(poison) == [("fallback", 4, 1, 1)]
    assert Turn.objects.get(session=poison).losses == 3
    assert Ticket.objects.get().session_id == poison.pk
    alone = [run.pid for run in gate.seen[6:]]
    assert len(set(alone)) == len(alone), "each in a process of its own"
    sweeper.wait_for("ended by its losses")
