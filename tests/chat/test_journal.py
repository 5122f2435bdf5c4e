"""The journal against a real PostgreSQL: what is committed, what is refused, and who wins."""

import asyncio
import itertools
import json
import random
import threading
import uuid
from typing import Any

import psycopg
import pytest
from channels.db import database_sync_to_async as in_database
from django.db import connection, transaction

from apps.chat.items import BadItemError, FinishTurn, Item, Line, NewTurn, Verdict
from apps.chat.journal import Journal, UnavailableError, append, conninfo
from apps.chat.models import Message, Session, Transition, Turn
from apps.engine.events import Move
from apps.engine.types import Author, Mode, State, TurnState
from tests.chat.conftest import fresh, seqs, texts

pytestmark = pytest.mark.django_db(transaction=True)


def said(text="hello", *, cmid=None, of_turn=False):
    return Line(Author.VISITOR, text, cmid=cmid or uuid.uuid4(), of_turn=of_turn)


def replied(text="hi", *, of_turn=False):
    return Line(Author.BOT, text, meta={"ai": True}, of_turn=of_turn)


@pytest.fixture
def session(make_session):
    return make_session()


async def test_a_home_turn_is_one_commit(journal, committed, session):
    turn = NewTurn(TurnState.DONE, route="faq", confidence=0.9, sources=["7"])
    lines = (said("question", of_turn=True), replied("answer", of_turn=True))
    step = Move(State.INIT, State.END, "farewell")
    outcome = await journal.submit(
        Item(session.id, 0, lines, state=State.END, memory={"misses": 1}, turn=turn, steps=(step,))
    )
    assert (outcome.verdict, outcome.version, outcome.last_seq) == (Verdict.OK, 1, 2)
    assert await texts(session) == ["question", "answer"]
    stored = await fresh(session)
    assert (stored.version, stored.last_seq, stored.state) == (1, 2, "END")
    assert stored.memory == {"misses": 1}
    kept = await in_database(Turn.objects.get)(pk=turn.id)
    assert (kept.state, kept.route, kept.from_seq, kept.sources) == ("done", "faq", 1, ["7"])
    move = await in_database(Transition.objects.get)(session=session)
    assert (move.from_state, move.to_state, move.turn) == ("INIT", "END", turn.id)
    await asyncio.sleep(0)
    assert committed == [(session.id, 2)]


async def test_a_resend_gives_what_was_stored_and_writes_nothing(journal, session, cmid):
    line = said("once", cmid=cmid)
    await journal.submit(Item(session.id, 0, (line, replied())))
    again = await journal.submit(Item(session.id, 1, (said("twice", cmid=cmid), replied())))
    assert again.verdict is Verdict.DUP
    assert (again.known[0].id, again.known[0].seq, again.known[0].text) == (line.id, 1, "once")
    assert (again.version, again.last_seq) == (1, 2)
    assert await seqs(session) == [1, 2]


async def test_a_moved_session_is_a_conflict_that_brings_the_version(journal, session):
    await journal.submit(Item(session.id, 0, (said(),)))
    outcome = await journal.submit(Item(session.id, 0, (said(),)))
    assert (outcome.verdict, outcome.version, outcome.last_seq) == (Verdict.CONFLICT, 1, 1)
    assert await seqs(session) == [1]


async def test_no_such_session_is_missing(journal):
    outcome = await journal.submit(Item(uuid.uuid4(), 0, (said(),)))
    assert outcome.verdict is Verdict.MISSING


async def test_what_decided_and_what_was_commanded_is_stored(journal, session):
    lines = (said("one"), said("two"), Line(Author.BOT, "one answer", of_turn=True))
    turn = NewTurn(TurnState.DONE, route="flow", rule="missing", flow="refund", covers=2)
    step = Move(State.INIT, State.COLLECT, "missing", "StartFlow")
    await journal.submit(Item(session.id, 0, lines, State.COLLECT, turn=turn, steps=(step,)))
    stored = await in_database(Turn.objects.get)()
    assert (stored.rule, stored.flow, stored.from_seq, stored.to_seq) == ("missing", "refund", 1, 2)
    move = await in_database(Transition.objects.get)()
    assert (move.cause, move.command) == ("missing", "StartFlow")


