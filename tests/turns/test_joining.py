"""What becomes of a line that comes while a turn is open, in the journal's one statement."""

import uuid
from dataclasses import replace

import pytest
from django.db import transaction

from apps.chat.cancelling import cancelled
from apps.chat.items import BadItemError, FinishTurn, Item, Line, NewTurn, Verdict, check
from apps.chat.journal import append
from apps.chat.models import Message, Turn
from apps.engine.types import Author, Mode, TurnState
from tests.turns.conversations import add, ask, lines, said, turns

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(make_session):
    return make_session()


def running(turn, **more):
    Turn.objects.filter(pk=turn).update(state=TurnState.RUNNING, attempt=1, **more)


def span(turn):
    assert turn.deadline_at
    return turn.deadline_at - turn.created_at


@transaction.atomic
def finish(session, turn, text="answer", attempt=1, **more):
    line = Line(Author.BOT, text, of_turn=True)
    return append(Item(session.id, None, (line,), finish=FinishTurn(turn, attempt, **more))).verdict


def test_a_line_joins_a_pending_turn_in_the_same_commit(session, all_holds):
    turn = ask(session)
    before = Turn.objects.get().deadline_at
    assert add(session).verdict is Verdict.OK
    assert turns(session) == [("pending", 0, 1, 2)]
    assert set(Message.objects.values_list("turn", flat=True)) == {turn}
    assert Turn.objects.get().deadline_at == before
    running(turn)
    assert finish(session, turn) is Verdict.OK


def test_a_running_turn_that_has_shown_nothing_starts_again_over_both(session, all_holds):
    turn = ask(session)
    running(turn, lease_until="2999-01-01T00:00Z")
    add(session)
    assert turns(session) == [("pending", 1, 1, 2)]
    assert Turn.objects.get().lease_until is None
    assert finish(session, turn) is Verdict.STALE, "the first run knew one line only"
    running(turn)
    assert finish(session, turn) is Verdict.OK
    assert [text for _, text in lines(session)] == ["a riddle", "and this", "answer"]


def test_once_something_is_shown_a_line_waits_for_a_turn_of_its_own(session, all_holds):
    turn = ask(session)
    running(turn, shown=True)
    add(session, "one more")
    add(session, "and another")
    assert turns(session) == [("running", 1, 1, 1)]
    assert finish(session, turn) is Verdict.OK
    assert turns(session) == [("done", 1, 1, 1), ("pending", 0, 2, 3)]
    follow_up = Turn.objects.get(state="pending")
    assert span(follow_up) == span(Turn.objects.get(pk=turn))
    assert list(Message.objects.filter(turn=follow_up).values_list("seq", flat=True)) == [2, 3]
    running(follow_up.pk)
    assert finish(session, follow_up.pk, "to both") is Verdict.OK


def test_a_fallback_takes_the_waiting_lines_with_it(session, url):
    turn = ask(session)
    running(turn, shown=True)
    add(session)
    finish(session, turn, attempt=None, state=TurnState.FALLBACK)
    assert turns(session) == [("fallback", 1, 1, 2)]
    assert set(Message.objects.values_list("turn", flat=True)) == {turn}


def test_a_line_that_finds_no_open_turn_is_told(session):
    assert add(session).verdict is Verdict.STALE
    assert lines(session) == []


def test_a_home_answer_is_not_stored_beside_an_open_turn(session):
    ask(session)
    line = Line(Author.VISITOR, "hello", cmid=uuid.uuid4(), of_turn=True)
    home = Item(session.id, 1, (line,), turn=NewTurn(TurnState.DONE), exclusive=True)
    with transaction.atomic():
        assert append(home).verdict is Verdict.BUSY
        assert append(replace(home, version=0)).verdict is Verdict.CONFLICT


def test_a_resend_of_a_line_that_joined_is_known(session):
    ask(session)
    line = said("and this")
    with transaction.atomic():
        assert append(Item(session.id, 1, (line,), joins=True)).verdict is Verdict.OK
        assert append(Item(session.id, 1, (line,), joins=True)).verdict is Verdict.DUP
    assert len(lines(session)) == 2


