"""Ready-made answers: what nothing would fill in is refused where it stands."""

import pytest

from apps.dialogue.models import Flow, Slot
from apps.handoff.models import Macro
from apps.handoff.texts import LONGEST_ANSWER
from tests.handoff.test_admin_team import said, sue
from tests.staff import HOSTILE, carol, page, signed_in

pytestmark = pytest.mark.django_db

ADD = "handoff_macro_add"


def add(client, **values):
    return client.post(page(ADD), {"name": "Hello", "active": "on", **values})


def errors(answer) -> dict[str, list[str]]:
    return dict(answer.context["adminform"].form.errors)


@pytest.fixture
def order_flow(site) -> Flow:
    flow = Flow.objects.create(site=site, key="return", name_en="Return")
    Slot.objects.create(flow=flow, name="order_id", kind="order_id", label_en="Order number")
    return flow


def test_what_is_known_may_stand_in_braces(order_flow):
    text = "Hello {visitor.name}, {operator.name} of {site.name} here about {order_id}. {"
    assert add(signed_in(sue()), text_en=text).status_code == 302
    assert Macro.objects.get().text_en == text


@pytest.mark.parametrize(
    ("text", "line", "place", "name"),
    [
        ("Hello {visiter.name}", 1, 7, "visiter.name"),
        ("Hello {visitor.name},\n\nyour {order id}", 3, 6, "order id"),
        ("{}", 1, 1, ""),
        ("您好 { order_id }", 1, 4, " order_id "),
    ],
)
def test_what_is_not_is_named_with_its_place(order_flow, text, line, place, name):
    found = errors(add(signed_in(sue()), text_zh=text))
    assert found == {
        "text_zh": [
            f"Line {line}, character {place}: nothing fills in {{{name}}}. Known are {{visitor.name}}, "
            "{operator.name}, {site.name}, {order_id}."
        ]
    }
    assert not Macro.objects.exists()


def test_each_of_several_is_told(site):
    found = errors(add(signed_in(sue()), text_en="{a} {b}", text_zh="{c}"))
    assert {field: len(told) for field, told in found.items()} == {"text_en": 2, "text_zh": 1}


def test_one_language_is_enough_and_needed(site):
    client = signed_in(sue())
    assert errors(add(client, text_zh=" \n", text_en="")) == {
        "text_zh": ["Write the text in one language at least."]
    }
    assert add(client, text_en="Hello").status_code == 302


def test_no_longer_than_an_answer_may_be(site):
    found = errors(add(signed_in(sue()), text_en="x" * (LONGEST_ANSWER + 1)))
    assert found.keys() == {"text_en"}


def test_the_list_tells_how_often_each_is_used(site):
    Macro.objects.create(name=HOSTILE, text_zh="您好", shortcut="hi", uses=7)
    Macro.objects.create(name="Rare", text_en="Well", uses=1)
    answer = signed_in(sue()).get(page("handoff_macro_changelist"))
    assert [row.uses for row in answer.context["cl"].result_list] == [7, 1]
    assert "/hi" in said(answer)
    assert "<script>alert" not in answer.content.decode()


def test_operators_read_them(site):
    user = carol()
    assert signed_in(user).get(page("handoff_macro_changelist")).status_code == 403
    assert signed_in(user).get(page(ADD)).status_code == 403
