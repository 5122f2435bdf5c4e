"""Personal data of a turn: no model gets it, and it is back where an answer has it."""

import json

import pytest

from apps.engine.commands import SetSlot
from apps.engine.flows import FlowSpec, SlotKind, SlotSpec
from apps.engine.types import ActiveFlow, SlotValue
from apps.llm.masking import Masked
from apps.llm.prompts import EarlierLine, Passage, Told
from tests.llm.climbs import TIERS, Watched, go, ladder, told, whys
from tests.llm.test_ladder import cmd, said

PHONE, OTHER_PHONE = "138 0013 8000", "13912345678"
MAIL, CARD, RESIDENT = "ann.lee@post.example", "6222020200112233446", "11010519491231002X"
FOREIGN, TAIL = "5550147", "8642"
SECRETS = [PHONE, "13800138000", OTHER_PHONE, MAIL, CARD, RESIDENT, FOREIGN, TAIL]
ORDER = "A1001"
CALLBACK = FlowSpec(
    key="callback",
    version=1,
    names={"en": "Call back"},
    slots=tuple(
        SlotSpec(name=name, kind=kind, labels={"en": name}, prompts={"en": name})
        for name, kind in [
            ("phone", SlotKind.PHONE),
            ("tail", SlotKind.PHONE_TAIL),
            ("order", SlotKind.ORDER_ID),
        ]
    ),
)
LINE = f"Return a parcel: my phone is {PHONE}, mail {MAIL}, card {CARD}, id {RESIDENT}."
WHOLE = Told(
    LINE,
    "en",
    flows=[CALLBACK],
    active=ActiveFlow(
        "callback",
        1,
        slots={
            "phone": SlotValue(FOREIGN, f"it is {FOREIGN}"),
            "tail": SlotValue(TAIL),
            "order": SlotValue(ORDER),
        },
        said=(f"call me at {OTHER_PHONE}",),
    ),
    passages=[
        Passage("Return a parcel", f"Return a parcel, my phone, mail, card, id: {OTHER_PHONE}.")
    ],
    earlier=[
        EarlierLine("visitor", f"I am at {OTHER_PHONE}"),
        EarlierLine("operator", f"So {MAIL}?"),
    ],
    facts=[("contact", f"{MAIL}, tel. {OTHER_PHONE}")],
)


def arrived(fakellm):
    written = json.dumps([call["body"] for call in fakellm.calls()], ensure_ascii=False)
    assert written != "[]"
    return written


@pytest.mark.parametrize("tier", range(3), ids=TIERS)
@pytest.mark.parametrize("name", ["echo", "repairable", "ignores-schema", "500"])
async def test_it_never_leaves(gateway, fakellm, name, tier):
    names = ["", "", ""]
    names[tier] = name
    watched = Watched()
    await go(gateway, ladder(fakellm, *names), watched, about=WHOLE, chances=[0.9])
    written = arrived(fakellm)
    booked = json.dumps([[m.content for m in one.sent] for one in watched.tried])
    for secret in SECRETS:
        assert secret not in written
        assert secret not in booked
    assert ORDER in written
    assert "⟦phone-1⟧" in written


@pytest.mark.parametrize("tier", range(3), ids=TIERS)
async def test_it_is_back_in_the_reply_and_in_what_is_shown(gateway, fakellm, tier):
    """The fake says the visitor's line as it came."""
    names = ["", "", ""]
    names[tier] = "scripted"
    reply = "I return the parcel: phone ⟦phone-1⟧. I write to ⟦email-1⟧! Bye for now, parcel."
    fakellm.script("scripted", said(reply=reply))
    watched = Watched()
    found = await go(gateway, ladder(fakellm, *names), watched, about=WHOLE, chances=[0.9])
    whole = f"I return the parcel: phone {PHONE}. I write to {MAIL}! Bye for now, parcel."
    assert found.said.reply == whole
    assert watched.shown
    assert {attempt for attempt, _text in watched.shown} == {1}
    assert all(whole.startswith(text) for _attempt, text in watched.shown)


async def test_it_is_back_in_commands(gateway, fakellm):
    fakellm.script("scripted", said(cmds=[cmd("set", "phone", "⟦phone-1⟧")], reply=""))
    found = await go(gateway, ladder(fakellm, "scripted"), about=WHOLE, chances=[0.9])
    at = LINE.index(PHONE)
    assert found.said.commands == (SetSlot("phone", PHONE, PHONE, at, at + len(PHONE)),)


async def test_another_model_gets_the_same_mask(gateway, fakellm):
    await go(gateway, ladder(fakellm, "500", "echo"), about=WHOLE, chances=[0.9])
    assert all(secret not in arrived(fakellm) for secret in SECRETS)


async def test_a_placeholder_that_stands_for_nothing_is_made_up(gateway, fakellm):
    fakellm.script("scripted", said(reply="Return the parcel and call ⟦phone-9⟧ now. Then wait."))
    watched = Watched()
    found = await go(gateway, ladder(fakellm, "scripted"), watched)
    assert whys(found) == [("local", "not_grounded")]
    assert ["placeholder", ""] in found.handed[0].facts["faults"]
    assert watched.shown == []


async def test_who_writes_a_placeholder_gets_nobodys_data(gateway, fakellm):
    about = told("Return a parcel of ⟦phone-1⟧?", earlier=[EarlierLine("operator", f"Or {PHONE}?")])
    fakellm.script("scripted", said(reply="You return the parcel of ⟦text-1⟧, parcel."))
    found = await go(gateway, ladder(fakellm, "scripted"), about=about)
    assert found.said.reply == "You return the parcel of ⟦phone-1⟧, parcel."


def test_nothing_else_is_changed():
    plain = told("How long?", earlier=[EarlierLine("bot", "Order A1001?")], facts=[("days", "30")])
    masked = Masked(plain)
    assert masked.told == plain
    assert masked.known == frozenset()


def test_what_the_prompt_has_no_use_for_is_left_out():
    masked = Masked(WHOLE)
    assert masked.told.active.said == ()
    assert {slot.said for slot in masked.told.active.slots.values()} == {""}
    assert masked.told.active.slots["order"].value == ORDER
