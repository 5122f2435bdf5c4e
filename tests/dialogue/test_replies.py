"""From what the engine says to the message that a visitor reads."""

import re
from pathlib import Path
from typing import Any

import pytest

from apps.dialogue import phrases, slots
from apps.dialogue.replies import reply_line
from apps.engine.book import Book, Product
from apps.engine.events import Ended, Part, Reply, Result, Say
from apps.engine.flows import SlotKind, SlotSpec
from apps.engine.types import Author, Passage, SlotValue
from tests.dialogue.refunds import ORDER, refund

FLOW = refund()
BOOK = Book(
    flows=(FLOW,),
    products=(Product("heron", ("Heron headphones", "苍鹭耳机")), Product("wren", ("Wren",))),
)
HOSTILE = "**bold** `code` https://evil.example/x\n- item <b>{order_id}</b> %(flow)s {0.__class__}"
ABOUT: dict[str, Any] = {"flow": "refund", "version": 3}


def reply(*parts, language="en", known=None, result=None, book=BOOK):
    return reply_line(Reply(language, parts), book, known or {}, result=result)


def slot(kind, **values):
    known = {"name": "given", "kind": kind, "labels": {"en": "Given"}, "prompts": {"en": "Give?"}}
    return SlotSpec.model_validate({**known, **values})


class TestParts:
    def test_an_answer_in_the_middle_of_a_flow_and_the_question_again_are_one_message(self):
        passage = Passage("7", "How long?", "Two days.", 0.9, "https://shop.example/x")
        line = reply(Part(Say.ANSWER, (passage,)), Part(Say.ASK, slot="order_id", **ABOUT))
        assert line.text == "Two days.\n\nWhich order?"
        assert line.meta["sources"][0]["id"] == "7"
        assert line.meta["form"]["slot"] == "order_id"

    def test_a_flow_that_may_have_been_meant_is_offered_with_the_answer(self):
        passage = Passage("7", "How long?", "Two days.", 0.9)
        line = reply(Part(Say.ANSWER, (passage,), candidates=("refund", "gone")))
        assert line.meta["quick_replies"] == [
            {"label": "Refund", "text": "Refund", "fields": {"flow": "refund"}}
        ]

    def test_one_flow_is_asked_after_by_its_name(self):
        assert reply(Part(Say.WHICH_FLOW, candidates=("refund",))).text == (
            "Would you like this: Refund?"
        )

    def test_a_question_that_may_have_been_meant_is_offered_with_the_flow(self):
        near = Passage("7", "How long?", "Two days.", 0.4)
        line = reply(Part(Say.ASK, (near,), slot="order_id", **ABOUT))
        assert line.meta["quick_replies"] == [{"label": "How long?", "text": "How long?"}]
        assert "sources" not in line.meta

    def test_a_question_beside_a_wish_is_quoted_and_offered_where_nothing_is_found(self):
        asked = Part(Say.ALSO_ASKED, text="do you *sell* mats?")
        line = reply(asked, Part(Say.ASK, slot="order_id", **ABOUT))
        assert slots.plain("do you *sell* mats?") in line.text
        assert line.text.endswith("Which order?")
        assert line.meta["quick_replies"] == [
            {"label": "do you *sell* mats?", "text": "do you *sell* mats?"}
        ]

    def test_what_may_be_meant_by_it_is_offered_instead(self):
        near = Passage("7", "How long?", "Two days.", 0.4)
        line = reply(Part(Say.ALSO_ASKED, (near,), text="how long"))
        assert "how long" in line.text
        assert line.meta["quick_replies"] == [{"label": "How long?", "text": "How long?"}]

    def test_what_was_given_beside_what_is_asked_is_said(self):
        taken = Part(Say.TAKEN, slot="order_id", **ABOUT)
        again = Part(Say.ASK, slot="order_id", **ABOUT)
        line = reply(taken, again, known={"order_id": SlotValue("W1234567")})
        assert re.match(r".*: W1234567\.\n\nWhich order\?", line.text)

    @pytest.mark.parametrize("say", [Say.GREETING, Say.THANKS])
    def test_a_courtesy_beside_something_else_asks_nothing(self, say):
        alone = reply(Part(say)).text
        beside = reply(Part(say), Part(Say.ASK, slot="order_id", **ABOUT)).text
        assert "?" in alone
        assert beside.count("?") == 1
        assert beside.endswith("Which order?")

    @pytest.mark.parametrize("say", sorted(set(Say) - {Say.ANSWER, Say.COMPOSED}))
    @pytest.mark.parametrize("language", ["en", "zh-Hans"])
    @pytest.mark.parametrize("about", [ABOUT, {}, {"flow": "gone", "version": 1}])
    def test_nothing_is_said_with_a_hole_in_it(self, say, language, about):
        line = reply(Part(say, slot="order_id", problem="shape", **about), language=language)
        assert line.text
        assert not re.search(r"%\(|\{\w+\}", line.text)


