"""The relay over a shop that answers when it is told: who is slow holds up nobody else."""

import time
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from queue import Queue

import pytest

from apps.dialogue.actions import relay, threads, webhooks
from apps.dialogue.actions.webhooks import make_secret
from apps.dialogue.models import ActionRun, Webhook
from tests.dialogue.refunds import agree, due_now, opened, refund
from tests.fake_shop import fake_shop
from tests.threads import in_own_thread

pytestmark = pytest.mark.django_db(transaction=True)
State = ActionRun.State
PATIENCE_S = 30


@pytest.fixture
def shop(settings):
    settings.OUTBOUND_ALLOW = (ip_network("127.0.0.0/8"),)
    with fake_shop() as made:
        made.answers["/when-told"] = {"status": "done"}
        yield made


@pytest.fixture(autouse=True)
def _here(monkeypatch, nobody_starts):
    monkeypatch.setattr(webhooks, "DEADLINE_S", float(PATIENCE_S))
    monkeypatch.setattr(relay, "SLICE_SECONDS", float(PATIENCE_S))


@pytest.fixture
def agreed(site, shop, make_session, monkeypatch):
    """As many yeses to what this path of the shop carries out, each path by a webhook of its own;
    their keys."""
    known: dict[str, Webhook] = {}

    def to(path, count=1):
        if path not in known:
            known[path] = Webhook(site=site, name=path, url=shop.url(path))
            make_secret(webhook=known[path])
            known[path].save()
        opened(site, monkeypatch, refund(action=f"webhook:{known[path].pk}"))
        return [agree(make_session()).key for _ in range(count)]

    return to


@pytest.fixture
def ended(monkeypatch):
    """The keys of runs that were worked at, as they end."""
    keys: Queue[object] = Queue()

    def work(key):
        worked = threads.run_and_close(key)
        keys.put(key)
        return worked

    monkeypatch.setattr(relay, "run_and_close", work)
    return keys


@pytest.fixture
def beside():
    """Runs something in a thread of its own while the test goes on."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda work, *arguments: pool.submit(in_own_thread, work, *arguments)


def calls(shop, path):
    return sum(call.path == path for call in shop.calls)


def test_a_slow_shop_takes_no_more_than_its_part(agreed, shop, ended, beside):
    slow = agreed("/when-told", relay.MOST_OF_ONE + 2)
    quick = agreed("/done", 3)
    working = beside(relay.run_due)
    assert {ended.get(timeout=PATIENCE_S) for _ in quick} == set(quick)
    for _ in range(relay.MOST_OF_ONE):
        assert shop.arrived.acquire(timeout=PATIENCE_S)
    assert calls(shop, "/when-told") == relay.MOST_OF_ONE
    shop.told.set()
    assert working.result(PATIENCE_S) == len(slow) + len(quick)
    assert set(ActionRun.objects.values_list("state", flat=True)) == {State.DONE}
    assert calls(shop, "/when-told") == len(slow)


def test_a_thread_that_is_free_takes_the_next(agreed, shop, ended, beside, monkeypatch):
    """However many are due, and though one of the first never ends."""
    monkeypatch.setattr(relay, "AT_ONCE", 2)
    monkeypatch.setattr(relay, "MOST_OF_ONE", 1)
    agreed("/when-told")
    quick = agreed("/done", 4)
    working = beside(relay.run_due)
    assert [ended.get(timeout=PATIENCE_S) for _ in quick] == quick
    shop.told.set()
    assert working.result(PATIENCE_S) == 5


def test_what_becomes_due_meanwhile_does_not_wait_for_a_slow_one(agreed, shop, ended, beside):
    agreed("/when-told")
    working = beside(relay.run_due)
    assert shop.arrived.acquire(timeout=PATIENCE_S)
    (quick,) = agreed("/done")
    assert ended.get(timeout=PATIENCE_S) == quick
    shop.told.set()
    assert working.result(PATIENCE_S) == 2


def test_when_its_time_is_over_only_others_begin_and_the_slow_one_is_waited_for(
    agreed, shop, ended, beside, monkeypatch
):
    monkeypatch.setattr(relay, "LAST_SECONDS", float(PATIENCE_S))
    first, second = agreed("/when-told", 2)
    (quick,) = agreed("/done")
    with ThreadPoolExecutor(2) as pool:
        feed = relay._Feed(pool)
        feed._begin(relay._Due(first, ActionRun.objects.get(pk=first).action))
        assert shop.arrived.acquire(timeout=PATIENCE_S)
        working = beside(feed.run, time.monotonic())
        assert ended.get(timeout=PATIENCE_S) == quick
        shop.told.set()
        assert working.result(PATIENCE_S) == 2
    assert ActionRun.objects.get(pk=second).attempts == 0


def test_what_somebody_else_holds_is_left_to_them(agreed, monkeypatch):
    """It stays due: to look for it again and again would be a loop."""
    (key,) = agreed("/done")
    tried: list[object] = []
    monkeypatch.setattr(relay, "run_and_close", tried.append)
    due_now(ActionRun.objects.get(pk=key))
    assert relay.run_due() == 0
    assert tried == [key]
