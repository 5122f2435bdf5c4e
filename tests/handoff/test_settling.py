"""The end of a ticket: with an outcome, undone within five seconds, or opened again."""

from datetime import timedelta

import pytest

from apps.chat.models import Message, Session
from apps.handoff.models import Draft, Suggestion, Target
from apps.handoff.refusals import Refused
from apps.handoff.services import (
    claim,
    close_ticket,
    reopen,
    resolve,
    save_draft,
    set_priority,
    settling,
    suggest,
    take_over,
    undo_resolve,
)
from tests.handoff.talks import asks, fresh, history, last, lines, say, stands
from tests.handoff.team import nora, omar, sam

pytestmark = pytest.mark.django_db
ACTIVE = {"active": {"flow": "refund", "version": 3, "slots": {"order_id": {"value": "A1"}}}}


@pytest.fixture(autouse=True)
def _in_time(monkeypatch):
    """However long a test is held up."""
    assert settling.UNDO_S == 5
    monkeypatch.setattr(settling, "UNDO_S", 3600)


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


def settle(ticket, who, **more):
    return resolve(ticket_id=ticket.pk, operator=who, **{"outcome": "answered", **more})


def refused(act, *arguments, **named):
    with pytest.raises(Refused) as caught:
        act(*arguments, **named)
    return caught.value


class TestResolve:
    def test_the_visitor_reads_the_last_word_and_is_with_the_bot(self, session, ticket, who):
        settled = settle(ticket, who, text="Have a nice day").ticket
        assert (settled.status, settled.outcome, settled.waiting_since) == (
            "done",
            "answered",
            None,
        )
        assert settled.resolved_at is not None
        assert lines(session)[-2:] == [
            ("operator", "Have a nice day"),
            (
                "system",
                "Nora has closed this chat. Write again at any time: the assistant answers.",
            ),
        ]
        assert Message.objects.latest("seq").meta == {"csat": True}
        assert stands(session) == ("INIT", "bot")
        say(session, "hello")
        assert last(session)[0] == "bot"

    def test_it_is_done_once(self, ticket, who):
        settle(ticket, who)
        assert refused(settle, ticket, who).code == "closed"

    def test_by_whom_it_belongs_to_or_who_directs_them(self, ticket, who):
        assert refused(settle, ticket, omar()).code == "not_yours"
        assert settle(ticket, sam()).ticket.status == "done"

    def test_with_an_outcome_that_there_is(self, ticket, who):
        assert refused(settle, ticket, who, outcome="great").code == "bad_value"
        assert refused(settle, ticket, who, text="a" * 10_001).code == "too_long"
        assert refused(settle, ticket, who, text="a\0").code == "bad_text"

    def test_a_last_word_is_an_answer(self, session, ticket, who):
        offered = {"session_id": session.id, "text": "a", "basis": [], "route": ""}
        suggest(**offered, to_seq=Session.objects.get().last_seq)
        save_draft(session_id=session.id, operator=who, text="Have a")
        now = settle(ticket, who, text="Have a nice day").ticket
        assert fresh(now).first_response_at is not None
        assert Suggestion.objects.get().choice == "dropped"
        assert Draft.objects.get().text == ""

    def test_without_one_nothing_was_answered_and_nothing_written_is_lost(
        self, session, ticket, who
    ):
        save_draft(session_id=session.id, operator=who, text="Have a")
        settle(ticket, who, text="  ")
        assert fresh(ticket).first_response_at is None
        assert Draft.objects.get().text == "Have a"

    def test_the_admins_button_ends_a_chat_that_somebody_has(self, session, ticket, who):
        assert close_ticket(ticket=ticket, notice="The assistant is back.")
        assert Message.objects.latest("seq").meta == {"csat": True}
        assert stands(session) == ("INIT", "bot")
        assert last(session) == ("system", "The assistant is back.")


class TestUndo:
    def test_within_five_seconds_all_is_as_before(self, session, ticket, who):
        Session.objects.update(memory=ACTIVE)
        before = fresh(ticket)
        settled = settle(ticket, who)
        again = undo_resolve(token=settled.undo, operator=who)
        assert (again.status, again.operator, again.outcome) == ("open", who, "")
        assert (again.waiting_since, again.resolved_at) == (before.waiting_since, None)
        assert Session.objects.get().memory == ACTIVE
        assert stands(session) == ("HANDOFF", "human")
        assert last(session) == ("system", "The chat goes on: Nora is still here.")
        assert history(ticket)[-2:] == ["resolved", "undone"]

    def test_later_it_stays_settled(self, ticket, who, monkeypatch):
        monkeypatch.setattr(settling, "UNDO_S", -0.001)
        settled = settle(ticket, who)
        assert refused(undo_resolve, token=settled.undo, operator=who).code == "too_late"

    def test_once(self, ticket, who):
        settled = settle(ticket, who)
        undo_resolve(token=settled.undo, operator=who)
        assert refused(undo_resolve, token=settled.undo, operator=who).code == "too_late"

    @pytest.mark.parametrize("token", ["", "1", "x.y", "99999.abc", "²."])
    def test_a_token_that_is_none_undoes_nothing(self, ticket, who, token):
        settle(ticket, who)
        assert refused(undo_resolve, token=token, operator=who).code == "too_late"

    def test_not_by_somebody_else(self, ticket, who):
        settled = settle(ticket, who)
        assert refused(undo_resolve, token=settled.undo, operator=omar()).code == "not_yours"

    def test_of_what_nobody_had_the_visitor_waits_again(self, make_session, who):
        session = make_session()
        waiting = asks(session)
        settled = settle(waiting, who, outcome="spam")
        again = undo_resolve(token=settled.undo, operator=who)
        assert (again.operator, again.waiting_since) == (None, waiting.waiting_since)
        assert stands(session) == ("COLLECT", "queued")
        assert last(session)[1].startswith("You are back in the queue")

    def test_a_visitor_who_asked_anew_has_the_new_ticket(self, session, ticket, who):
        settled = settle(ticket, who)
        asks(session)
        assert refused(undo_resolve, token=settled.undo, operator=who).code == "too_late"


class TestReopen:
    def test_the_chat_is_taken_again(self, session, ticket, who):
        settle(ticket, who)
        again = reopen(ticket_id=ticket.pk, operator=(other := omar()))
        assert (again.status, again.operator, again.reopened) == ("open", other, 1)
        assert (again.outcome, again.resolved_at) == ("", None)
        assert stands(session) == ("HANDOFF", "human")

    def test_not_beside_another(self, session, ticket, who):
        settle(ticket, who)
        asks(session)
        take_over(session_id=session.id, operator=omar())
        why = refused(reopen, ticket_id=ticket.pk, operator=who)
        assert (why.code, why.facts["by"]) == ("taken", "Omar")


class TestPriority:
    def test_what_is_due_goes_with_it(self, ticket, who):
        Target.objects.create(
            name="Urgent", priority=0, first_response_minutes=2, resolution_minutes=60
        )
        now = set_priority(ticket_id=ticket.pk, operator=who, priority=0)
        assert now.first_due_at - ticket.created_at == timedelta(minutes=2)
        assert now.resolve_due_at - ticket.created_at == timedelta(minutes=60)
        assert history(ticket)[-1] == "priority"

    def test_what_is_none_is_refused(self, ticket, who):
        assert refused(set_priority, ticket_id=ticket.pk, operator=who, priority=9).code == (
            "bad_value"
        )
        settle(ticket, who)
        assert refused(set_priority, ticket_id=ticket.pk, operator=who, priority=0).code == (
            "closed"
        )