class TestForm:
    def test_asks_for_a_slot(self):
        line = reply(Part(Say.ASK, slot="order_id", **ABOUT), language="zh-Hans")
        assert line.text == "请提供订单号"
        assert line.meta["form"] == {
            "slot": "order_id",
            "label": "订单号",
            "type": "order_id",
            "example": "202511110001",
            "lack": True,
        }

    def test_says_why_it_asks_again(self):
        line = reply(Part(Say.ASK_AGAIN, slot="order_id", problem="shape", **ABOUT))
        assert line.text == "That does not look right. Which order? For example: 202511110001"
        assert line.meta["form"]["error"] == "That does not look right."

    def test_the_staffs_words_for_asking_again_come_first(self):
        spec = slot(SlotKind.TEXT, reasks={"en": "Once more, please."})
        book = Book(flows=(refund(slots=(spec,)),))
        for problem, text in (
            ("shape", "Once more, please."),
            ("too_long", "That is too long; 200 characters at most. Once more, please."),
        ):
            part = Part(Say.ASK_AGAIN, slot="given", problem=problem, **ABOUT)
            line = reply(part, book=book)
            assert line.text == text
            assert line.meta["form"]["error"]

    def test_an_example_that_is_in_the_words_already_is_not_given_twice(self):
        spec = slot("text", reasks={"en": "It looks like W1."}, examples={"en": "W1"})
        part = Part(Say.ASK_AGAIN, slot="given", problem="shape", **ABOUT)
        assert reply(part, book=Book(flows=(refund(slots=(spec,)),))).text == "It looks like W1."

    @pytest.mark.parametrize(
        ("kind", "text"),
        [
            ("order_id", "I need it to go on. Give?"),
            (
                "phone_tail",
                "The number you ordered with counts, even if you do not use it any more. Give?",
            ),
        ],
    )
    def test_who_does_not_have_it_is_not_told_that_it_is_wrong(self, kind, text):
        spec = slot(kind, reasks={"en": "That is none."}, examples={"en": "1234"})
        part = Part(Say.ASK_AGAIN, slot="given", problem="lack", **ABOUT)
        assert reply(part, book=Book(flows=(refund(slots=(spec,)),))).text == text

    def test_the_order_may_be_changed_where_its_proof_is_asked_for_again(self):
        about = {"slot": "order_id", "text": "Not found.", **ABOUT}
        line = reply(Part(Say.REFUSED, candidates=("order_id",), **about))
        assert [one["fields"] for one in line.meta["quick_replies"]] == [
            {"change": "order_id"},
            {"stop": "refund"},
        ]
        assert "quick_replies" not in reply(Part(Say.REFUSED, **about)).meta

    def test_options_are_buttons_in_the_visitors_language(self):
        form = reply(Part(Say.ASK, slot="reason", **ABOUT), language="zh-Hans").meta["form"]
        assert form["options"][0] == {"label": "坏了", "value": "broken"}
        assert "lack" not in form

    @pytest.mark.parametrize(
        ("kind", "type_"),
        [("text", "text"), ("date", "date"), ("amount", "number"), ("phone", "tel"),
         ("phone_tail", "phone_tail"), ("email", "email"), ("product", "product")],
    )  # fmt: skip
    def test_the_widget_knows_every_kind(self, kind, type_):
        assert slots.form(slot(kind), BOOK, "en")["type"] == type_

    def test_a_catalogue_that_is_short_is_shown_in_the_visitors_words(self):
        form = slots.form(slot("product"), BOOK, "zh-Hans")
        assert form["options"] == [
            {"label": "苍鹭耳机", "value": "heron"},
            {"label": "Wren", "value": "wren"},
        ]

    def test_several_are_offered_to_choose_from(self):
        part = Part(Say.WHICH_ONE, slot="order_id", candidates=("A1", "B2"), **ABOUT)
        line = reply(part)
        assert "A1, B2" in line.text
        assert line.meta["quick_replies"][0] == {
            "label": "A1", "text": "A1", "fields": {"order_id": "A1"},
        }  # fmt: skip

    def test_every_problem_that_the_engine_names_has_words(self):
        sources = "".join(path.read_text() for path in Path("apps/engine").rglob("*.py"))
        named = set(re.findall(r'Unfit\([^)]*"(\w+)"', sources))
        assert named - {"wrong", "slot", "reason"} <= set(phrases.PROBLEMS)


