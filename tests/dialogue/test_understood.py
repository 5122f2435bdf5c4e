"""Why a visitor is stuck: what each turn understood is kept, and stands on the session's page."""

import re

import pytest

from apps.chat.models import Turn
from apps.dialogue.understood import MOST, noted
from apps.engine.commands import AskFaq, Command, CorrectSlot, Lack, SetSlot, StartFlow, Unfit
from tests.dialogue.refunds import ORDER, TAIL, fill, opened, refund, send
from tests.staff import carol, page, signed_in, texts

pytestmark = pytest.mark.usefixtures("nobody_starts")


class TestKept:
    def test_the_shops_own_values_and_none_of_the_visitors(self):
        commands: list[Command] = [
            StartFlow("refund", 0.934),
            SetSlot("reason", "broken", "it broke"),
            CorrectSlot("order_id", ORDER, ORDER),
            SetSlot("phone_tail", TAIL),
            Unfit("order_id", "shape"),
            AskFaq("where do I live"),
            Lack(),
        ]
        assert noted(commands, refund()) == [
            ["StartFlow", "refund", "0.93"],
            ["SetSlot", "reason", "broken"],
            ["CorrectSlot", "order_id", ""],
            ["SetSlot", "phone_tail", ""],
            ["Unfit", "order_id", "shape"],
            ["AskFaq", "", ""],
            ["Lack", "", ""],
        ]

    def test_no_value_where_nobody_knows_the_slot(self):
        assert noted([SetSlot("reason", "broken")], None) == [["SetSlot", "reason", ""]]

    def test_no_more_than_fit(self):
        assert len(noted([Lack()] * 99, None)) == MOST


@pytest.fixture
def shown(site, session, monkeypatch):
    def html() -> str:
        return signed_in(carol()).get(page("chat_session_change", session.pk)).content.decode()

    opened(site, monkeypatch)
    return html


@pytest.mark.django_db(transaction=True)
class TestPage:
    def test_says_what_was_understood_and_what_is_asked_for(self, session, shown):
        send(session, flow="refund")
        send(session, order_id="nonsense")
        said = " ".join(texts(shown()))
        assert "Understood: wants a flow · Refund" in said
        assert "gave what does not fit · Order number" in said
        assert said.count("Asks for: Order number") == 2
        assert "nonsense" not in str(list(Turn.objects.values_list("understood", flat=True)))

    def test_lines_and_turns_lead_to_each_other(self, session, shown):
        send(session, flow="refund")
        html = shown()
        (turn,) = Turn.objects.all()
        assert f'id="turn-{turn.pk}"' in html
        assert html.count(f'href="#turn-{turn.pk}"') == 2
        assert set(re.findall(r'id="(line-\d+)"', html)) == {"line-1", "line-2"}
        assert 'href="#line-1"' in html

    def test_shows_the_card_and_what_was_offered(self, session, shown):
        fill(session, ())
        html = shown()
        said = " ".join(texts(html))
        assert "What was shown with it" in said
        assert f"<bdi>{ORDER}</bdi>" in html
        assert "Too late" in said

    def test_the_versions_stand_once(self, session, shown):
        fill(session, ())
        Turn.objects.update(versions={"flows": 5})
        assert shown().count("Flows version 5") == 1
