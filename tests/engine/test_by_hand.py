"""Details that come while a person has the chat."""

from dataclasses import replace

from apps.engine import turn
from apps.engine.by_hand import with_detail
from apps.engine.commands import SetSlot, WantBot
from apps.engine.events import Judged, Remember
from apps.engine.types import (
    ActiveFlow,
    Memory,
    Mode,
    Policy,
    Proven,
    SlotValue,
    Snapshot,
    Source,
    State,
)
from tests.engine.shop import BOOK, RETURN

TYPED = SlotValue("W1001", source=Source.TYPED)


def in_flow(**more):
    active = ActiveFlow(RETURN.key, RETURN.version, confirmation="c1", agreed=True)
    return Memory(active=active, **more)


def said(memory, *commands):
    snapshot = Snapshot(Policy(0.7, 0.3), State.HANDOFF, Mode.HUMAN, "en", memory, ("en",), BOOK)
    return list(turn.run(snapshot, "", commands=commands))


def test_what_was_typed_into_a_form_of_the_flow_is_kept():
    remembered, judged = said(in_flow(), SetSlot("order_id", "W1001"))
    assert isinstance(remembered, Remember)
    assert judged == Judged("human")
    active = remembered.memory.active
    assert {name: slot.value for name, slot in active.slots.items()} == {"order_id": "W1001"}
    assert (active.confirmation, active.agreed) == ("", False), "another card than was shown"


def test_outside_of_a_flow_and_of_anything_else_nothing_is():
    assert said(Memory(), SetSlot("order_id", "W1001")) == [Judged("human")]
    assert with_detail(Memory(), "order_id", TYPED) == Memory()
    assert said(in_flow(), WantBot()) == [Judged("human")]
    assert said(in_flow(), SetSlot("colour", "red")) == [Judged("human")], "not of this flow"


def test_what_proved_one_order_proves_no_other():
    proven = Proven("W1001", "run")
    assert with_detail(in_flow(proven=proven), "order_id", TYPED).proven == proven
    other = replace(TYPED, value="W1002")
    assert with_detail(in_flow(proven=proven), "order_id", other).proven is None
