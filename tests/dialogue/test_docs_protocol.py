"""docs/protocol.md names the fields that are sent and taken, no more and no fewer."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from apps.chat import frames
from apps.dialogue import slots
from apps.dialogue.replies import Beside, reply_line
from apps.engine.book import Book
from apps.engine.events import Part, Reply, Say
from apps.engine.flows import SlotKind
from apps.engine.forms import RESERVED
from apps.engine.types import SlotValue
from tests.dialogue.refunds import ORDER, refund
from tests.stack import ROOT

PAGE = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
FLOW = refund()
BOOK = Book(flows=(FLOW,))
ABOUT: dict[str, Any] = {"flow": "refund", "version": 3}
ROWS = (("order_id", SlotValue(ORDER)),)


def table(name: str) -> dict[str, str]:
    """The rows of the table about `name`: the first cell's name, and the rest of the row."""
    head, rows = re.escape(f"| `{name}`"), r"((?:\|.*\n)+)"
    found = re.search(rf"^{head}[^\n]*\n{rows}", PAGE, re.MULTILINE)
    assert found, name
    lines = [line.split("|", 2) for line in found[1].splitlines()[1:]]
    return {first.strip(" `"): rest for _, first, rest in lines}


def reply(*parts: Part, about: str = "") -> dict[str, Any]:
    return reply_line(Reply("en", parts), BOOK, {}, beside=Beside(about)).meta


def forms() -> list[dict[str, Any]]:
    """Every kind of form that there is."""
    made = [slots.form(spec, BOOK, "en", "Why.") for spec in FLOW.slots]
    return [*made, reply(Part(Say.HANDOFF), about="Is it red?")["form"]]


def sent() -> Mapping[str, list[dict[str, Any]]]:
    asked = reply(
        Part(Say.CONFIRM, rows=ROWS, id="card", candidates=("phone_tail",), **ABOUT),
        Part(Say.GO_ON, id="question", **ABOUT),
        Part(Say.UNKNOWN),
    )
    return {
        "form": forms(),
        "confirm": [asked["confirm"]],
        "quick_replies": asked["quick_replies"],
        "action": [reply(Part(Say.RUNNING, id="card", **ABOUT))["action"]],
    }


@pytest.mark.parametrize("name", ["form", "confirm", "quick_replies", "action"])
def test_what_is_sent_has_the_fields_of_the_page(name):
    made = sent()[name]
    every = {key for one in made for key in one}
    always = {key for key in every if all(key in one for one in made)}
    rows = table(name)
    assert {key.rstrip("?") for key in rows} == every
    # What is told as always there is; what may be left out is marked so.
    assert {key for key in rows if not key.endswith("?")} <= always


def test_what_is_inside_has_its_names_too():
    (card,) = sent()["confirm"]
    assert all(f"`{key}`" in table("confirm")["rows"] for key in card["rows"][0])
    options = next(form["options"] for form in forms() if "options" in form)
    assert all(f"`{key}`" in table("form")["options?"] for key in options[0])


def test_every_type_of_a_form_is_named():
    types = {slots.TYPES.get(kind, str(kind)) for kind in SlotKind} | {"contact"}
    assert types == set(re.findall("`([a-z_]+)`", table("form")["type"].split(". ")[0]))


def test_the_keys_of_fields_are_those_that_no_slot_may_have():
    assert set(table("fields")) == {"SLOT", *RESERVED}


@pytest.mark.parametrize("kind", frames.TYPES)
def test_what_a_client_sends_has_the_fields_of_the_page(kind):
    (example,) = re.findall(rf'`{{"type":"{kind}"(.*?)}}`', PAGE)
    # The value of `fields` is no part of the frame.
    named = set(re.findall(r'"(\w+)"\??(?=[:,?]|$)', re.sub(r"{.*}", "", example)))
    named -= {"..."}
    known = set(frames.TYPES[kind].model_fields)
    assert named == known
