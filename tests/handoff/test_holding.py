"""Who has a chat: one at a time, with the visitor told and the bot silent."""

from functools import partial

import pytest

from apps.chat.models import Message, Session, Turn
from apps.engine.types import Author
from apps.handoff.models import Note, Ticket, TicketEvent
from apps.handoff.refusals import Refused
from apps.handoff.services import claim, close_ticket, requeue, return_to_bot, take_over, transfer
from tests.handoff.talks import asks, causes, fresh, history, last, lines, say, stands
from tests.handoff.team import gone, nora, omar, operator, sam, team
from tests.threads import at_once
from tests.turns.conversations import ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(make_session):
    return make_session()


@pytest.fixture
def ticket(session):
    return asks(session)


def refused(act, *arguments, **named):
    with pytest.raises(Refused) as caught:
        act(*arguments, **named)
    return caught.value


class TestClaim:
    def test_whoever_takes_a_ticket_has_the_chat_and_the_visitor_is_told(self, session, ticket):
        who = nora()
        before = Session.objects.get(pk=session.pk).version
        taken = claim(ticket_id=ticket.pk, operator=who)
        assert (taken.operator, taken.claimed_at is not None) == (who, True)
        assert taken.version == ticket.version + 1
        assert stands(session) == ("HANDOFF", "human")
        assert Session.objects.get(pk=session.pk).version == before + 1
        assert last(session) == ("system", "Nora has joined the chat.")
        assert (causes(session)[-1], history(ticket)) == ("operator_joined", ["opened", "claimed"])

    def test_the_visitor_is_told_in_their_language(self, make_session):
        session = make_session(language="zh-Hans")
        say(session, "转人工")
        claim(ticket_id=Ticket.objects.get().pk, operator=nora())
        assert "Nora" in last(session)[1]

    def test_from_then_on_the_bot_is_silent(self, session, ticket):
        claim(ticket_id=ticket.pk, operator=nora())
        say(session, "hello")
        assert last(session) == ("visitor", "hello")
        assert Turn.objects.latest("from_seq").route == "human"

    def test_who_comes_second_learns_who_was_first_and_when(self, ticket):
        taken = claim(ticket_id=ticket.pk, operator=nora())
        why = refused(claim, ticket_id=ticket.pk, operator=omar())
        assert (why.code, why.facts["by"]) == ("taken", "Nora")
        assert why.facts["at"] == taken.claimed_at.isoformat()
        assert why.detail == "Nora has taken this chat."

    def test_taking_ones_own_again_changes_nothing(self, session, ticket):
        who = nora()
        first = claim(ticket_id=ticket.pk, operator=who)
        said = lines(session)
        assert claim(ticket_id=ticket.pk, operator=who).version == first.version
        assert lines(session) == said

    def test_a_closed_ticket_cannot_be_taken(self, ticket):
        close_ticket(ticket=ticket, notice="done")
        assert refused(claim, ticket_id=ticket.pk, operator=nora()).code == "closed"

    def test_nor_one_that_is_gone(self, ticket):
        number = ticket.pk
        ticket.session.delete()
        assert refused(claim, ticket_id=number, operator=nora()).code == "not_found"

    def test_a_line_that_waits_for_a_model_is_left_to_the_person(self, session):
        ask(session)
        taken = take_over(session_id=session.id, operator=nora())
        turn = Turn.objects.get()
        assert (turn.state, turn.route) == ("cancelled", "cancelled")
        assert taken.reason == "stepped_in"


@pytest.mark.django_db(transaction=True)
def test_of_fifty_who_claim_one_ticket_one_gets_it(session, ticket):
    crowd = [operator(f"Operator{number}") for number in range(50)]

    def try_it(one):
        try:
            return claim(ticket_id=ticket.pk, operator=one).operator
        except Refused as why:
            return why

    came_of = at_once(*(partial(try_it, one) for one in crowd))
    lost = [one for one in came_of if isinstance(one, Refused)]
    [winner] = [one for one in came_of if not isinstance(one, Refused)]
    assert len(lost) == 49
    assert {(why.code, why.facts["by"]) for why in lost} == {("taken", winner.name)}
    assert fresh(ticket).operator == winner
    assert history(ticket).count("claimed") == 1
    joined = [text for author, text in lines(session) if "joined" in text]
    assert joined == [f"{winner.name} has joined the chat."]


class TestTakeOver:
    def test_from_the_bot_a_ticket_is_made(self, session):
        say(session, "where is my parcel")
        taken = take_over(session_id=session.id, operator=nora())
        assert (taken.status, taken.operator.name, taken.waiting_since) == ("open", "Nora", None)
        assert stands(session) == ("HANDOFF", "human")

    def test_from_the_queue_it_is_the_ticket_that_waits(self, session, ticket):
        assert take_over(session_id=session.id, operator=nora()).pk == ticket.pk

    def test_from_a_colleague_it_takes_a_right(self, session, ticket):
        claim(ticket_id=ticket.pk, operator=nora())
        assert refused(take_over, session_id=session.id, operator=omar()).code == "not_allowed"
        taken = take_over(session_id=session.id, operator=sam())
        assert taken.operator.name == "Sam"
        assert last(session)[1] == "Sam has joined the chat and goes on in place of Nora."
        event = TicketEvent.objects.latest("id")
        assert event.data["before"] != taken.operator.pk

    def test_what_is_ones_own_stays_so(self, session, ticket):
        who = nora()
        claim(ticket_id=ticket.pk, operator=who)
        said = lines(session)
        take_over(session_id=session.id, operator=who)
        assert lines(session) == said