async def test_a_second_open_turn_is_busy(journal, session):
    pending = NewTurn(TurnState.PENDING, deadline_s=30)
    first = await journal.submit(Item(session.id, 0, (said(of_turn=True),), turn=pending))
    assert first.verdict is Verdict.OK
    other = NewTurn(TurnState.PENDING, deadline_s=30)
    second = await journal.submit(Item(session.id, 1, (said(),), turn=other))
    assert second.verdict is Verdict.BUSY
    kept = await in_database(Turn.objects.get)(pk=pending.id)
    assert kept.deadline_at is not None
    assert kept.finished_at is None


@in_database
def run_turn(turn_id, attempt):
    Turn.objects.filter(pk=turn_id).update(state=TurnState.RUNNING, attempt=attempt)


async def test_a_finish_counts_only_at_its_attempt_and_may_open_a_follow_up(journal, session):
    pending = NewTurn(TurnState.PENDING, deadline_s=30)
    await journal.submit(Item(session.id, 0, (said(of_turn=True),), turn=pending))
    await run_turn(pending.id, attempt=2)
    late = await journal.submit(
        Item(session.id, 1, (replied("late", of_turn=True),), finish=FinishTurn(pending.id, 1))
    )
    assert late.verdict is Verdict.STALE
    follow_up = NewTurn(TurnState.PENDING, deadline_s=30)
    done = await journal.submit(
        Item(
            session.id,
            1,
            (replied("in time"),),
            finish=FinishTurn(pending.id, 2, route="model"),
            turn=follow_up,
        )
    )
    assert done.verdict is Verdict.OK
    assert await texts(session) == ["hello", "in time"]
    states = await in_database(lambda: dict(Turn.objects.values_list("id", "state")))()
    assert states == {pending.id: "done", follow_up.id: "pending"}


async def test_a_pending_turn_is_announced_to_listeners(journal, session):
    async with await psycopg.AsyncConnection.connect(**conninfo(), autocommit=True) as listener:
        await listener.execute("LISTEN turns")
        await journal.submit(
            Item(session.id, 0, (said(),), turn=NewTurn(TurnState.PENDING, deadline_s=30))
        )
        notices = [notice async for notice in listener.notifies(timeout=5, stop_after=1)]
    assert [notice.channel for notice in notices] == ["turns"]


async def test_two_replies_to_one_turn_cannot_be(journal, session):
    turn = NewTurn(TurnState.DONE)
    lines = (said(of_turn=True), replied(of_turn=True), replied(of_turn=True))
    with pytest.raises(BadItemError):
        await journal.submit(Item(session.id, 0, lines, turn=turn))
    assert await seqs(session) == []


@pytest.mark.parametrize(
    "line",
    [
        Line(Author.VISITOR, "a\0b"),
        Line(Author.VISITOR, "half \ud800 a pair"),
        Line(Author.VISITOR, "x", meta={"deep": [{"k\0": 1}]}),
        Line(Author.VISITOR, "x", fields={"k": "\udfff"}),
    ],
    ids=["nul", "surrogate", "meta", "fields"],
)
async def test_what_cannot_be_stored_is_refused_before_it_queues(journal, session, line):
    with pytest.raises(BadItemError):
        await journal.submit(Item(session.id, 0, (line,)))


async def test_a_bad_item_takes_no_other_down_with_it(journal, make_session):
    sessions = await in_database(lambda: [make_session() for _ in range(9)])()
    items = [Item(session.id, 0, (said(),)) for session in sessions]
    turn = NewTurn(TurnState.DONE)
    items[4] = Item(sessions[4].id, 0, (replied(of_turn=True), replied(of_turn=True)), turn=turn)
    outcomes = await asyncio.gather(*map(journal.submit, items), return_exceptions=True)
    assert isinstance(outcomes.pop(4), BadItemError)
    assert {outcome.verdict for outcome in outcomes} == {Verdict.OK}


