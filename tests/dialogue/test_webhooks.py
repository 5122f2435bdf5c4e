"""Webhooks over a real socket: signed, tried again, given up, sent again by a person."""

import base64
import hashlib
import hmac
import json
import uuid
from datetime import timedelta
from ipaddress import ip_network

import pytest
from django.utils import timezone

from apps.chat.models import Message, Session
from apps.dialogue import phrases
from apps.dialogue.actions import execute, resending, webhooks
from apps.dialogue.actions.webhooks import TRIES, make_secret
from apps.dialogue.models import ActionRun, Webhook, WebhookDelivery
from apps.guard.outbound import Problem
from apps.handoff.models import Ticket
from apps.sites.models import Site
from apps.sites.sealing import unseal
from tests.dialogue.refunds import (
    ORDER,
    agree,
    due_now,
    last,
    opened,
    refund,
    said_by,
    used_up,
)
from tests.fake_shop import fake_shop
from tests.stack import free_port

pytestmark = pytest.mark.django_db
State = ActionRun.State


@pytest.fixture
def shop():
    with fake_shop() as made:
        yield made


@pytest.fixture(autouse=True)
def _here(settings, monkeypatch, nobody_starts):
    settings.OUTBOUND_ALLOW = (ip_network("127.0.0.0/8"),)
    monkeypatch.setattr(webhooks, "DEADLINE_S", 0.5)


@pytest.fixture
def webhook(site, shop):
    made = Webhook(site=site, name="Our shop", url=shop.url("/done"))
    make_secret(webhook=made)
    made.save()
    return made


def plain(webhook):
    """What its secret is."""
    return unseal(webhook.sealed, owner=webhook.owner)


@pytest.fixture
def begin(make_session, site, webhook, shop, monkeypatch):
    """A visitor has said yes to what this path of the shop carries out."""

    def to(path="/done", **answer: object) -> ActionRun:
        if answer:
            shop.answers[path] = answer
        Webhook.objects.update(url=shop.url(path))
        opened(site, monkeypatch, refund(action=f"webhook:{webhook.pk}"))
        return agree(make_session())

    return to


def attempt(run):
    """One try, whenever it is due."""
    due_now(run)
    execute.carry_out(run.key)
    run.refresh_from_db()
    return run


def to_the_end(run):
    while run.state in ActionRun.OPEN:
        attempt(run)
    return run


class TestCall:
    def test_is_signed_as_the_standard_says(self, begin, shop, webhook):
        run = attempt(begin())
        (call,) = shop.calls
        key, stamp = call.headers["webhook-id"], call.headers["webhook-timestamp"]
        secret = base64.b64decode(plain(webhook).removeprefix("whsec_"))
        made = hmac.new(secret, f"{key}.{stamp}.{call.body}".encode(), hashlib.sha256).digest()
        assert call.headers["webhook-signature"] == f"v1,{base64.b64encode(made).decode()}"
        assert key == str(run.key)
        assert abs(int(stamp) - timezone.now().timestamp()) < 60

    def test_says_what_is_to_be_done(self, begin, shop):
        run = attempt(begin())
        sent = json.loads(shop.calls[0].body)
        assert sent["type"] == "action"
        assert sent["data"] == {
            "key": str(run.key),
            "site": "northbird",
            "session": str(run.session_id),
            "flow": "refund",
            "version": 3,
            "slots": {"order_id": ORDER, "reason": "broken", "phone_tail": "2567"},
            "person": "",
            "language": "en",
        }

    def test_a_renewed_secret_and_the_one_before_both_sign_for_a_day(self, begin, shop, webhook):
        run = begin()
        make_secret(webhook=webhook)
        webhook.save()
        attempt(run)
        assert len(shop.calls[0].headers["webhook-signature"].split(" ")) == 2
        webhook.renewed_at = timezone.now() - webhooks.OVERLAP - timedelta(minutes=1)
        assert len(webhooks._secrets(webhook)) == 1

    def test_the_secret_is_kept_sealed_for_its_row(self, webhook):
        assert plain(webhook) not in webhook.sealed
        webhook.id = uuid.uuid4()
        with pytest.raises(webhooks.NoSecretError):
            webhooks._secrets(webhook)


