"""What operators write: to the visitor once, seen before it is sent, corrected in time; and to each
other, where no visitor can read it."""

import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from apps.chat.models import Message
from apps.dialogue.rows import read_after
from apps.handoff.models import Note, Suggestion
from apps.handoff.refusals import Refused
from apps.handoff.services import (
    answer,
    answering,
    choose_suggestion,
    claim,
    close_ticket,
    correct,
    current,
    note,
    requeue,
    suggest,
    take_over,
)
from tests.handoff.talks import asks, fresh, history, lines, say
from tests.handoff.team import nora, omar, operator, sam
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(make_session):
    return make_session()


@pytest.fixture
def who(db):
    return nora()


@pytest.fixture
def ticket(session, who):
    """Hers."""
    ticket = asks(session)
    return claim(ticket_id=ticket.pk, operator=who)


def seq(session):
    return Message.objects.filter(session=session).count()


def reply(session, who, text="Here I am", **more):
    given = {"cmid": uuid.uuid4(), "seen_seq": seq(session), **more}
    return answer(session_id=session.id, operator=who, text=text, **given)


def refused(act, *arguments, **named):
    with pytest.raises(Refused) as caught:
        act(*arguments, **named)
    return caught.value


class TestAnswer:
    def test_the_visitor_reads_it_with_the_name_of_whoever_wrote_it(self, session, ticket, who):
        written = reply(session, who)
        assert (written.author, written.name, written.text) == ("operator", "Nora", "Here I am")
        [shown] = read_after(session.id, written.seq - 1)
        assert (shown.name, shown.meta) == ("Nora", {})
        now = fresh(ticket)
        assert (now.waiting_since, now.first_response_at is not None) == (None, True)

    def test_the_first_answer_keeps_its_time(self, session, ticket, who):
        reply(session, who)
        first = fresh(ticket).first_response_at
        reply(session, who)
        assert fresh(ticket).first_response_at == first

    def test_a_resend_finds_the_first(self, session, ticket, who, cmid):
        first = reply(session, who, cmid=cmid)
        assert reply(session, who, cmid=cmid).pk == first.pk
        assert refused(reply, session, who, "another", cmid=cmid).code == "cmid_conflict"
        correct(message_id=first.pk, operator=who, text="There")
        assert reply(session, who, cmid=cmid).pk == first.pk

    def test_a_colleagues_line_that_was_not_seen_stops_it(self, session, ticket, who):
        seen = seq(session)
        take_over(session_id=session.id, operator=(boss := sam()))
        reply(session, boss, "I will do it")
        take_over(session_id=session.id, operator=(other := operator("Pia", "take_over")))
        why = refused(reply, session, other, "So will I", seen_seq=seen)
        assert why.code == "unseen"
        assert (why.facts["message"]["name"], why.facts["message"]["text"]) == (
            "Sam",
            "I will do it",
        )
        assert reply(session, other, "So will I", seen_seq=seen, anyway=True)
        assert reply(session, other, "my own line is no news", seen_seq=seq(session) - 1)

    def test_after_it_was_taken_away_nothing_is_sent(self, session, ticket, who):
        take_over(session_id=session.id, operator=sam())
        why = refused(reply, session, who)
        assert (why.code, why.facts["by"]) == ("not_yours", "Sam")

    def test_nor_to_a_chat_that_is_closed_or_in_the_queue(self, session, ticket, who):
        requeue(ticket_id=ticket.pk, operator=who, why="")
        assert refused(reply, session, who).code == "not_yours"
        close_ticket(ticket=ticket, notice="done")
        assert refused(reply, session, who).code == "closed"

    @pytest.mark.parametrize(
        ("text", "code"),
        [(" \n", "empty"), ("a" * 10_001, "too_long"), ("a\0b", "bad_text")],
        ids=["empty", "long", "nul"],
    )
    def test_what_cannot_be_sent_says_why(self, session, ticket, who, text, code):
        said = lines(session)
        assert refused(reply, session, who, text).code == code
        assert lines(session) == said

    def test_ten_thousand_characters_are_not_too_many(self, session, ticket, who):
        assert len(reply(session, who, "好" * 10_000).text) == 10_000

    def test_with_a_file_it_may_say_nothing(self, session, ticket, who):
        file = {"id": "1", "name": "a.png"}
        written = reply(session, who, "", attachments=[file])
        assert read_after(session.id, written.seq - 1)[0].meta == {"attachments": [file]}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_answer_at_once_one_reads_the_other_first(session, ticket, who):
    """The chat changes hands between two clicks; the slower answer is not sent blindly."""
    boss = sam()
    seen = seq(session)

    def by_boss():
        take_over(session_id=session.id, operator=boss)
        return reply(session, boss, "from Sam", seen_seq=seen)

    def by_nora():
        try:
            return reply(session, who, "from Nora", seen_seq=seen)
        except Refused as why:
            return why

    def safely(act):
        try:
            return act()
        except Refused as why:
            return why

    came_of = at_once(partial(safely, by_boss), by_nora)
    codes = {str(one.code) for one in came_of if isinstance(one, Refused)}
    sent = [one.text for one in came_of if not isinstance(one, Refused)]
    assert len(sent) == 1
    assert codes in ({"unseen"}, {"not_yours"})


