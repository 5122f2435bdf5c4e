"""Webhooks while somebody else is at the same row: two who send again, and one who deletes."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_network

import pytest
from django.db import connection

from apps.dialogue.actions import execute, resending, webhooks
from apps.dialogue.actions.webhooks import TRIES, make_secret
from apps.dialogue.models import ActionRun, Webhook, WebhookDelivery
from tests.dialogue.refunds import agree, due_now, opened, refund
from tests.fake_shop import fake_shop
from tests.threads import in_own_thread

pytestmark = pytest.mark.django_db(transaction=True)
State = ActionRun.State
WAITS_FOR_A_ROW = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def shop():
    with fake_shop() as made:
        yield made


@pytest.fixture
def run(site, make_session, settings, monkeypatch, shop, nobody_starts):
    """A visitor has said yes; the shop answers nothing that is clear."""
    settings.OUTBOUND_ALLOW = (ip_network("127.0.0.0/8"),)
    monkeypatch.setattr("apps.dialogue.tasks.run_actions.delay", lambda: None)
    webhook = Webhook(site=site, name="Our shop", url=shop.url("/500"))
    make_secret(webhook=webhook)
    webhook.save()
    opened(site, monkeypatch, refund(action=f"webhook:{webhook.pk}"))
    return agree(make_session())


def to_the_end(run):
    while run.state in ActionRun.OPEN:
        due_now(run)
        execute.carry_out(run.key)
        run.refresh_from_db()
    return run


def again(run):
    """Whether it was this one that sent it."""
    try:
        resending.send_again(run_id=run.pk)
    except resending.NotDeadError:
        return False
    return True


def test_of_two_clicks_at_once_one_sends_it(run, monkeypatch):
    """The second has begun before the first is stored, and waits for its row."""
    to_the_end(run)
    began, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        began.set()
        go_on.wait()

    monkeypatch.setattr(resending, "enqueue_actions", hold)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(in_own_thread, again, run)
        began.wait()
        second = pool.submit(in_own_thread, again, run)
        with connection.cursor() as cursor:
            while not second.done() and not cursor.execute(WAITS_FOR_A_ROW).fetchone()[0]:
                pass
        go_on.set()
    assert (first.result(), second.result()) == (True, False)


def test_a_round_of_tries_begins_and_no_number_of_a_claim_comes_again(run, shop):
    to_the_end(run)
    resending.send_again(run_id=run.pk)
    claimed = execute._claim(run.pk)
    assert claimed.attempts == TRIES + 1
    to_the_end(claimed)
    # The claim above was lost, and counts as a try.
    assert (claimed.attempts, len(shop.calls)) == (2 * TRIES, 2 * TRIES - 1)
    assert claimed.delivery.dead


def test_its_pauses_begin_anew(run, monkeypatch):
    tries = []

    def noted(count, told):
        tries.append(count)
        return timedelta()

    monkeypatch.setattr(webhooks, "pause_after", noted)
    to_the_end(run)
    resending.send_again(run_id=run.pk)
    to_the_end(ActionRun.objects.get(pk=run.pk))
    assert tries == [*range(1, TRIES)] * 2


def test_a_webhook_that_is_deleted_while_the_shop_works_loses_no_answer(run, shop, monkeypatch):
    deliver = webhooks.deliver

    def deleted_meanwhile(*given):
        told = deliver(*given)
        Webhook.objects.all().delete()
        return told

    Webhook.objects.update(url=shop.url("/done"))
    monkeypatch.setattr(webhooks, "deliver", deleted_meanwhile)
    execute.carry_out(run.key)
    run.refresh_from_db()
    assert (run.state, run.delivery.webhook) == (State.DONE, None)
    assert WebhookDelivery.objects.get().last_status == 200
