"""The flows that ship, as the demo carries them out, read without Django, in a shop with a small
catalogue."""

import json
from datetime import date

from apps.engine.book import Book, PhraseKind, Product
from apps.engine.commands import Affirm, AskFaq, CorrectSlot, SetSlot, StartFlow, Unfit
from apps.engine.flows import FlowSpec, SlotSpec
from apps.engine.types import ActiveFlow, Memory, Policy, SlotValue, Snapshot, State
from apps.engine.understand import understand
from tests.stack import ROOT


def read(path):
    return json.loads((ROOT / path).read_text("utf-8"))


OWN = read("apps/demo/flows.json")
FLOWS = tuple(
    FlowSpec.model_validate(flow | OWN[flow["key"]])
    for flow in read("apps/dialogue/standard/flows.json")
)
PRODUCTS = (
    Product("lamp", ("desk lamp", "台灯")),
    Product("coat", ("wool coat", "羊毛大衣")),
    Product("buds", ("earbuds", "耳机")),
)
BOOK = Book(
    flows=FLOWS,
    products=PRODUCTS,
    phrases={
        PhraseKind.AFFIRM: ("Aye aye", "妥了"),
        PhraseKind.CANCEL: ("Belay that",),
        PhraseKind.HUMAN: ("captain",),
        PhraseKind.GREETING: ("Ahoy",),
    },
)
TODAY = date(2026, 11, 23)


def outside(book: Book = BOOK) -> Snapshot:
    """A session in no flow."""
    return Snapshot(Policy(0.78, 0.15), book=book, today=TODAY)


def inside(
    flow: str, pending: str = "", state: State = State.COLLECT, book: Book = BOOK, **slots: str
) -> Snapshot:
    """A session in a flow, with these values."""
    values = {name: SlotValue(value) for name, value in slots.items()}
    active = ActiveFlow(flow, 1, values, pending=pending)
    return Snapshot(Policy(0.78, 0.15), state, memory=Memory(active=active), book=book, today=TODAY)


def heard(text, snapshot):
    """The commands in short: name, then what they hold. That an entry's own words would answer the
    line goes without saying."""
    commands = understand(text, snapshot)
    return [short(one) for one in commands if not (isinstance(one, AskFaq) and one.exact)]


def short(command):
    match command:
        case SetSlot(slot, value) | CorrectSlot(slot, value):
            return f"{type(command).__name__} {slot}={value}"
        case Unfit(slot, problem):
            return f"Unfit {slot} {problem}"
        case StartFlow(flow):
            return f"StartFlow {flow}"
        case AskFaq(text):
            return f"AskFaq {text}"
        case Affirm(unsure=True):
            return "Affirm unsure"
        case _:
            return type(command).__name__


def spec(kind, name="", **more):
    return SlotSpec(
        name=name or kind.value, kind=kind, labels={"en": "x"}, prompts={"en": "x"}, **more
    )