class TestAnswer:
    def test_done(self, begin):
        run = attempt(begin(status="done", text="Your money is on its way."))
        assert (run.state, run.text) == (State.DONE, "Your money is on its way.")
        assert last(run.session).text == "Your money is on its way."

    def test_done_without_a_word_takes_the_flows_own(self, begin):
        assert last(attempt(begin(status="done")).session).text == f"Refunded {ORDER}."

    def test_refused_for_a_slot(self, begin):
        run = attempt(begin(status="refused", text="Too old.", slot="reason"))
        assert run.state == State.REFUSED
        assert last(run.session).meta["form"]["slot"] == "reason"

    def test_not_found_is_told_as_ever(self, begin):
        run = attempt(begin(status="refused", text="Wrong phone.", not_found=True))
        assert last(run.session).text.startswith(phrases.in_language(phrases.NOT_FOUND, "en"))

    def test_failed_is_the_shops_own_word_and_not_sent_again(self, begin):
        run = attempt(begin(status="failed", text="No stock."))
        assert run.state == State.FAILED
        assert not run.delivery.dead
        assert Ticket.objects.get().reason == Ticket.Reason.ACTION_FAILED

    @pytest.mark.parametrize("text", ["a\0b", "x" * 100_00, "\u202e abc", ""])
    def test_its_words_are_stored_as_far_as_they_can_be(self, begin, text):
        run = attempt(begin(status="done", text=text))
        assert run.state == State.DONE
        assert len(run.text) <= 2_000


class TestTries:
    @pytest.mark.parametrize("path", ["/400", "/401", "/404", "/410", "/redirect"])
    def test_a_refusal_of_the_call_is_final(self, begin, shop, path):
        run = attempt(begin(path))
        assert (run.state, run.attempts, len(shop.calls)) == (State.FAILED, 1, 1)
        assert run.delivery.dead

    @pytest.mark.parametrize(
        "path",
        ["/500", "/503", "/429", "/409", "/slow", "/drip", "/huge", "/cut", "/hang-up",
         "/garbage", "/html"],
    )  # fmt: skip
    def test_whatever_is_no_clear_answer_is_tried_again_under_the_same_id(self, begin, shop, path):
        run = attempt(begin(path))
        assert (run.state, run.attempts) == (State.PENDING, 1)
        assert run.due_at > timezone.now()
        Webhook.objects.update(url=shop.url("/done"))
        attempt(run)
        assert run.state == State.DONE
        assert {call.headers["webhook-id"] for call in shop.calls} == {str(run.key)}
        assert len({call.body for call in shop.calls}) == 1
        assert said_by(run.session)[-1] == f"Refunded {ORDER}."

    def test_pauses_grow_and_heed_the_shop(self, begin):
        run = begin("/500")
        pauses = []
        for _ in range(TRIES - 1):
            attempt(run)
            # The first two may both be what the shop asks for.
            pauses.append(round((run.due_at - timezone.now()).total_seconds(), 1))
        assert pauses == sorted(pauses)
        assert 60 < sum(pauses) < 120
        asked = attempt(begin("/429"))
        assert asked.due_at > timezone.now() + timedelta(seconds=6)

    def test_what_stays_unclear_is_told_so_and_goes_to_a_person(self, begin, shop):
        run = to_the_end(begin("/500"))
        assert (run.state, len(shop.calls)) == (State.UNCLEAR, TRIES)
        bot = Message.objects.filter(session=run.session, author="bot").latest("seq")
        assert bot.text.startswith(phrases.in_language(phrases.UNCLEAR, "en"))
        assert bot.meta["action"]["status"] == "unclear"
        assert Ticket.objects.get().reason == Ticket.Reason.ACTION_FAILED
        assert Session.objects.get(pk=run.session_id).mode == "queued"
        assert run.delivery.dead

    def test_what_never_reached_the_shop_has_failed_and_is_not_unclear(self, begin):
        run = begin()
        Webhook.objects.update(url=f"http://127.0.0.1:{free_port()}/")
        assert to_the_end(run).state == State.FAILED
        assert not run.delivery.uncertain

    @pytest.mark.parametrize("path", ["/404", "/401", "/redirect"])
    def test_what_may_have_been_done_is_unclear_whatever_is_answered_later(self, begin, shop, path):
        run = attempt(begin("/hang-up"))
        Webhook.objects.update(url=shop.url(path))
        attempt(run)
        assert (run.state, run.attempts, len(shop.calls)) == (State.UNCLEAR, 2, 2)
        assert said_by(run.session)[-1].startswith(phrases.in_language(phrases.UNCLEAR, "en"))
        assert Ticket.objects.get().reason == Ticket.Reason.ACTION_FAILED
        assert run.delivery.dead

    @pytest.mark.parametrize("why", ["blocked", "no_secret", "deleted"])
    def test_and_so_it_is_when_no_other_try_can_be_made(self, begin, settings, why):
        run = attempt(begin("/hang-up"))
        match why:
            case "blocked":
                settings.OUTBOUND_ALLOW = ()
            case "no_secret":
                Webhook.objects.update(sealed="of another installation")
            case "deleted":
                Webhook.objects.all().delete()
        assert attempt(run).state == State.UNCLEAR
        assert WebhookDelivery.objects.get().last_error == why

    def test_and_so_it_is_when_a_person_has_sent_it_again(self, begin, shop):
        run = to_the_end(begin("/hang-up"))
        Webhook.objects.update(url=shop.url("/404"))
        resending.send_again(run_id=run.pk)
        assert attempt(run).state == State.UNCLEAR

    @pytest.mark.parametrize("word", ["failed", "refused", "done"])
    def test_the_shops_own_word_ends_the_doubt(self, begin, shop, word):
        run = attempt(begin("/hang-up"))
        shop.answers["/done"] = {"status": word}
        Webhook.objects.update(url=shop.url("/done"))
        assert attempt(run).state == word

    @pytest.fixture
    def dies(self, monkeypatch):
        """The worker is lost while it sends, that many times."""

        def die(*_):
            raise KeyboardInterrupt

        def times(run, count):
            with monkeypatch.context() as dying:
                dying.setattr(webhooks, "deliver", die)
                for _ in range(count):
                    due_now(run)
                    with pytest.raises(KeyboardInterrupt):
                        execute.carry_out(run.key)

        return times

    def test_a_worker_that_dies_at_every_try_leaves_it_unclear(self, begin, shop, dies):
        run = begin()
        dies(run, TRIES)
        attempt(run)
        assert (run.state, shop.calls) == (State.UNCLEAR, [])

    def test_one_that_died_while_it_sent_leaves_the_doubt_to_the_tries_after_it(self, begin, dies):
        run = begin()
        dies(run, 1)
        Webhook.objects.update(url=f"http://127.0.0.1:{free_port()}/")
        assert to_the_end(attempt(run)).state == State.UNCLEAR

    def test_what_may_have_reached_the_shop_is_not_answered_without_it(self, begin, shop, dies):
        """However often others have tried the order since."""
        run = begin()
        dies(run, 1)
        used_up(run)
        attempt(run)
        assert (run.state, len(shop.calls)) == (State.DONE, 1)

    def test_an_order_that_was_tried_too_often_is_not_sent(self, begin, shop):
        run = begin()
        used_up(run)
        attempt(run)
        assert (run.state, shop.calls) == (State.REFUSED, [])

    def test_an_address_within_is_refused_at_once(self, begin, settings, shop):
        settings.OUTBOUND_ALLOW = ()
        run = attempt(begin())
        assert (run.state, shop.calls) == (State.FAILED, [])
        assert run.delivery.last_error == "blocked"

    def test_a_webhook_of_another_site_is_none(self, begin, webhook, shop):
        run = begin()
        Webhook.objects.update(site=Site.objects.create(key="southbird", name="Southbird"))
        attempt(run)
        assert (run.state, shop.calls) == (State.FAILED, [])

    def test_what_is_sent_and_said_stands_in_no_log(self, begin, caplog):
        to_the_end(begin("/html"))
        for secret in (ORDER, "2567", "Maintenance"):
            assert secret not in caplog.text