async def test_twenty_resends_at_once_store_one_row(journal, session, cmid):
    other = Journal(conninfo(), on_commit=lambda _moved: None)
    journals = [journal, other]

    async def resend(number):
        version = 0
        while True:
            item = Item(session.id, version, (said("once", cmid=cmid), replied()))
            outcome = await journals[number % 2].submit(item)
            if outcome.verdict is not Verdict.CONFLICT:
                return outcome
            version = outcome.version

    outcomes = await asyncio.gather(*map(resend, range(20)))
    await other.close()
    verdicts = [outcome.verdict for outcome in outcomes]
    assert (verdicts.count(Verdict.OK), verdicts.count(Verdict.DUP)) == (1, 19)
    assert {outcome.known[0].seq for outcome in outcomes if outcome.known} == {1}
    assert await seqs(session) == [1, 2]


async def test_a_locked_session_stalls_no_other(journal, make_session):
    held, free = await in_database(lambda: (make_session(), make_session()))()
    async with await psycopg.AsyncConnection.connect(**conninfo()) as holder:
        await holder.execute("SELECT 1 FROM chat_session WHERE id = %s FOR UPDATE", [held.id])
        waiting = asyncio.create_task(journal.submit(Item(held.id, 0, (said(),))))
        for version in range(5):
            outcome = await journal.submit(Item(free.id, version, (said(),)))
            assert outcome.verdict is Verdict.OK
        assert not waiting.done()
        await holder.rollback()
        assert (await waiting).verdict is Verdict.OK


async def test_a_session_locked_too_long_is_given_up(session):
    impatient = Journal(conninfo(), on_commit=lambda _moved: None, wait_s=0.05)
    async with await psycopg.AsyncConnection.connect(**conninfo()) as holder:
        await holder.execute("SELECT 1 FROM chat_session WHERE id = %s FOR UPDATE", [session.id])
        with pytest.raises(UnavailableError):
            await impatient.submit(Item(session.id, 0, (said(),)))
    await impatient.close()
    assert await seqs(session) == []


async def insist(journal, session, line):
    """Submits a line until it is stored, on whatever version the session then has."""
    version = (await fresh(session)).version
    while True:
        outcome = await journal.submit(Item(session.id, version, (line, replied())))
        version = outcome.version
        if outcome.verdict is not Verdict.CONFLICT:
            return outcome.verdict


async def cut_connection():
    """Ends the journal's connection in the database, whatever runs on it; how many there were."""
    async with await psycopg.AsyncConnection.connect(**conninfo(), autocommit=True) as knife:
        cursor = await knife.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE '%%json_to_recordset%%'"
            " AND pid <> pg_backend_pid()"
        )
        return len(await cursor.fetchall())


async def test_a_lost_connection_stores_keyed_items_once(journal, make_session):
    """Whoever stores each 25th line cuts the connection, while the others write on."""
    sessions = await in_database(lambda: [make_session() for _ in range(8)])()
    stored = itertools.count(1)
    cut: list[int] = []

    async def talk(session):
        for number in range(20):
            assert await insist(journal, session, said(str(number))) in (Verdict.OK, Verdict.DUP)
            if next(stored) % 25 == 0:
                cut.append(await cut_connection())

    await asyncio.gather(*map(talk, sessions))
    assert len(cut) == 6
    assert sum(cut) > 0
    for session in sessions:
        lines = [text for text in await texts(session) if text != "hi"]
        assert lines == [str(number) for number in range(20)]
        assert await seqs(session) == list(range(1, 41))


async def test_an_item_without_a_key_is_not_retried_after_a_loss(journal, session):
    await journal.submit(Item(session.id, 0, (said(),)))
    async with await psycopg.AsyncConnection.connect(**conninfo()) as holder:
        await holder.execute("LOCK TABLE chat_message IN ACCESS EXCLUSIVE MODE")
        waiting = asyncio.create_task(journal.submit(Item(session.id, 1, (replied(),))))
        async with await psycopg.AsyncConnection.connect(**conninfo(), autocommit=True) as knife:
            killed: list[Any] = []
            while not killed:
                cursor = await knife.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
                )
                killed = await cursor.fetchall()
        with pytest.raises(UnavailableError):
            await waiting
    assert await seqs(session) == [1]


def lock_at_random(sessions, stop):
    """What an operator's long transaction does, over and over."""
    chance = random.Random(7)
    with psycopg.connect(**conninfo()) as holder:
        while not stop.is_set():
            session = chance.choice(sessions)
            holder.execute(
                "SELECT 1 FROM chat_session WHERE id = %s FOR NO KEY UPDATE", [session.id]
            )
            stop.wait(chance.random() / 100)
            holder.rollback()


