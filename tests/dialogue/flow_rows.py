"""Flows of the cast: rows that tests begin with."""

from typing import Any

from apps.dialogue.models import Flow, Slot
from apps.sites.models import Site

FIVE = ["I want to return it", "send it back", "return my order", "money back", "take it back"]
FIVE_IN_CHINESE = ["我要退货", "申请退货", "退掉订单", "把东西退了", "想退"]


def return_flow(site: Site, **values: Any) -> Flow:
    """A return with an order number and a reason, which lacks nothing."""
    flow = Flow.objects.create(
        **{
            "site": site,
            "key": "return_order",
            "name_en": "Return an order",
            "name_zh_hans": "退货",
            "examples_en": "\n".join(FIVE),
            "examples_zh_hans": "\n".join(FIVE_IN_CHINESE),
            "confirm_en": "Return {order_id}?",
            "confirm_zh_hans": "退订单 {order_id}？",
            "done_en": "It is on its way.",
            "done_zh_hans": "已办理。",
            **values,
        }
    )
    order_slot(flow)
    Slot.objects.create(
        flow=flow,
        position=2,
        name="reason",
        kind="choice",
        label_en="Reason",
        label_zh_hans="原因",
        prompt_en="Why?",
        prompt_zh_hans="为什么？",
        options="broken | 坏了 | Broken | does not work, 没声音\nother | 其他 | Other",
    )
    return flow


def order_slot(flow: Flow, **values: Any) -> Slot:
    return Slot.objects.create(
        **{
            "flow": flow,
            "position": 1,
            "name": "order_id",
            "kind": "order_id",
            "label_en": "Order number",
            "label_zh_hans": "订单号",
            "prompt_en": "Which order?",
            "prompt_zh_hans": "哪个订单？",
            **values,
        }
    )
