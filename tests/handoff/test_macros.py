"""Ready-made answers: found as people type, filled with what is known, and never with what a visitor
made up to look like a name in braces."""

import pytest

from apps.chat.models import Visitor
from apps.handoff.models import Macro, Ticket
from apps.handoff.pinyin import initials
from apps.handoff.refusals import Refused
from apps.handoff.services import (
    Detail,
    Subject,
    answer,
    count_use,
    find_macros,
    open_ticket,
    render_macro,
    take_over,
)
from tests.handoff.team import nora, team

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(make_session):
    return make_session()


@pytest.fixture
def macros():
    rows = [
        ("退款说明", "Refunds", "tk", "您的退款已提交。", "Your refund is on its way."),
        ("查询物流", "Track a parcel", "", "请稍等，我帮您查询物流。", "One moment, please."),
        ("欢迎", "Welcome", "hi", "您好，我是{operator.name}。", "Hello, I am {operator.name}."),
    ]
    fields = ("name", "name_en", "shortcut", "text_zh", "text_en")
    return [Macro.objects.create(**dict(zip(fields, row, strict=True))) for row in rows]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("退款", ["tk"]),
        ("VIP客户", ["vipkh"]),
        ("重新发货", ["zxfh", "cxfh"]),
        ("您好！", ["nh"]),
        ("refund", []),
        ("鑫", []),
        ("，。", []),
        ("", []),
    ],
)
def test_initials_are_those_of_the_pinyin(text, read):
    assert initials(text) == read


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("退款", ["退款说明"]),
        ("tk", ["退款说明"]),
        ("tksm", ["退款说明"]),
        ("REFU", ["退款说明"]),
        ("cxwl", ["查询物流"]),
        ("wl", ["查询物流"]),
        ("parcel", ["查询物流"]),
        ("one moment", ["查询物流"]),
        ("hi", ["欢迎"]),
        ("hy", ["欢迎"]),
        ("nothing like it", []),
    ],
)
def test_they_are_found_in_chinese_by_initials_and_in_english(session, macros, query, found):
    shown = find_macros(query=query, operator=nora(), session_id=session.id)
    assert [one.name for one in shown][: len(found) or None] == found


def test_without_a_query_the_most_used_come_first(session, macros):
    for _ in range(2):
        count_use(macro_id=macros[1].pk)
    shown = find_macros(query="", operator=nora(), session_id=session.id)
    assert next(one.name for one in shown) == "查询物流"
    assert len(shown) == 3


def test_those_of_another_team_and_those_switched_off_are_not_shown(session, macros):
    who = nora()
    mine, others = team("Mine", who), team("Others")
    Macro.objects.filter(pk=macros[0].pk).update(team=others)
    Macro.objects.filter(pk=macros[1].pk).update(team=mine)
    Macro.objects.filter(pk=macros[2].pk).update(active=False)
    shown = find_macros(query="", operator=who, session_id=session.id)
    assert [one.name for one in shown] == ["查询物流"]


class TestFilling:
    def fill(self, session, text, **more):
        macro = Macro(name="m", text_en=text, text_zh=f"中{text}")
        return render_macro(macro=macro, session=session, operator=nora(), **more)

    def test_with_what_is_known_of_the_visitor_the_site_and_the_flow(self, session):
        details = (Detail("order_id", "Order", "A1", "said"),)
        subject = Subject("Return", details=details)
        open_ticket(session=session, reason=Ticket.Reason.ASKED, language="en", subject=subject)
        Visitor.objects.update(name="Jo")
        session.visitor.refresh_from_db()
        filled = self.fill(
            session, "Dear {visitor.name}, {order_id} at {site.name}: {operator.name}"
        )
        assert filled.text == "Dear Jo, A1 at Northbird: Nora"
        assert filled.unfilled == ()

    def test_what_nothing_fills_stays_and_is_named_once(self, session):
        filled = self.fill(
            session, "{visitor.name}, {visitor.name} and {no_such_thing} {not a name}"
        )
        assert filled.unfilled == ("visitor.name", "no_such_thing")
        assert "{no_such_thing}" in filled.text

    def test_what_a_visitor_typed_is_never_read_for_braces(self, session):
        filled = self.fill(session, "{order_id}", slots={"order_id": "{operator.name}"})
        assert (filled.text, filled.unfilled) == ("{operator.name}", ())

    def test_in_the_language_of_the_chat(self, make_session):
        assert self.fill(make_session(language="zh-Hans"), "x").text == "中x"

    def test_an_answer_with_a_name_left_in_it_is_not_sent(self, session, cmid):
        who = nora()
        take_over(session_id=session.id, operator=who)
        with pytest.raises(Refused) as caught:
            answer(
                session_id=session.id,
                operator=who,
                text="Dear {visitor.name}",
                cmid=cmid,
                seen_seq=9,
            )
        assert caught.value.code == "unknown_macro_variable"
        assert caught.value.detail == "Nothing fills {visitor.name}."