def test_a_takeover_ends_the_open_turn(session, all_holds):
    turn = ask(session)
    running(turn)
    with transaction.atomic():
        ending = cancelled(session)
        notice = Line(Author.SYSTEM, "Ann is here")
        append(Item(session.id, None, (notice,), mode=Mode.HUMAN, finish=ending))
    assert turns(session) == [("cancelled", 1, 1, 1)]
    assert finish(session, turn) is Verdict.STALE
    assert cancelled(session) is None


def test_a_site_has_a_limit_of_open_turns(session, make_session, settings):
    settings.CHAT = replace(settings.CHAT, open_turns=2)
    ask(session)
    ask(make_session())
    more = make_session()
    with pytest.raises(AssertionError):
        ask(more)
    assert lines(more) == []
    with transaction.atomic():
        item = Item(more.id, None, (said("x"),), turn=NewTurn(TurnState.PENDING, deadline_s=9))
        assert append(item).verdict is Verdict.FULL
    assert add(session).verdict is Verdict.OK, "it opens none"


@pytest.mark.parametrize(
    "more",
    [
        {"turn": NewTurn(TurnState.PENDING)},
        {"joins": True, "turn": NewTurn(TurnState.DONE)},
        {"joins": True, "finish": FinishTurn(uuid.uuid4(), 1)},
    ],
    ids=["no deadline", "join and turn", "join and finish"],
)
def test_what_no_turn_can_be_is_refused_before_it_queues(more):
    with pytest.raises(BadItemError):
        check(Item(uuid.uuid4(), 1, (said("x"),), **more))


@pytest.fixture
def bounds(settings):
    settings.CHAT = replace(settings.CHAT, turn_restarts=2, turn_characters=20)


@pytest.mark.usefixtures("bounds")
def test_a_turn_starts_again_so_often_and_then_lines_wait(session, all_holds):
    turn = ask(session, "0")
    for attempt in (1, 2):
        running(turn)
        Turn.objects.filter(pk=turn).update(attempt=attempt)
        add(session, f"{attempt}")
        assert turns(session) == [("pending", attempt, 1, attempt + 1)]
    Turn.objects.filter(pk=turn).update(state="running", attempt=3)
    add(session, "3")
    add(session, "4")
    assert turns(session) == [("running", 3, 1, 3)]
    assert finish(session, turn, attempt=3) is Verdict.OK
    assert turns(session) == [("done", 3, 1, 3), ("pending", 0, 4, 5)]
    follow_up = Turn.objects.open().get()
    running(follow_up.pk)
    assert finish(session, follow_up.pk) is Verdict.OK


@pytest.mark.usefixtures("bounds")
def test_lines_are_together_so_long_and_the_others_wait_in_their_order(session, all_holds):
    turn = ask(session, "a" * 15)
    add(session, "b" * 6)
    add(session, "c")
    assert turns(session) == [("pending", 0, 1, 1)], "also a short one, behind one that waits"
    for text in ("d" * 14, "e" * 50, "f"):
        add(session, text)
    for first, last in [(2, 3), (4, 4), (5, 5), (6, 6)]:
        running(turn)
        assert finish(session, turn) is Verdict.OK
        turn = Turn.objects.open().get().pk
        assert turns(session)[-1] == ("pending", 0, first, last)
    running(turn)
    assert finish(session, turn) is Verdict.OK
    assert [text[0] for _, text in lines(session)] == ["a", "b", "c", "d", "e", "f", *"aaaaa"]
    assert not Turn.objects.open().exists()


@pytest.mark.usefixtures("bounds")
def test_a_notice_takes_all_lines_that_wait(session, url):
    turn = ask(session, "a" * 15)
    for text in ("b" * 15, "c" * 15):
        add(session, text)
    running(turn)
    finish(session, turn, attempt=None, state=TurnState.FALLBACK)
    assert turns(session) == [("fallback", 1, 1, 3)]
    assert set(Message.objects.values_list("turn", flat=True)) == {turn}
