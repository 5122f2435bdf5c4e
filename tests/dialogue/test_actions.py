"""Confirm and act once: what a yes sets off, over a real database, with threads."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial

import pytest
from django.db import connection, transaction

from apps.chat.models import Session, Transition, Turn
from apps.dialogue import phrases
from apps.dialogue.actions import execute, threads
from apps.dialogue.actions.registry import Done
from apps.dialogue.actions.relay import run_due
from apps.dialogue.models import ActionRun
from apps.dialogue.play import Said
from apps.dialogue.services import take_line
from apps.engine.events import Say
from tests.dialogue.refunds import (
    ORDER,
    Counter,
    acts,
    agree,
    due_now,
    fill,
    last,
    opened,
    said_by,
    send,
)
from tests.threads import at_once, in_own_thread

pytestmark = pytest.mark.django_db(transaction=True)
State = ActionRun.State


@pytest.fixture(autouse=True)
def _shop(site, monkeypatch):
    opened(site, monkeypatch)


@pytest.fixture
def settled():
    """Waits for what the process has begun."""
    return lambda: wait(tuple(threads.under_way), 30)


def fresh(session):
    return Session.objects.get(pk=session.pk)


def paused(began, go_on):
    """A function of the shop that waits in its middle."""

    def work(_):
        began.set()
        go_on.wait(30)

    return work


class TestYes:
    def test_what_was_agreed_to_is_done_once_and_told(self, session, monkeypatch, settled):
        shop = Counter(Done("Your money is on its way."))
        acts(monkeypatch, shop)
        run = agree(session)
        settled()
        run.refresh_from_db()
        (call,) = shop.calls
        assert call.slots == {"order_id": ORDER, "reason": "broken", "phone_tail": "2567"}
        assert (call.key, call.session, call.person) == (str(run.key), session.id, "")
        assert (run.state, run.attempts, run.text) == (State.DONE, 1, "Your money is on its way.")
        told = last(session)
        assert told.text == "Your money is on its way."
        assert told.meta["action"] == {"id": str(run.key), "status": "done"}
        turn = Turn.objects.get(pk=str(run.turn))
        assert (turn.route, turn.flow) == ("action", "refund")
        assert (fresh(session).state, fresh(session).memory.get("active")) == ("END", None)

    def test_the_run_is_stored_with_the_yes(self, session, nobody_starts):
        run = agree(session)
        line = last(session)
        assert line.text == phrases.say(Say.RUNNING, "en")
        assert line.meta["action"] == {"id": str(run.key), "status": "running"}
        assert (run.state, run.flow, run.version) == (State.PENDING, "refund", 3)
        assert run.slots["order_id"] == ORDER
        assert Transition.objects.filter(session=session).last().command in {"SetSlot", "Affirm"}

    def test_a_yes_that_is_rolled_back_leaves_no_run(self, session, nobody_starts):
        card = fill(session)
        with transaction.atomic():
            send(session, "Yes", confirm=card, answer="yes")
            transaction.set_rollback(True)
        assert not ActionRun.objects.exists()

    def test_a_double_click_runs_it_once(self, session, monkeypatch, settled):
        shop = Counter()
        acts(monkeypatch, shop)
        card = fill(session)
        press = Said(uuid.uuid4(), "Yes", {"confirm": card, "answer": "yes"})
        again = Said(uuid.uuid4(), "Yes", {"confirm": card, "answer": "yes"})
        take = partial(take_line, session_id=session.id)
        at_once(partial(take, said=press), partial(take, said=again))
        settled()
        assert len(shop.calls) == 1
        assert ActionRun.objects.get().state == State.DONE

    def test_a_resend_of_the_yes_runs_it_once(self, session, monkeypatch, settled):
        shop = Counter()
        acts(monkeypatch, shop)
        card, cmid = fill(session), uuid.uuid4()
        for _ in range(3):
            send(session, "Yes", cmid, confirm=card, answer="yes")
        settled()
        assert len(shop.calls) == 1

    def test_an_older_card_orders_nothing(self, session, nobody_starts):
        card = fill(session)
        send(session, reason="late")
        newer = last(session).meta["confirm"]["id"]
        send(session, "Yes", confirm=card, answer="yes")
        assert not ActionRun.objects.exists()
        assert phrases.say(Say.EXPIRED, "en") in last(session).text
        assert newer != card

    def test_typing_alone_does_the_same(self, session, nobody_starts):
        send(session, flow="refund")
        for text in (ORDER, "Broken", "yes", "2567"):
            send(session, text)
        assert ActionRun.objects.get().slots["reason"] == "broken"


class TestOnce:
    def test_many_workers_at_once_run_it_once(self, session, monkeypatch, nobody_starts):
        shop = Counter()
        acts(monkeypatch, shop)
        run = agree(session)
        worked = at_once(*[partial(execute.carry_out, run.key)] * 8)
        assert sorted(worked) == [False] * 7 + [True]
        assert len(shop.calls) == 1
        assert said_by(session).count("Refunded.") == 1

    def test_a_run_that_is_over_is_never_run_again(self, session, monkeypatch, nobody_starts):
        shop = Counter()
        acts(monkeypatch, shop)
        run = agree(session)
        execute.carry_out(run.key)
        due_now(run)
        assert execute.carry_out(run.key) is False
        assert run_due() == 0
        assert len(shop.calls) == 1

    def test_the_time_of_a_living_worker_may_pass(self, session, monkeypatch, nobody_starts):
        """Its lease is over while the function still works: its transaction holds the row."""
        began, go_on = threading.Event(), threading.Event()
        shop = Counter(work=paused(began, go_on))
        acts(monkeypatch, shop)
        run = agree(session)
        monkeypatch.setattr(execute, "LEASE", -execute.LEASE)
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(in_own_thread, execute.carry_out, run.key)
            assert began.wait(30)
            assert execute.carry_out(run.key) is False
            go_on.set()
            assert first.result(30) is True
        assert len(shop.calls) == 1

    def test_what_was_left_behind_is_picked_up(self, session, monkeypatch, nobody_starts):
        shop = Counter()
        acts(monkeypatch, shop)
        run = agree(session)
        assert run_due() == 0, "the process that heard the yes comes first"
        due_now(run)
        assert run_due() == 1
        assert len(shop.calls) == 1

    def test_who_lost_the_claim_stores_nothing(self, session, monkeypatch, nobody_starts):
        shop = Counter()
        acts(monkeypatch, shop)
        run = agree(session)
        stale = execute._claim(run.key) or run
        due_now(run)
        assert execute.carry_out(run.key) is True
        with pytest.raises(execute.LostError):
            execute._here(stale)
        assert said_by(session).count("Refunded.") == 1

    def test_one_that_kills_its_workers_is_given_up(self, session, monkeypatch, nobody_starts):
        shop = Counter()
        acts(monkeypatch, shop)
        run = agree(session)
        ActionRun.objects.update(state=State.RUNNING, attempts=execute.MOST_TRIES)
        execute.carry_out(run.key)
        run.refresh_from_db()
        assert (run.state, shop.calls) == (State.FAILED, [])


class TestPassing:
    """What the database could not do at the moment is tried again, as after a loss."""

    @pytest.mark.parametrize("code", ["40P01", "40001", "57P01"])
    def test_is_left_for_the_next(self, session, monkeypatch, nobody_starts, code):
        def fail(call):
            if len(shop.calls) == 1:
                with connection.cursor() as cursor:
                    cursor.execute(f"DO $$ BEGIN RAISE SQLSTATE '{code}'; END $$")

        shop = Counter(work=fail)
        acts(monkeypatch, shop)
        run = agree(session)
        assert threads.run_and_close(run.key) is False
        run.refresh_from_db()
        assert (run.state, run.attempts) == (State.RUNNING, 1)
        due_now(run)
        assert threads.run_and_close(run.key) is True
        run.refresh_from_db()
        assert (run.state, len(shop.calls)) == (State.DONE, 2)

    def test_a_connection_that_is_lost(self, session, monkeypatch, nobody_starts):
        def lose(call):
            if len(shop.calls) == 1:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

        shop = Counter(work=lose)
        acts(monkeypatch, shop)
        run = agree(session)
        assert threads.run_and_close(run.key) is False
        due_now(run)
        assert threads.run_and_close(run.key) is True
        run.refresh_from_db()
        assert (run.state, len(shop.calls)) == (State.DONE, 2)

    def test_not_for_ever(self, session, monkeypatch, nobody_starts):
        def fail(call):
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$")

        shop = Counter(work=fail)
        acts(monkeypatch, shop)
        run = agree(session)
        for _ in range(execute.MOST_TRIES + 1):
            due_now(run)
            threads.run_and_close(run.key)
        run.refresh_from_db()
        assert (run.state, len(shop.calls)) == (State.FAILED, execute.MOST_TRIES)


class TestMeanwhile:
    def test_a_slow_function_holds_up_no_line(self, session, monkeypatch, settled):
        began, go_on = threading.Event(), threading.Event()
        acts(monkeypatch, Counter(work=paused(began, go_on)))
        agree(session)
        assert began.wait(30)
        send(session, "yes")
        assert last(session).text == phrases.say(Say.STILL_RUNNING, "en")
        go_on.set()
        settled()
        assert last(session).text == "Refunded."
        assert ActionRun.objects.get().state == State.DONE

    def test_a_statement_that_takes_too_long_fails_the_action(
        self, session, monkeypatch, nobody_starts
    ):
        def sleep(_):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(60)")

        acts(monkeypatch, Counter(work=sleep))
        monkeypatch.setattr(execute, "BOUNDS", "SET LOCAL statement_timeout = '20ms'")
        run = agree(session)
        execute.carry_out(run.key)
        run.refresh_from_db()
        assert run.state == State.FAILED
