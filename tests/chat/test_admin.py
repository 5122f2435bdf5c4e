"""Sessions in the admin: everything can be read, nothing can be written."""

import re
from pathlib import Path
from typing import get_args

import pytest
from django.db import transaction

from apps.chat import admin
from apps.chat.admin import COMMANDS
from apps.chat.causes import CAUSES
from apps.chat.items import Item, Line, NewTurn
from apps.chat.journal import append
from apps.chat.models import Message, Session, Visitor
from apps.chat.services import mark_read
from apps.engine.commands import Command
from apps.engine.events import Move, Reason
from apps.engine.types import Author, Mode, State, TurnState
from apps.knowledge.models import Faq
from apps.llm.services import save_calls
from apps.sites.models import Site
from tests.llm.rows import attempt, model, provider
from tests.staff import HOSTILE, alice, carol, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db

LIST = "chat_session_changelist"
CHANGE = "chat_session_change"
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36"
)


@pytest.fixture
def faq(site):
    return Faq.objects.create(site=site, language="en", question="Where?", answer="Here.")


@pytest.fixture
def talk(make_session, faq):
    """A session in which a visitor asked twice and was then handed over."""

    def make(text: str = "Where are you?", answer: str = "In Hangzhou.") -> Session:
        session: Session = make_session()
        source = {"id": str(faq.pk), "title": faq.question}
        lines = (
            Line(Author.VISITOR, text, of_turn=True),
            Line(Author.BOT, answer, meta={"ai": True, "sources": [source]}, of_turn=True),
        )
        turn = NewTurn(
            TurnState.DONE,
            route="faq",
            language="en",
            confidence=0.934,
            sources=[str(faq.pk)],
            versions={"knowledge": 7},
        )
        step = Move(State.INIT, State.HANDOFF, "asked")
        item = Item(session.id, None, lines, State.HANDOFF, Mode.QUEUED, turn=turn, steps=(step,))
        with transaction.atomic():
            append(item)
        session.refresh_from_db()
        return session

    return make


def listed(client, **query: str) -> list[Session]:
    return list(client.get(page(LIST), query).context["cl"].result_list)


def columns(client) -> list[str]:
    shown = client.get(page(LIST)).context["cl"].list_display
    return [column for column in shown if column != "action_checkbox"]


class TestList:
    def test_shows_what_happened(self, talk):
        talk()
        said = texts(signed_in(carol()).get(page(LIST)).content.decode())
        for text in ("English", "Handed over", "Waiting for a person", "2"):
            assert text in said

    def test_finds_the_start_of_a_number(self, talk):
        first, _second = talk(), talk()
        assert listed(signed_in(carol()), q=str(first.id)[:13].upper()) == [first]

    def test_finds_what_was_said(self, talk):
        talk("Where are you?", "In Hangzhou.")
        other = talk("Do you sell cables?", "Yes.")
        assert listed(signed_in(carol()), q="CABLES") == [other]

    def test_finds_by_who_answers(self, talk, make_session):
        waiting = talk()
        make_session()
        assert listed(signed_in(carol()), mode__exact="queued") == [waiting]

    def test_asks_no_more_for_more_rows(self, talk, django_assert_max_num_queries):
        client = signed_in(olga())
        for _ in range(12):
            talk()
        with django_assert_max_num_queries(15):
            assert client.get(page(LIST)).status_code == 200

    def test_names_the_site_where_there_are_several(self, talk):
        session = talk()
        client = signed_in(olga())
        assert "site" not in columns(client)
        Site.objects.create(key="second", name="Second")
        assert columns(client)[:3] == ["short", "site", "person"]
        assert session.site.name in texts(client.get(page(LIST)).content.decode())


