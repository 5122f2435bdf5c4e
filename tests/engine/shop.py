"""A shop to test with: its flows, and commands written as words."""

import re
from typing import Any

from apps.engine import commands
from apps.engine.book import Book, Product
from apps.engine.commands import Command
from apps.engine.flows import FlowSpec, Option, SlotKind, SlotSpec

ORDER = SlotSpec(
    name="order_id",
    kind=SlotKind.ORDER_ID,
    labels={"en": "Order number", "zh-Hans": "订单号"},
    prompts={"en": "What is your order number?", "zh-Hans": "订单号是多少？"},
)
PROOF = SlotSpec(
    name="phone_tail",
    kind=SlotKind.PHONE_TAIL,
    labels={"en": "Last four digits of your phone", "zh-Hans": "手机尾号"},
    prompts={"en": "What are the last four digits?", "zh-Hans": "手机尾号后四位？"},
    proof=True,
)
REASON = SlotSpec(
    name="reason",
    kind=SlotKind.CHOICE,
    labels={"en": "Reason", "zh-Hans": "原因"},
    prompts={"en": "Why?", "zh-Hans": "为什么？"},
    options=(
        Option(
            value="broken",
            labels={"en": "broken", "zh-Hans": "坏了"},
            synonyms=("faulty", "没声音", "不响"),
        ),
        Option(
            value="unwanted",
            labels={"en": "not wanted", "zh-Hans": "不想要了"},
            synonyms=("changed my mind",),
        ),
    ),
)
NOTE = SlotSpec(
    name="note",
    kind=SlotKind.TEXT,
    labels={"en": "Note", "zh-Hans": "备注"},
    prompts={"en": "Anything else?", "zh-Hans": "还有吗？"},
    required=False,
    longest=40,
)
DAY = SlotSpec(
    name="day",
    kind=SlotKind.DATE,
    labels={"en": "Day", "zh-Hans": "日期"},
    prompts={"en": "Which day?", "zh-Hans": "哪一天？"},
    earliest_days=1,
    latest_days=30,
)
AMOUNT = SlotSpec(
    name="amount",
    kind=SlotKind.AMOUNT,
    labels={"en": "Amount", "zh-Hans": "金额"},
    prompts={"en": "How much?", "zh-Hans": "多少钱？"},
    minimum=1,
    maximum=1000,
)
RETURN = FlowSpec(
    key="return",
    version=2,
    names={"en": "Return", "zh-Hans": "退货"},
    examples={
        "en": ("I want to return something", "return my order"),
        "zh-Hans": ("我要退货", "我想把东西退了"),
    },
    slots=(ORDER, REASON, NOTE, PROOF),
    action="python:test.return",
)
CANCEL = FlowSpec(
    key="cancel_order",
    version=1,
    names={"en": "Cancel an order", "zh-Hans": "取消订单"},
    examples={"en": ("cancel my order",), "zh-Hans": ("取消订单",)},
    slots=(ORDER,),
    action="python:test.cancel",
)
STATUS = FlowSpec(
    key="status",
    version=1,
    names={"en": "Order status", "zh-Hans": "查订单"},
    examples={"en": ("where is my order",), "zh-Hans": ("查一下订单到哪了",)},
    slots=(ORDER, PROOF),
    action="python:test.status",
    lookup=True,
)
PICKUP = FlowSpec(
    key="pickup",
    version=1,
    names={"en": "Pickup", "zh-Hans": "上门取件"},
    examples={"en": ("book a pickup",), "zh-Hans": ("预约上门取件",)},
    slots=(DAY,),
)
REFUND = FlowSpec(
    key="refund",
    version=1,
    names={"en": "Refund", "zh-Hans": "退款"},
    examples={"en": ("give me a refund",), "zh-Hans": ("给我退款",)},
    slots=(AMOUNT,),
    action="python:test.refund",
    high_value=True,
    high_risk=True,
)
OLD_RETURN = RETURN.model_copy(update={"version": 1, "slots": (ORDER,)})
PRODUCTS = (Product("WH-1000", ("headphones", "耳机")), Product("KB-7", ("keyboard", "键盘")))
BOOK = Book(
    flows=(RETURN, CANCEL, STATUS, PICKUP, REFUND), past=(OLD_RETURN,), products=PRODUCTS, version=1
)
WRITTEN = re.compile(r"(\w+)\((.*)\)")


def command(text: str) -> Command:
    """A command as it is written in a transcript: `SetSlot(order_id, 2025...)`."""
    written = WRITTEN.fullmatch(text)
    assert written, text
    kind: Any = getattr(commands, written[1])
    values: list[Any] = [value.strip() for value in written[2].split(",") if value.strip()]
    if kind is commands.StartFlow and len(values) > 1:
        values[1] = float(values[1])
    if kind is commands.Unfit and len(values) > 2:
        values = [*values[:2], tuple(values[2:])]
    if kind is commands.SmallTalk:
        values = [commands.Courtesy(values[0])]
    if kind is commands.AskFaq:
        return commands.AskFaq(values[0], exact="exact" in values[1:], maybe="maybe" in values[1:])
    written_out: Command = kind(*values)
    return written_out
