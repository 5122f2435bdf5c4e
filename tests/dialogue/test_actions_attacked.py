"""What goes wrong around a yes at the worst moment: it is still done once, or sent again under the
same id, as docs/actions.md says."""

import asyncio
import uuid
from concurrent.futures import wait
from functools import partial
from ipaddress import ip_network

import pytest
from channels.db import database_sync_to_async as in_database
from django.db import connection, transaction

from apps.chat.frames import Send
from apps.chat.models import Message
from apps.dialogue.actions import execute, threads
from apps.dialogue.actions.relay import run_due
from apps.dialogue.actions.webhooks import make_secret
from apps.dialogue.driver import Driver
from apps.dialogue.models import ActionRun, Webhook
from apps.dialogue.play import Said, Standing
from apps.dialogue.services import take_line
from apps.knowledge.models import Category
from tests.dialogue.refunds import Counter, acts, agree, due_now, fill, opened, refund, said_by
from tests.fake_shop import fake_shop
from tests.threads import at_once, in_own_thread

pytestmark = pytest.mark.django_db(transaction=True)
State = ActionRun.State


@pytest.fixture(autouse=True)
def _shop(site, monkeypatch):
    opened(site, monkeypatch)


def told(session):
    """The lines that tell a result."""
    lines = Message.objects.filter(session=session, author="bot")
    return [one for one in lines if one.meta.get("action", {}).get("status") == "done"]


async def test_a_yes_over_two_processes_and_over_http_at_once_runs_once(session, monkeypatch):
    shop = Counter()
    acts(monkeypatch, shop)
    card = await in_database(fill)(session)
    standing = await in_database(Standing.of)(session)
    yes = {"confirm": card, "answer": "yes"}
    drivers = [Driver(), Driver()]
    sent = [
        driver.send(handle, Send(cmid=uuid.uuid4(), text="Yes", fields=yes), None)
        for driver in drivers
        for handle in [driver.hold(standing)] * 2
    ]
    said = Said(uuid.uuid4(), "Yes", yes)
    http = asyncio.to_thread(in_own_thread, lambda: take_line(session_id=session.id, said=said))
    await asyncio.gather(*sent, http)
    await asyncio.to_thread(wait, tuple(threads.under_way), 30)
    for driver in drivers:
        await driver.close()
    assert len(shop.calls) == 1
    assert await in_database(ActionRun.objects.count)() == 1
    assert len(await in_database(told)(session)) == 1


@pytest.mark.usefixtures("nobody_starts")
class TestWebhook:
    @pytest.fixture
    def shop(self, settings):
        settings.OUTBOUND_ALLOW = (ip_network("127.0.0.0/8"),)
        with fake_shop() as made:
            yield made

    @pytest.fixture
    def run(self, shop, session, site, monkeypatch):
        webhook = Webhook(site=site, name="Our shop", url=shop.url("/done"))
        make_secret(webhook=webhook)
        webhook.save()
        opened(site, monkeypatch, refund(action=f"webhook:{webhook.pk}"))
        return agree(session)

    def test_one_whose_worker_dies_with_the_answer_is_sent_again_under_its_id(
        self, run, shop, session, monkeypatch
    ):
        def die(*_):
            raise KeyboardInterrupt

        with monkeypatch.context() as dying:
            dying.setattr(execute, "_note", die)
            with pytest.raises(KeyboardInterrupt):
                execute.carry_out(run.key)
        assert run_due() == 0, "the worker may be alive"
        due_now(run)
        assert run_due() == 1
        assert run_due() == 0
        assert [call.headers["webhook-id"] for call in shop.calls] == [str(run.key)] * 2
        assert shop.calls[0].body == shop.calls[1].body
        assert len(told(session)) == 1

    def test_workers_whose_clocks_are_ahead_send_it_again_and_one_of_them_tells(
        self, run, shop, session, monkeypatch
    ):
        monkeypatch.setattr(execute, "WEBHOOK_LEASE", -execute.WEBHOOK_LEASE)
        at_once(*[partial(execute.carry_out, run.key)] * 4)
        assert {call.headers["webhook-id"] for call in shop.calls} == {str(run.key)}
        run.refresh_from_db()
        assert run.state == State.DONE
        assert len(told(session)) == 1

    @pytest.mark.parametrize("answer", [{"ok": True}, {"status": True}, ["done"], "done", None])
    def test_a_friendly_answer_that_says_nothing_is_not_taken_for_done(self, run, shop, answer):
        shop.answers["/done"] = answer
        execute.carry_out(run.key)
        run.refresh_from_db()
        assert (run.state, run.delivery.last_error) == (State.PENDING, "no_answer")


@pytest.mark.usefixtures("nobody_starts")
class TestFunction:
    def test_what_it_commits_elsewhere_stays_and_it_is_not_run_again(
        self, session, site, monkeypatch
    ):
        def work(_):
            own = connection.copy()
            with own.cursor() as cursor:
                cursor.execute("CREATE TABLE left_behind ()")
            own.close()
            raise ZeroDivisionError

        shop = Counter(work=work)
        acts(monkeypatch, shop)
        run = agree(session)
        execute.carry_out(run.key)
        due_now(run)
        assert execute.carry_out(run.key) is False
        run.refresh_from_db()
        assert (run.state, len(shop.calls)) == (State.FAILED, 1)
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE left_behind")

    def test_it_cannot_end_the_transaction_that_it_runs_in(self, session, site, monkeypatch):
        def work(_):
            Category.objects.create(site=site, slug="half-done")
            transaction.commit()

        acts(monkeypatch, Counter(work=work))
        run = agree(session)
        execute.carry_out(run.key)
        run.refresh_from_db()
        assert run.state == State.FAILED
        assert not Category.objects.exists()

    @pytest.mark.parametrize("raises", [True, False])
    def test_a_bare_commit_does_it_no_second_time(self, session, site, monkeypatch, raises):
        """Past Django: nobody can undo that, but it is told once and not run again."""

        def work(_):
            Category.objects.create(site=site, slug="done")
            with connection.cursor() as cursor:
                cursor.execute("COMMIT")
            if raises:
                raise ZeroDivisionError

        shop = Counter(work=work)
        acts(monkeypatch, shop)
        run = agree(session)
        execute.carry_out(run.key)
        due_now(run)
        assert execute.carry_out(run.key) is False
        run.refresh_from_db()
        assert run.state == (State.FAILED if raises else State.DONE)
        assert (len(shop.calls), Category.objects.count()) == (1, 1)

    def test_one_that_leaves_the_database_alone_for_too_long_fails_and_is_undone(
        self, session, site, monkeypatch
    ):
        def work(_):
            Category.objects.create(site=site, slug="half-done")
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                (pid,) = cursor.fetchone()
            own = connection.copy()
            with own.cursor() as cursor:
                there = 1
                while there:
                    cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [pid])
                    (there,) = cursor.fetchone()
            own.close()

        shop = Counter(work=work)
        acts(monkeypatch, shop)
        monkeypatch.setattr(
            execute, "BOUNDS", "SET LOCAL idle_in_transaction_session_timeout = '20ms'"
        )
        run = agree(session)
        threads.run_and_close(run.key)
        run.refresh_from_db()
        assert (run.state, len(shop.calls)) == (State.FAILED, 1)
        assert not Category.objects.exists()
        assert len(said_by(session)) > 1