class TestReturn:
    def test_the_bot_answers_again(self, session, ticket):
        who = nora()
        claim(ticket_id=ticket.pk, operator=who)
        done = return_to_bot(ticket_id=ticket.pk, operator=who, instruction="Only the address")
        assert (done.status, done.waiting_since) == ("done", None)
        assert stands(session) == ("INIT", "bot")
        assert (
            last(session)[1] == "Nora has left the chat. The assistant answers again from here on."
        )
        assert TicketEvent.objects.latest("id").text == "Only the address"
        say(session, "hello")
        assert last(session)[0] == "bot"

    def test_what_was_said_to_nobody_is_one_turn_for_the_bot(self, session, ticket):
        who = nora()
        claim(ticket_id=ticket.pk, operator=who)
        for text in ("one thing", "and another"):
            say(session, text)
        return_to_bot(ticket_id=ticket.pk, operator=who)
        turn = Turn.objects.open().get()
        asked = Message.objects.filter(author=Author.VISITOR, turn=turn).order_by("seq")
        assert [line.text for line in asked] == ["one thing", "and another"]
        assert (turn.from_seq, turn.to_seq) == (asked[0].seq, asked[1].seq)

    def test_only_by_whom_it_belongs_to_or_who_directs_them(self, ticket):
        claim(ticket_id=ticket.pk, operator=nora())
        why = refused(return_to_bot, ticket_id=ticket.pk, operator=omar())
        assert (why.code, why.facts) == ("not_yours", {"by": "Nora"})
        assert return_to_bot(ticket_id=ticket.pk, operator=sam()).status == "done"


class TestRequeue:
    def test_the_visitor_waits_again_and_is_told(self, session):
        who = nora()
        ticket = asks(session)
        claim(ticket_id=ticket.pk, operator=who)
        back = requeue(ticket_id=ticket.pk, operator=who, why="end of shift")
        assert (back.operator, back.claimed_at) == (None, None)
        assert back.waiting_since == fresh(ticket).waiting_since == ticket.waiting_since
        assert stands(session) == ("COLLECT", "queued")
        assert last(session)[1].startswith("You are back in the queue")
        assert TicketEvent.objects.latest("id").text == "end of shift"

    def test_what_waits_already_stays_as_it_is(self, session, ticket):
        said = lines(session)
        assert requeue(ticket_id=ticket.pk, operator=nora(), why="").version == ticket.version
        assert lines(session) == said

    def test_who_left_an_address_is_not_asked_for_one(self, session, ticket):
        Ticket.objects.update(email="jo@shop.example")
        who = nora()
        claim(ticket_id=ticket.pk, operator=who)
        requeue(ticket_id=ticket.pk, operator=who, why="")
        assert stands(session) == ("HANDOFF", "queued")


class TestTransfer:
    @pytest.fixture
    def who(self, ticket):
        who = nora()
        claim(ticket_id=ticket.pk, operator=who)
        return who

    def test_to_a_colleague_with_a_note_that_no_visitor_reads(self, session, ticket, who):
        to = omar()
        passed = transfer(ticket_id=ticket.pk, operator=who, to_operator=to, note="VIP, be quick")
        assert (passed.operator, stands(session)) == (to, ("HANDOFF", "human"))
        assert last(session)[1] == "Omar has joined the chat and goes on in place of Nora."
        assert Note.objects.get().text == "VIP, be quick"
        assert not any("VIP" in text for _, text in lines(session))

    def test_not_to_somebody_who_is_not_there(self, ticket, who):
        why = refused(transfer, ticket_id=ticket.pk, operator=who, to_operator=gone(omar()))
        assert (why.code, why.detail) == ("not_available", "Omar is not there to take it.")
        assert fresh(ticket).operator == who

    def test_nor_to_one_who_was_switched_off(self, ticket, who):
        to = omar(active=False)
        why = refused(transfer, ticket_id=ticket.pk, operator=who, to_operator=to)
        assert why.code == "not_available"

    def test_to_a_team_it_waits_for_whoever_takes_it(self, session, ticket, who):
        returns = team("Returns", omar())
        passed = transfer(ticket_id=ticket.pk, operator=who, to_team=returns)
        assert (passed.operator, passed.team) == (None, returns)
        assert passed.waiting_since is not None
        assert stands(session)[1] == "queued"

    def test_not_to_a_team_of_which_nobody_is_there(self, ticket, who):
        returns = team("Returns", gone(omar()))
        why = refused(transfer, ticket_id=ticket.pk, operator=who, to_team=returns)
        assert (why.code, why.detail) == ("nobody", "Nobody in Returns is there to take it.")

    def test_to_nobody_or_to_two_is_no_transfer(self, ticket, who):
        assert refused(transfer, ticket_id=ticket.pk, operator=who).code == "bad_value"
        assert refused(transfer, ticket_id=ticket.pk, operator=who, to_operator=who).code == (
            "bad_value"
        )

    @pytest.mark.parametrize(("note", "code"), [("a\0", "bad_text"), ("a" * 10_001, "too_long")])
    def test_a_note_that_cannot_be_kept_says_why(self, ticket, who, note, code):
        to = omar()
        why = refused(transfer, ticket_id=ticket.pk, operator=who, to_operator=to, note=note)
        assert (why.code, fresh(ticket).operator) == (code, who)

    def test_nor_by_somebody_else(self, ticket, who):
        to = omar()
        assert refused(transfer, ticket_id=ticket.pk, operator=to, to_operator=to).code == (
            "not_yours"
        )
