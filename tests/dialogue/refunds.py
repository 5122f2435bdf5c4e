"""A shop with one flow, for tests of what a yes sets off: a refund, proved by a phone."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from apps.chat.items import Outcome
from apps.chat.models import Message, Session
from apps.dialogue import books
from apps.dialogue.actions import proofs, registry
from apps.dialogue.actions.registry import Call, Done
from apps.dialogue.models import ActionRun, WrongProof
from apps.dialogue.play import Said
from apps.dialogue.services import take_line
from apps.engine.book import Book
from apps.engine.flows import FlowSpec, Option, SlotKind, SlotSpec
from apps.engine.policy import DEFAULT, Rule
from apps.sites.models import Site

ORDER = "202580668968"
TAIL = "2567"
NAME = "tests.refund"


def refund(**values: object) -> FlowSpec:
    """The flow. A lookup needs no yes."""
    known = {
        "key": "refund",
        "version": 3,
        "names": {"en": "Refund", "zh-Hans": "退款"},
        "confirms": {"en": "Refund order {order_id}?", "zh-Hans": "为订单 {order_id} 退款？"},
        "dones": {"en": "Refunded {order_id}.", "zh-Hans": "已退款 {order_id}。"},
        "action": f"python:{NAME}",
        "slots": (
            SlotSpec(
                name="order_id",
                kind=SlotKind.ORDER_ID,
                labels={"en": "Order number", "zh-Hans": "订单号"},
                prompts={"en": "Which order?", "zh-Hans": "请提供订单号"},
                examples={"en": "202511110001"},
            ),
            SlotSpec(
                name="reason",
                kind=SlotKind.CHOICE,
                labels={"en": "Reason", "zh-Hans": "原因"},
                prompts={"en": "Why?", "zh-Hans": "原因是？"},
                options=(
                    Option(value="broken", labels={"en": "Broken", "zh-Hans": "坏了"}),
                    Option(value="late", labels={"en": "Too late", "zh-Hans": "太晚了"}),
                ),
            ),
            SlotSpec(
                name="phone_tail",
                kind=SlotKind.PHONE_TAIL,
                labels={"en": "Last four digits of your phone", "zh-Hans": "手机尾号"},
                prompts={"en": "The last four digits?", "zh-Hans": "手机号后四位？"},
                proof=True,
            ),
        ),
    }
    return FlowSpec.model_validate({**known, **values})


def opened(site: Site, monkeypatch: Any, *flows: FlowSpec, rules: Sequence[Rule] = DEFAULT) -> None:
    """The site has these flows, for this process; a refresh finds nothing new."""
    found = Book(flows=flows or (refund(),), rules=tuple(rules), version=0)
    monkeypatch.setattr(books, "_books", {site.pk: found})
    monkeypatch.setattr(books, "refresh", lambda: None)


def acts(monkeypatch: Any, run: Any, name: str = NAME, *, lookup: bool = False) -> None:
    """The shop has registered this function."""
    made = registry.Registered(name, "Refund", run, lookup)
    monkeypatch.setitem(registry._registered, name, made)


class Counter:
    """A function of the shop that counts its calls."""

    def __init__(self, answer: object = None, work: Callable[[Call], object] | None = None):
        self.calls: list[Call] = []
        self.answer = answer or Done("Refunded.")
        self.work = work

    def __call__(self, call: Call) -> object:
        self.calls.append(call)
        if self.work:
            self.work(call)
        return self.answer


def send(session: Session, text: str = "", cmid: uuid.UUID | None = None, **fields: str) -> Outcome:
    said = Said(cmid or uuid.uuid4(), text, fields or None)
    return take_line(session_id=session.id, said=said)


def fill(session: Session, proofs: Sequence[str] = (TAIL,)) -> str:
    """Up to the card; its id. The proof is typed as well."""
    send(session, flow="refund")
    send(session, order_id=ORDER)
    send(session, reason="broken")
    card = last(session).meta["confirm"]["id"]
    for proof in proofs:
        send(session, phone_tail=proof)
        card = last(session).meta["confirm"]["id"]
    return str(card)


def agree(session: Session) -> ActionRun:
    """The visitor has said yes to the card; nobody has run it yet unless a thread was let."""
    card = fill(session)
    send(session, "Yes", confirm=card, answer="yes")
    return ActionRun.objects.get(key=card)


def last(session: Session) -> Message:
    return Message.objects.filter(session=session).latest("seq")


def said_by(session: Session, author: str = "bot") -> list[str]:
    lines = Message.objects.filter(session=session, author=author).order_by("seq")
    return [line.text for line in lines]


def due_now(run: ActionRun) -> None:
    """As if its worker's time had passed."""
    ActionRun.objects.filter(pk=run.pk).update(due_at="2020-01-01T00:00Z")


def used_up(run: ActionRun) -> None:
    """Others have tried its order as often as anybody may."""
    digest = proofs.of_order(run.site_id, ORDER)
    WrongProof.objects.bulk_create(WrongProof(digest=digest) for _ in range(proofs.MOST_WRONG))