async def test_many_writers_and_random_locks_leave_every_line_once_in_order(make_session):
    sessions = await in_database(lambda: [make_session() for _ in range(12)])()
    journals = [Journal(conninfo(), on_commit=lambda _moved: None, wait_s=20) for _ in range(2)]

    async def talk(session, writer):
        for number in range(15):
            line = said(f"{writer} {number}")
            assert await insist(journals[writer], session, line) is Verdict.OK

    stop = threading.Event()
    locker = asyncio.to_thread(lock_at_random, sessions, stop)
    talks = asyncio.gather(*(talk(each, writer) for each in sessions for writer in (0, 1)))
    talks.add_done_callback(lambda _done: stop.set())
    async with asyncio.timeout(60):
        await asyncio.gather(talks, locker)
    await asyncio.gather(*(journal.close() for journal in journals))
    for session in sessions:
        assert await seqs(session) == list(range(1, 61))
        lines = await texts(session)
        for writer in "01":
            mine = [line for line in lines if line.startswith(writer)]
            assert mine == [f"{writer} {number}" for number in range(15)]


def test_the_synchronous_door_writes_with_its_callers_transaction(session):
    with transaction.atomic():
        outcome = append(Item(session.id, None, (Line(Author.SYSTEM, "a notice"),), mode=Mode.BOT))
        assert (outcome.verdict, outcome.last_seq) == (Verdict.OK, 1)
    assert Message.objects.get(session=session).text == "a notice"
    with transaction.atomic():
        append(Item(session.id, None, (Line(Author.SYSTEM, "never"),)))
        transaction.set_rollback(True)
    assert Session.objects.get(pk=session.pk).last_seq == 1


def test_the_synchronous_door_knows_conflicts_and_resends(session, cmid):
    with transaction.atomic():
        append(Item(session.id, 0, (said(cmid=cmid),)))
        assert append(Item(session.id, 0, (said(),))).verdict is Verdict.CONFLICT
        assert append(Item(session.id, 1, (said(cmid=cmid),))).verdict is Verdict.DUP


def test_the_synchronous_door_needs_a_transaction(session):
    assert connection.get_autocommit()
    with pytest.raises(RuntimeError):
        append(Item(session.id, None, (said(),)))


async def test_both_doors_at_once_leave_no_gap(journal, session):
    def notices():
        for number in range(20):
            with transaction.atomic():
                append(Item(session.id, None, (Line(Author.SYSTEM, f"notice {number}"),)))

    async def lines():
        version = 0
        for number in range(20):
            line = said(f"line {number}")
            while True:
                outcome = await journal.submit(Item(session.id, version, (line,)))
                version = outcome.version
                if outcome.verdict is Verdict.OK:
                    break

    await asyncio.gather(in_database(notices, thread_sensitive=False)(), lines())
    assert await seqs(session) == list(range(1, 41))


def test_meta_and_fields_come_back_as_they_were(session):
    meta = {"sources": [{"id": "1", "title": "退货 “怎么” \\u0041 '%s' %(x)s"}]}
    with transaction.atomic():
        append(
            Item(session.id, None, (Line(Author.BOT, "😀 '\"\\", meta=meta, fields={"a": "b"}),))
        )
    line = Message.objects.get(session=session)
    assert (line.text, line.meta, line.fields) == ("😀 '\"\\", meta, {"a": "b"})
    assert json.dumps(line.meta)


async def test_a_fault_of_ours_leaves_nobody_waiting(journal, session, monkeypatch):
    async def break_down(items):
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(journal, "_execute", break_down)
        with pytest.raises(UnavailableError):
            await journal.submit(Item(session.id, 0, (said(),)))
    assert (await journal.submit(Item(session.id, 0, (said(),)))).verdict is Verdict.OK


async def test_options_of_the_database_url_come_beside_ours(session):
    given = {**conninfo(), "options": "-c application_name=shop"}
    own = Journal(given, on_commit=lambda _moved: None)
    assert (await own.submit(Item(session.id, 0, (said(),)))).verdict is Verdict.OK
    await own.close()
