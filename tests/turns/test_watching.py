"""The sweeper: notices before the deadline, once, and by one leader."""

import socket
import subprocess
import threading
import uuid
from typing import ClassVar

import pytest
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from apps.chat.models import Message, Session, Turn
from apps.dialogue import phrases
from apps.dialogue.models import Drain
from apps.dialogue.turns import claims, isolation, watching
from apps.dialogue.turns.finishing import give_notice
from apps.dialogue.turns.watching import Watcher
from apps.engine.types import TurnState
from apps.handoff.models import Ticket
from tests.turns.conversations import ask, database_url, lines, turns

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(make_session):
    return make_session()


@pytest.fixture
def started(monkeypatch):
    """What the sweeper would start."""
    words: list[tuple[str, ...]] = []
    monkeypatch.setattr(Watcher, "_start", lambda self, *given: words.append(given))
    return words


@pytest.fixture
def woken(monkeypatch):
    calls: list[bool] = []
    monkeypatch.setattr(watching, "wake", lambda: calls.append(True))
    return calls


@pytest.fixture
def watcher(started, woken):
    watcher = Watcher()
    yield watcher
    watcher.resign()


def at_once(*works):
    """Runs them at the same moment, each with a connection of its own; what they returned."""
    gate = threading.Barrier(len(works))
    found: list[object] = []

    def run(work):
        gate.wait()
        try:
            found.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
@pytest.mark.parametrize("state", [TurnState.PENDING, TurnState.RUNNING])
def test_before_the_deadline_there_is_a_notice_and_a_ticket(
    make_session, watcher, all_holds, language, state
):
    session = make_session(language=language)
    turn = ask(session, deadline_s=2.9)
    Turn.objects.update(state=state, attempt=1, lease_until="2999-01-01T00:00Z")
    assert watcher.look() == 1
    assert watcher.look() == 0
    assert turns(session) == [("fallback", 1, 1, 1)]
    notice = Message.objects.get(author="system")
    assert notice.text == phrases.in_language(phrases.UNANSWERED, language)
    assert notice.meta["form"]["message"] == "a riddle"
    assert notice.turn_id == turn
    ticket = Ticket.objects.get()
    assert (ticket.turn, ticket.reason, ticket.language) == (turn, "deadline", language)
    assert Session.objects.get().mode == "queued"


def test_a_turn_with_time_left_is_left_alone(session, watcher):
    ask(session, deadline_s=30)
    assert watcher.look() == 0
    assert turns(session) == [("pending", 0, 1, 1)]


def test_two_sweepers_give_one_notice(make_session, watcher, started, all_holds):
    sessions = [make_session() for _ in range(10)]
    for session in sessions:
        ask(session, deadline_s=1)
    other = Watcher()
    assert sorted(at_once(watcher.look, other.look)) == [0, 10]
    other.resign()
    for session in sessions:
        assert [author for author, _ in lines(session)] == ["visitor", "system"]
    assert Ticket.objects.count() == 10


def test_a_notice_that_two_give_at_once_is_given_once(session, all_holds):
    """Without the leader's lock the session's decides."""
    turn = ask(session, deadline_s=1)
    told = at_once(*(lambda: give_notice(turn) for _ in range(4)))
    assert sorted(told) == [False, False, False, True]
    assert len(lines(session)) == 2


def test_the_next_sweeper_leads_when_the_first_is_gone(session, watcher, started, woken):
    ask(session, deadline_s=1)
    other = Watcher()
    assert other._leads() is True
    assert watcher.look() == 0
    other.resign()
    assert watcher.look() == 1


def test_a_session_with_a_ticket_keeps_it(session, watcher, all_holds):
    ticket = Ticket.objects.create(
        site=session.site, session=session, reason="asked", language="en", turn=uuid.uuid4()
    )
    ask(session, deadline_s=1)
    assert watcher.look() == 1
    assert Ticket.objects.get() == ticket


def test_old_pending_turns_without_a_living_drain_start_one(session, watcher, started, woken):
    ask(session)
    watcher.look()
    assert started == [], "it has not waited for long"
    Turn.objects.update(created_at="2000-01-01T00:00Z")
    Drain.objects.create(name="dead", places=9, held=0, claiming=True, beat_at="2000-01-01T00:00Z")
    watcher.look()
    assert (started, woken) == ([("drain",)], [])
    assert not Drain.objects.exists(), "what is dead for a minute is forgotten"