class TestCard:
    @pytest.fixture
    def line(self):
        rows = (("order_id", SlotValue(ORDER)), ("reason", SlotValue("broken", "kaputt")))
        part = Part(Say.CONFIRM, rows=rows, id="k1", candidates=("phone_tail",), **ABOUT)
        return reply(part)

    def test_shows_every_slot_in_words(self, line):
        card = line.meta["confirm"]
        assert (card["id"], card["title"]) == ("k1", "Refund")
        assert card["rows"] == [
            {"slot": "order_id", "label": "Order number", "value": ORDER},
            {"slot": "reason", "label": "Reason", "value": "Broken"},
        ]

    def test_takes_the_proof_with_the_yes(self, line):
        assert [form["slot"] for form in line.meta["confirm"]["fields"]] == ["phone_tail"]

    def test_has_no_fields_when_nothing_is_to_be_proved(self):
        assert "fields" not in reply(Part(Say.CONFIRM, id="k1", **ABOUT)).meta["confirm"]

    def test_the_staffs_own_words_hold_the_values(self, line):
        assert line.text == f"Refund order {ORDER}?"

    def test_a_declined_card_offers_what_may_be_changed(self):
        part = Part(Say.DECLINED, candidates=("order_id", "reason"), **ABOUT)
        offered = reply(part).meta["quick_replies"]
        assert [button.get("fields") for button in offered] == [
            {"change": "order_id"},
            {"change": "reason"},
            {"stop": "refund"},
        ]

    def test_a_cancel_that_may_mean_either_leaves_a_way_out(self):
        line = reply(Part(Say.OR_STOP, **ABOUT))
        assert "Refund" in line.text
        assert [button["fields"] for button in line.meta["quick_replies"]] == [{"stop": "refund"}]


class TestAction:
    @pytest.mark.parametrize(
        ("say", "ended", "status"),
        [
            (Say.DONE, Ended.DONE, "done"),
            (Say.REFUSED, Ended.REFUSED, "failed"),
            (Say.FAILED, Ended.FAILED, "failed"),
            (Say.FAILED, Ended.UNCLEAR, "unclear"),
        ],
    )
    def test_tells_how_it_ended(self, say, ended, status):
        line = reply(Part(say, id="k1", **ABOUT), result=Result("k1", ended))
        assert line.meta["action"] == {"id": "k1", "status": status}

    def test_the_shops_own_words_stand_as_they_are(self):
        line = reply(Part(Say.DONE, id="k1", text="See https://shop.example/{x}", **ABOUT))
        assert line.text == "See https://shop.example/{x}"

    def test_the_flows_own_words_know_what_was_given(self):
        line = reply(Part(Say.DONE, **ABOUT), known={"order_id": SlotValue(ORDER)})
        assert line.text == f"Refunded {ORDER}."

    def test_a_withdrawn_request_is_a_notice(self):
        assert reply(Part(Say.WITHDRAWN)).author is Author.SYSTEM


class TestHostile:
    def test_what_a_visitor_gave_makes_no_mark_and_no_link(self):
        flow = refund(confirms={"en": "{order_id} and {order_id.__class__} and {nothing}"})
        rows = (("order_id", SlotValue(HOSTILE)),)
        text = reply(Part(Say.CONFIRM, rows=rows, **ABOUT), book=Book(flows=(flow,))).text
        # The marks of static/widget/page.js.
        assert not re.search(r"\*\*[^*\n]+\*\*|`[^`\n]+`|https?://", text)
        assert "\n" not in text
        assert "{order_id.__class__} and {nothing}" in text
        assert "<b>{order_id}</b>" in text

    @pytest.mark.parametrize("value", ["- a", "* a", "• a"])
    def test_it_makes_no_list(self, value):
        assert not re.match(r"\s*[-•*]\s+", slots.plain(value))

    @pytest.mark.parametrize(
        ("text", "read"),
        [
            ("Refund order {order_id}?", "Refund order?"),
            ("Return of 7, {order_id}. Right?", "Return of 7. Right?"),
            ("{order_id}, was it? Yes.", "was it? Yes."),
            ("The order ({order_id}) is there.", "The order is there."),
            ("Order: {order_id}", "Order: –"),
            ("退订单7、{order_id}，对吗？", "退订单7，对吗？"),
            ("订单{order_id}的退货", "订单的退货"),
        ],
    )
    def test_a_value_that_was_not_given_is_left_out(self, text, read):
        book = Book(flows=(refund(confirms={"en": text}),))
        assert reply(Part(Say.CONFIRM, **ABOUT), book=book).text == read

    @pytest.mark.parametrize("language", ["en", "zh-Hans"])
    def test_a_ticket_is_nothing_that_is_done(self, language):
        book = Book(flows=(refund(action="ticket:", dones={}),))
        line = reply(Part(Say.DONE, id="k1", **ABOUT), language=language, book=book)
        assert line.text == phrases.in_language(phrases.PASSED_ON, language)

    def test_a_date_is_written_as_the_visitor_does(self):
        given = SlotValue("2026-11-20")
        assert slots.in_words(slot("date"), given, BOOK, "en") == "Nov. 20, 2026"
        assert slots.in_words(slot("date"), given, BOOK, "zh-Hans") == "2026年11月20日"
        assert (
            slots.in_words(slot("date"), SlotValue("next Blursday"), BOOK, "en") == "next Blursday"
        )