class TestCorrect:
    @pytest.fixture(autouse=True)
    def _in_time(self, monkeypatch):
        """However long a test is held up."""
        assert answering.CORRECTED_WITHIN_S == 120
        monkeypatch.setattr(answering, "CORRECTED_WITHIN_S", 3600)

    def test_within_two_minutes_the_text_is_another(self, session, ticket, who):
        written = reply(session, who, "It costs 5")
        correct(message_id=written.pk, operator=who, text="It costs 6")
        now = Message.objects.get(pk=written.pk)
        assert (now.text, [one["text"] for one in now.meta["edited"]]) == (
            "It costs 6",
            ["It costs 5"],
        )
        [shown, told] = read_after(session.id, written.seq - 1)
        assert shown.meta.keys() == {"edited_at"}
        assert told.meta["corrects"] == {"seq": written.seq, "text": "It costs 6"}
        assert told.text == "Nora has corrected an answer: It costs 6"
        assert history(ticket)[-1] == "corrected"

    def test_later_it_stays_as_it_is(self, session, ticket, who):
        written = reply(session, who)
        then = timezone.now() - timedelta(seconds=3601)
        Message.objects.filter(pk=written.pk).update(created_at=then)
        assert refused(correct, message_id=written.pk, operator=who, text="x").code == "too_late"

    def test_nobody_corrects_another_or_the_visitor(self, session, ticket, who):
        written = reply(session, who)
        other = omar()
        why = refused(correct, message_id=written.pk, operator=other, text="x")
        assert why.code == "not_yours"
        said = Message.objects.filter(author="visitor").first()
        assert refused(correct, message_id=said.pk, operator=who, text="x").code == "not_found"

    def test_the_same_text_changes_nothing(self, session, ticket, who):
        written = reply(session, who)
        said = lines(session)
        correct(message_id=written.pk, operator=who, text=written.text)
        assert lines(session) == said


class TestNote:
    def test_it_is_no_line(self, session, ticket, who, cmid):
        said = lines(session)
        for _ in range(2):
            note(session_id=session.id, operator=who, text="Ask her for the photo", cmid=cmid)
        assert (Note.objects.get().text, lines(session)) == ("Ask her for the photo", said)
        assert history(ticket) == ["opened", "claimed", "noted"]

    def test_where_nobody_has_asked_for_a_person_too(self, session):
        say(session, "hello")
        note(session_id=session.id, operator=nora(), text="A regular")
        assert Note.objects.get().session == session

    def test_an_empty_one_is_none(self, session):
        assert refused(note, session_id=session.id, operator=nora(), text=" ").code == "empty"
        gone = uuid.uuid4()
        assert refused(note, session_id=gone, operator=omar(), text="a").code == "not_found"


class TestSuggestion:
    def offer(self, session, text="Two days."):
        return suggest(
            session_id=session.id, text=text, basis=[], route="model", to_seq=seq(session)
        )

    def test_it_fits_until_something_is_said(self, session, ticket, who):
        made = self.offer(session)
        assert current(session_id=session.id) == made
        say(session, "are you there")
        assert current(session_id=session.id) is None
        assert Suggestion.objects.get().choice == "dropped"

    def test_an_answer_drops_it(self, session, ticket, who):
        self.offer(session)
        reply(session, who)
        assert Suggestion.objects.get().choice == "dropped"

    def test_one_that_comes_too_late_is_not_kept(self, session, ticket, who):
        then = seq(session)
        say(session, "never mind")
        late = suggest(session_id=session.id, text="a", basis=[], route="", to_seq=then)
        assert late is None
        assert not Suggestion.objects.exists()

    def test_a_newer_takes_its_place(self, session, ticket):
        self.offer(session, "one")
        self.offer(session, "two")
        assert current(session_id=session.id).text == "two"

    def test_what_became_of_it_is_a_label(self, session, ticket, who):
        made = self.offer(session)
        choose_suggestion(suggestion_id=made.pk, operator=who, choice="edited", text="2 days.")
        made.refresh_from_db()
        assert (made.choice, made.chosen_by, made.used_text) == ("edited", who, "2 days.")
        again = {"suggestion_id": made.pk, "operator": who, "choice": "dismissed"}
        assert refused(choose_suggestion, **again, text="a\0").code == "bad_text"
        assert refused(choose_suggestion, **again).code == "too_late"
        assert refused(choose_suggestion, **{**again, "choice": "dropped"}).code == "bad_value"
        assert refused(choose_suggestion, **{**again, "suggestion_id": 0}).code == "not_found"