def test_with_a_living_drain_the_broker_is_told_when_its_places_are_taken(
    session, watcher, started, woken
):
    ask(session)
    Turn.objects.update(created_at="2000-01-01T00:00Z")
    drain = Drain.objects.create(name="alive", places=9, held=0, claiming=True)
    watcher.look()
    assert (started, woken) == ([], [])
    Drain.objects.filter(pk=drain.pk).update(held=9)
    watcher.look()
    assert (started, woken) == ([], [True])


def test_overdue_leases_start_a_process_for_the_lost(session, watcher, started):
    turn = ask(session)
    Turn.objects.filter(pk=turn).update(state="running", lease_until="2999-01-01T00:00Z")
    watcher.look()
    assert started == []
    Turn.objects.filter(pk=turn).update(lease_until="2000-01-01T00:00Z")
    watcher.look()
    assert started == [("drain", "--alone")]


def test_three_losses_alone_are_enough(session, watcher, started, all_holds):
    turn = ask(session)
    Turn.objects.filter(pk=turn).update(
        state="running", attempt=4, losses=3, lease_until="2000-01-01T00:00Z"
    )
    assert watcher.look() == 1
    assert started == []
    assert turns(session) == [("fallback", 4, 1, 1)]


class Child:
    """A process that the sweeper has started; it never ends by itself."""

    made: ClassVar[list[tuple[str, ...]]] = []

    def __init__(self, words, **_more):
        self.made.append(tuple(words)[2:])
        self.pid = 70_000 + len(self.made)

    def poll(self):
        return None


@pytest.fixture
def made(monkeypatch):
    monkeypatch.setattr(Child, "made", [])
    monkeypatch.setattr(subprocess, "Popen", Child)
    return Child.made


def beat(number, **more):
    """The drain that was started as this number writes its row."""
    values = {"places": 9, "held": 1, "claiming": True, "beat_at": timezone.now(), **more}
    Drain.objects.update_or_create(name=claims.name_of(70_000 + number), defaults=values)


@pytest.mark.parametrize(
    "over", [{"claiming": False}, {"beat_at": "2000-01-01T00:00Z"}], ids=["finishes", "frozen"]
)
def test_a_drain_that_claims_no_longer_is_followed_by_another(session, made, woken, over):
    ask(session)
    Turn.objects.update(created_at="2000-01-01T00:00Z")
    watcher = Watcher()
    watcher.look()
    watcher.look()
    assert made == [("drain",)], "the first has not begun yet"
    beat(1)
    watcher.look()
    assert len(made) == 1, "the first claims"
    beat(1, **over)
    watcher.look()
    watcher.look()
    assert made == [("drain",)] * 2
    watcher.resign()


def test_a_notice_that_breaks_keeps_no_other_from_theirs(
    make_session, watcher, monkeypatch, caplog
):
    poison, *healthy = [ask(make_session(), "my secret", deadline_s=1) for _ in range(3)]

    def notice(turn):
        if turn == poison:
            raise ValueError("my secret")
        return give_notice(turn)

    monkeypatch.setattr(watching, "give_notice", notice)
    assert watcher.look() == 2
    assert watcher.look() == 0
    assert set(Turn.objects.open().values_list("id", flat=True)) == {poison}
    assert f"turn {poison}: its notice is broken (ValueError" in caplog.text
    assert "secret" not in caplog.text
    assert not set(healthy) & watcher._failed
    monkeypatch.undo()
    assert watcher.look() == 1


@pytest.mark.parametrize("is_past_a_pooler", [False, True])
def test_a_database_that_falls_silent_is_given_up(settings, is_past_a_pooler, watcher):
    if is_past_a_pooler:
        settings.DATABASE_DIRECT_URL = f"{database_url()}&options=-c%20application_name%3Dpast"
    assert watcher._leads() is True
    connection = watcher._connection
    assert watcher._ask("SHOW statement_timeout") == [("5s",)]
    assert (watcher._ask("SHOW application_name") == [("past",)]) is is_past_a_pooler
    told = connection.info.get_parameters()
    assert (told["connect_timeout"], told["tcp_user_timeout"]) == ("5", "6000")


def test_a_server_that_says_nothing_holds_nobody_up(settings, watcher):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        settings.DATABASE_DIRECT_URL = f"postgresql://nobody@127.0.0.1:{port}/none"
        with pytest.raises(DatabaseError):
            watcher.look()
        assert isolation._look() == (0, 1)