class TestAgain:
    def test_a_person_sends_it_again_under_the_same_id(self, begin, shop):
        run = to_the_end(begin("/500"))
        Webhook.objects.update(url=shop.url("/done"))
        resending.send_again(run_id=run.pk)
        attempt(run)
        assert (run.state, run.delivery.dead) == (State.DONE, False)
        assert len({call.headers["webhook-id"] for call in shop.calls}) == 1
        # The visitor waits for a person by now, and is told all the same.
        assert "It is done." in said_by(run.session)[-1]

    def test_once(self, begin):
        run = to_the_end(begin("/404"))
        resending.send_again(run_id=run.pk)
        with pytest.raises(resending.NotDeadError):
            resending.send_again(run_id=run.pk)

    def test_what_was_done_is_not_sent_again(self, begin):
        run = attempt(begin())
        with pytest.raises(resending.NotDeadError):
            resending.send_again(run_id=run.pk)
        assert not WebhookDelivery.objects.filter(dead=True).exists()


class TestPing:
    def test_says_nothing_when_all_is_well(self, webhook, shop):
        assert resending.ping(webhook=webhook) == ""
        assert json.loads(shop.calls[0].body)["type"] == "ping"

    @pytest.mark.parametrize(
        ("path", "word"),
        [
            ("/404", "error"), ("/slow", "ten seconds"), ("/redirect", "redirect"),
            ("/html", "JSON"), ("/huge", "64 KiB"), ("/garbage", "HTTP"),
        ],
    )  # fmt: skip
    def test_says_in_plain_words_what_is_wrong(self, webhook, shop, path, word):
        webhook.url = shop.url(path)
        assert word in str(resending.ping(webhook=webhook))

    def test_every_problem_has_words(self):
        assert set(Problem) <= set(resending.REASONS)


def test_a_yes_calls_the_relay_after_its_commit(
    begin, monkeypatch, django_capture_on_commit_callbacks
):
    called = []
    monkeypatch.setattr("apps.dialogue.tasks.run_actions.delay", lambda: called.append(1))
    with django_capture_on_commit_callbacks(execute=True):
        begin()
    assert called == [1]