class TestSession:
    def test_tells_the_whole_story(self, talk):
        session = talk()
        Message.objects.filter(seq=2).update(rating=-1, rating_reason="too short")
        html = signed_in(carol()).get(page(CHANGE, session.pk)).content.decode()
        said = " ".join(texts(html))
        for text in (
            "Where are you?",
            "In Hangzhou.",
            "Sources",
            "Not helpful: too short",
            "Answered",
            "confidence 93%",
            "Knowledge version 7",
            "Open → Handed over",
            "Visitor asked for a person",
        ):
            assert text in said, text

    @pytest.mark.parametrize(
        ("reason", "told"),
        [
            ("unclear", "没有帮助：看不明白"),
            ("wrong – It is 3 days", "没有帮助：内容有误 – It is 3 days"),
            ("Not nice", "没有帮助：Not nice"),
            ("", "没有帮助"),
        ],
    )
    def test_a_reason_is_told_in_the_readers_language(self, talk, reason, told):
        session = talk()
        Message.objects.filter(seq=2).update(rating=-1, rating_reason=reason)
        html = signed_in(carol(), "zh-hans").get(page(CHANGE, session.pk)).content.decode()
        assert told in texts(html)

    def test_the_device_and_the_language_are_told_in_words(self, talk):
        session = talk()
        staff = signed_in(carol())
        Visitor.objects.update(device=WINDOWS, locale="zh-Hans")
        said = texts(staff.get(page(CHANGE, session.pk)).content.decode())
        assert "Chrome 126 · Windows · Simplified Chinese" in said
        Visitor.objects.update(device="A fridge", locale="x-klingon")
        said = texts(staff.get(page(CHANGE, session.pk)).content.decode())
        assert "A fridge · x-klingon" in said

    def test_a_source_that_was_deleted_is_still_named(self, talk, faq):
        session = talk()
        number = faq.pk
        faq.delete()
        said = " ".join(texts(signed_in(carol()).get(page(CHANGE, session.pk)).content.decode()))
        assert f"Entry {number}, since deleted" in said

    def test_shows_hostile_text_as_text(self, talk):
        session = talk(HOSTILE, HOSTILE)
        Visitor.objects.update(page_title=HOSTILE, page_url="javascript:alert(1)", device=HOSTILE)
        Message.objects.update(name=HOSTILE, rating=1, rating_reason=HOSTILE)
        Message.objects.filter(seq=1).update(text="", fields={HOSTILE: HOSTILE})
        Message.objects.filter(seq=2).update(
            meta={"sources": [{"id": "javascript:alert(1)", "title": HOSTILE}]}
        )
        Session.objects.update(csat_comment=HOSTILE)
        session.turns.update(route=HOSTILE[:20], sources=[HOSTILE], versions={HOSTILE: HOSTILE})
        session.transitions.update(cause=HOSTILE[:40])
        client = signed_in(olga())
        for path in (page(CHANGE, session.pk), page(LIST), page("chat_session_delete", session.pk)):
            html = client.get(path).content.decode()
            assert "<script>alert" not in html, path
            assert 'href="javascript:' not in html, path

    def test_asks_no_more_for_longer_ones(self, talk, django_assert_max_num_queries):
        session = talk()
        for number in range(20):
            with transaction.atomic():
                append(Item(session.id, None, (Line(Author.VISITOR, f"line {number}"),)))
        client = signed_in(carol())
        with django_assert_max_num_queries(16):
            assert client.get(page(CHANGE, session.pk)).status_code == 200

    def test_shows_the_end_of_a_long_one(self, talk, monkeypatch):
        """Its last lines, and what led to them."""
        monkeypatch.setattr(admin, "SHOWN_LINES", 2)
        session = talk("Where are you?", "In Hangzhou.")
        for text in ("Do you sell cables?", "And adapters?"):
            turn = NewTurn(TurnState.DONE, route="unknown")
            step = Move(State.HANDOFF, State.INIT, "resumed")
            lines = (
                Line(Author.VISITOR, text, of_turn=True),
                Line(Author.BOT, "No.", of_turn=True),
            )
            with transaction.atomic():
                append(Item(session.id, None, lines, turn=turn, steps=(step,)))
        shown = signed_in(carol()).get(page(CHANGE, session.pk)).context
        assert [line.text for line in shown["lines"]] == ["And adapters?", "No."]
        assert shown["skipped_lines"] == 4
        assert [row["turn"].from_seq for row in shown["turns"]] == [5]
        assert [row["move"].cause for row in shown["moves"]] == ["resumed", "resumed"]

    def test_tells_how_far_the_visitor_has_read(self, talk):
        session = talk()
        client = signed_in(carol())
        for number in range(3):
            mark_read(session=session.id, seq=number)
            said = texts(client.get(page(CHANGE, session.pk)).content.decode())
            assert said[said.index("Read up to line") + 1] == str(number)


class TestPermissions:
    def test_nothing_can_be_written(self, talk):
        session = talk()
        client = signed_in(carol())
        assert client.get(page("chat_session_add")).status_code == 403
        assert client.post(page(CHANGE, session.pk), {"state": "END"}).status_code == 403
        assert client.get(page("chat_session_delete", session.pk)).status_code == 403
        html = client.get(page(CHANGE, session.pk)).content.decode()
        assert 'name="_save"' not in html

    def test_a_superuser_deletes_and_does_not_write(self, talk):
        session = talk()
        client = signed_in(olga())
        assert client.post(page(CHANGE, session.pk), {"state": "END"}).status_code == 403
        client.post(page("chat_session_delete", session.pk), {"post": "yes"})
        assert not Session.objects.exists()

    @pytest.mark.parametrize("by", ["page", "list"])
    def test_what_left_the_house_goes_with_a_session(self, talk, by):
        session = talk()
        sent = [{"role": "user", "content": "where is it"}]
        far = model(provider())
        (row,) = save_calls(attempts=[attempt(far, session=session.pk, sent=sent)])
        client = signed_in(olga())
        if by == "page":
            client.post(page("chat_session_delete", session.pk), {"post": "yes"})
        else:
            chosen = {"action": "delete_selected", "_selected_action": [session.pk], "post": "yes"}
            client.post(page(LIST), chosen)
        assert not Session.objects.exists()
        row.refresh_from_db()
        assert (row.session, row.sent, row.tokens_in) == (None, [], 1000)

    def test_closed_to_others(self, talk):
        session = talk()
        client = signed_in(alice())
        assert client.get(page(LIST)).status_code == 403
        assert client.get(page(CHANGE, session.pk)).status_code == 403
        assert page(LIST) not in client.get(page("index")).content.decode()


def test_every_cause_of_a_move_has_words():
    """The engine's own, and those of the verbs on tickets."""
    sources = [*Path("apps/engine").glob("*.py"), *Path("apps/handoff").glob("services.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    written = set(re.findall(r'\.go\(State\.[^)]*"(\w+)"', text))
    written |= set(re.findall(r'\b(?:leave\(|cause = .*else )"(\w+)"', text))
    causes = written | set(Reason) | {"farewell", "ticket_done", "resumed", "withdrawn"}
    assert {"visitor_returned", "contact", "missing", "complete", "done"} <= written
    assert causes <= set(CAUSES)


def test_every_command_that_sets_off_a_move_has_words():
    named = {command.__name__ for command in get_args(Command)}
    assert named | {"result"} == set(COMMANDS)
