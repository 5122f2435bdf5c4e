"""What staff see of actions: runs, webhooks with their secret, and where a visitor stands."""

import uuid
from ipaddress import ip_network

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from apps.dialogue import books
from apps.dialogue.actions import execute, webhooks
from apps.dialogue.flows import services
from apps.dialogue.models import ActionRun, Flow, Webhook
from apps.dialogue.play import Said
from apps.dialogue.services import take_line
from apps.handoff.models import Ticket
from apps.sites.sealing import unseal
from tests.dialogue.flow_rows import return_flow
from tests.dialogue.refunds import ORDER, Counter, acts, agree, due_now, fill, opened, refund, send
from tests.fake_shop import fake_shop
from tests.staff import HOSTILE, alice, carol, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db
RUN, RUNS = "dialogue_actionrun_change", "dialogue_actionrun_changelist"
HOOK, ADD = "dialogue_webhook_change", "dialogue_webhook_add"
SESSION = "chat_session_change"
State = ActionRun.State


@pytest.fixture(autouse=True)
def _here(settings, site, monkeypatch, nobody_starts):
    settings.OUTBOUND_ALLOW = (ip_network("127.0.0.0/8"),)
    opened(site, monkeypatch)


@pytest.fixture
def shop():
    with fake_shop() as made:
        yield made


@pytest.fixture
def webhook(site, shop):
    made = Webhook(site=site, name="Our shop", url=shop.url("/404"))
    webhooks.make_secret(webhook=made)
    made.save()
    return made


@pytest.fixture
def given_up(make_session, site, webhook, monkeypatch):
    opened(site, monkeypatch, refund(action=f"webhook:{webhook.pk}"))
    run = agree(make_session())
    due_now(run)
    execute.carry_out(run.key)
    run.refresh_from_db()
    return run


def many_runs(run, count):
    """Runs that wait for the same webhook, and were sent to nobody yet."""
    ActionRun.objects.bulk_create(
        ActionRun(
            key=uuid.uuid4(),
            session_id=run.session_id,
            site_id=run.site_id,
            flow=run.flow,
            version=run.version,
            action=run.action,
            slots=run.slots,
            language="en",
        )
        for _ in range(count)
    )


def html(user, name, *arguments, **query):
    return signed_in(user).get(page(name, *arguments), query).content.decode()


class TestTicket:
    @pytest.mark.parametrize("is_typed_on_the_card", [True, False])
    def test_hides_the_proof_and_shows_the_chat_in_which_it_was_given(
        self, make_session, site, monkeypatch, is_typed_on_the_card
    ):
        opened(site, monkeypatch, refund(action="ticket:"))
        session = make_session()
        card = fill(session, () if is_typed_on_the_card else ("2567",))
        yes = {"confirm": card, "answer": "yes"}
        proof = {"phone_tail": "2567"} if is_typed_on_the_card else {}
        take_line(session_id=session.id, said=Said(uuid.uuid4(), "Yes", yes | proof))
        execute.carry_out(ActionRun.objects.get().key)
        ticket = Ticket.objects.get()
        shown = texts(html(carol(), "handoff_ticket_change", ticket.pk))
        assert "2567" not in ticket.text
        assert f"Order number: {ORDER}" in ticket.text
        assert "phone_tail: 2567" in shown
        assert not [line for line in shown if card in line]


class TestRuns:
    def test_tell_what_was_done_and_what_went_wrong(self, given_up):
        said = " ".join(texts(html(olga(), RUN, given_up.pk)))
        for words in (
            "Webhook: Our shop",
            "Failed",
            ORDER,
            "The server answered with an error. (404)",
        ):
            assert words in said

    def test_tell_where_to_look_when_the_end_is_not_clear(self, given_up):
        said = " ".join(texts(html(olga(), RUN, given_up.pk)))
        assert "A try may have reached the shop" not in said
        ActionRun.objects.update(state=State.UNCLEAR)
        client = signed_in(User.objects.get(username="olga"))
        said = " ".join(texts(html_of(client, page(RUN, given_up.pk))))
        assert "an error. (404) A try may have reached the shop all the same: look there" in said

    def test_say_it_in_words_and_hide_what_proves(self, given_up, site):
        return_flow(site, key="refund", name_en="Refund it", name_zh_hans="退款")
        ActionRun.objects.update(slots={**given_up.slots, "phone_tail": "2567"})
        said = " ".join(texts(html(olga(), RUN, given_up.pk)))
        for words in ("Refund it", "Failed", f"Order number: {ORDER}", "Reason: Broken"):
            assert words in said, words
        assert "Last four digits of your phone: ••••" in said
        for words in ("2567", "('failed'", "broken"):
            assert words not in said, words
        client = Client(headers={"accept-language": "zh-hans"})
        client.force_login(User.objects.get(username="olga"))
        listed = " ".join(texts(html_of(client, page(RUNS))))
        assert "退款" in listed
        assert "refund" not in listed

    def test_of_a_version_that_is_gone_show_no_values(self, given_up, monkeypatch):
        monkeypatch.setattr(books, "_books", {})
        said = " ".join(texts(html(olga(), RUN, given_up.pk)))
        assert "order_id: ••••" in said
        assert ORDER not in said

    def test_cost_the_same_for_many(self, given_up, site, django_assert_max_num_queries):
        many_runs(given_up, 60)
        client = signed_in(olga())
        with django_assert_max_num_queries(16):
            assert "Webhook: Our shop" in html_of(client, page(RUNS))
        with django_assert_max_num_queries(24):
            assert "Webhook: Our shop" in html_of(client, page(SESSION, given_up.session_id))

    def test_those_that_were_given_up_are_found(self, given_up):
        client = signed_in(olga())
        assert list(client.get(page(RUNS), {"dead": "yes"}).context["cl"].result_list) == [given_up]
        assert not client.get(page(RUNS), {"state": "done"}).context["cl"].result_list

    def test_nothing_can_be_written(self, given_up):
        client = signed_in(olga())
        assert client.post(page(RUN, given_up.pk), {"state": "done"}).status_code == 403
        assert client.get(page("dialogue_actionrun_delete", given_up.pk)).status_code == 403
        assert client.get(page("dialogue_actionrun_add")).status_code == 403

    def test_are_closed_to_others(self, given_up):
        assert signed_in(alice()).get(page(RUN, given_up.pk)).status_code == 403

    def test_hostile_values_are_text(self, given_up):
        ActionRun.objects.update(slots={HOSTILE: HOSTILE}, text=HOSTILE, flow=HOSTILE[:40])
        client = signed_in(olga())
        for shown in (html_of(client, page(RUN, given_up.pk)), html_of(client, page(RUNS))):
            assert "<script>alert" not in shown


class TestAgain:
    def button(self, run):
        return page("dialogue_actionrun_send_this_again", run.pk)

    def test_is_asked_first_then_done_once_and_written_down(self, given_up):
        client = signed_in(olga())
        assert "Send again" in html_of(client, page(RUN, given_up.pk))
        asked = client.get(self.button(given_up)).content.decode()
        given_up.refresh_from_db()
        assert given_up.state == State.FAILED, "a link changes nothing"
        assert "same id" in asked
        client.post(self.button(given_up))
        given_up.refresh_from_db()
        assert (given_up.state, given_up.delivery.dead) == (State.PENDING, False)
        assert LogEntry.objects.get().get_change_message() == "Sent the webhook again."
        again = client.post(self.button(given_up), follow=True).content.decode()
        assert "somebody has sent it again already" in again

    def test_needs_its_own_permission(self, given_up):
        user = carol()
        user.user_permissions.add(Permission.objects.get(codename="view_actionrun"))
        client = signed_in(user)
        assert "Send again" not in html_of(client, page(RUN, given_up.pk))
        assert client.post(self.button(given_up)).status_code == 403

    def test_what_was_done_offers_none(self, given_up):
        ActionRun.objects.update(state=State.DONE)
        given_up.delivery.dead = False
        given_up.delivery.save()
        assert "Send again" not in html(olga(), RUN, given_up.pk)


def html_of(client, path):
    return client.get(path).content.decode()


class TestWebhooks:
    def test_the_secret_is_shown_once_and_kept_sealed(self, site):
        client = signed_in(olga())
        values = {"site": site.pk, "name": "Our shop", "url": "https://shop.example/x"}
        answer = client.post(page(ADD), values)
        webhook = Webhook.objects.get()
        secret = answer.context["secret"]
        assert secret.startswith("whsec_")
        assert secret in answer.content.decode()
        assert unseal(webhook.sealed, owner=webhook.owner) == secret
        for path in (page(HOOK, webhook.pk), page("dialogue_webhook_renew", webhook.pk)):
            shown = html_of(client, path)
            assert secret not in shown
            assert webhook.sealed not in shown

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("http://", "The address cannot be called"),
            ("ftp://shop.example/", "The address cannot be called"),
            ("https://a:b@shop.example/", "Leave the name and the password out"),
            ("http://203.0.113.7/", "Write https:// instead of http://"),
            ("https://10.0.0.5/", "leads into a private network"),
            ("https://169.254.169.254/latest", "leads into a private network"),
            ("https://127.1/", "leads into a private network"),
            ("https://0x7f000001/", "leads into a private network"),
            ("https://[::1]/", "leads into a private network"),
            ("https://[::ffff:10.0.0.5]/", "leads into a private network"),
            ("https://localhost/", "leads into a private network"),
        ],
    )
    def test_what_would_never_be_called_is_told_at_the_field(self, site, settings, url, words):
        settings.OUTBOUND_ALLOW = ()
        answer = signed_in(olga()).post(page(ADD), {"site": site.pk, "name": "x", "url": url})
        assert words in " ".join(texts(answer.content.decode()))
        assert not Webhook.objects.exists()

    def test_an_allowed_network_may_be_called_unencrypted(self, site):
        values = {"site": site.pk, "name": "x", "url": "http://127.0.0.1:9/x"}
        signed_in(olga()).post(page(ADD), values)
        assert Webhook.objects.get().url == values["url"]

    def test_a_name_that_leads_nowhere_is_stored_with_a_word(self, site):
        values = {"site": site.pk, "name": "x", "url": "https://nobody.invalid/x"}
        answer = signed_in(olga()).post(page(ADD), values)
        assert "nothing could be sent to the address now" in " ".join(
            texts(answer.content.decode())
        )
        assert Webhook.objects.exists()

    def test_a_change_is_checked_too(self, webhook, settings):
        settings.OUTBOUND_ALLOW = ()
        values = {"name": "x", "url": "https://192.168.1.1/"}
        answer = signed_in(olga()).post(page(HOOK, webhook.pk), values)
        assert "private network" in answer.content.decode()
        webhook.refresh_from_db()
        assert webhook.name == "Our shop"

    def test_a_new_secret_takes_the_place_of_the_old_one(self, webhook):
        before = webhook.sealed
        answer = signed_in(olga()).post(page("dialogue_webhook_renew", webhook.pk))
        webhook.refresh_from_db()
        assert webhook.sealed_previous == before
        assert unseal(webhook.sealed, owner=webhook.owner) == answer.context["secret"]

    def test_a_test_says_in_plain_words_what_is_wrong(self, webhook, shop):
        client = signed_in(olga())
        try_it = page("dialogue_webhook_try", webhook.pk)
        client.get(try_it)
        assert shop.calls == [], "a link sends nothing"
        assert "answered with an error" in client.post(try_it, follow=True).content.decode()
        Webhook.objects.update(url=shop.url("/done"))
        assert "answered as agreed" in client.post(try_it, follow=True).content.decode()

    @pytest.mark.parametrize("view", ["renew", "try"])
    def test_are_closed_to_others(self, webhook, view):
        client = signed_in(alice())
        assert client.post(page(f"dialogue_webhook_{view}", webhook.pk)).status_code == 403

    def test_its_site_stays(self, webhook):
        assert (
            "site"
            not in signed_in(olga()).get(page(HOOK, webhook.pk)).context["adminform"].form.fields
        )


class TestSession:
    def test_says_where_the_visitor_stands(self, make_session):
        session = make_session()
        send(session, flow="refund")
        send(session, order_id=ORDER)
        said = " ".join(texts(html(carol(), SESSION, session.pk)))
        for words in (
            "Refund",
            "version 3",
            "Waits for: Reason",
            "Order number:",
            ORDER,
            "wants a flow",
        ):
            assert words in said, words

    def test_says_that_a_yes_is_waited_for_and_what_ran(self, make_session, monkeypatch):
        acts(monkeypatch, Counter())
        session = make_session()
        card = fill(session)
        assert "Waits for the visitor's yes." in " ".join(texts(html(carol(), SESSION, session.pk)))
        send(session, "Yes", confirm=card, answer="yes")
        execute.carry_out(ActionRun.objects.get().key)
        said = " ".join(texts(html_of(signed_in(olga()), page(SESSION, session.pk))))
        for words in ("The visitor is in no flow.", "Refund", "Done", "Result of an action"):
            assert words in said, words

    def test_hides_what_proves(self, make_session):
        session = make_session()
        fill(session)
        shown = signed_in(olga()).get(page(SESSION, session.pk)).context["cards"][0]
        assert "••••" in shown
        assert "2567" not in shown

    def test_a_version_that_is_gone_is_told(self, make_session, site, monkeypatch):
        session = make_session()
        send(session, flow="refund")
        opened(site, monkeypatch, refund(version=9))
        said = " ".join(texts(html(carol(), SESSION, session.pk)))
        assert "This version is not there any more" in said

    def test_a_plain_session_has_no_card(self, make_session):
        assert "The visitor is in no flow." not in html(carol(), SESSION, make_session().pk)


class TestDeletingAWebhook:
    @pytest.mark.parametrize("only_published", [False, True])
    def test_one_that_a_flow_ends_in_is_kept(self, site, webhook, only_published):
        flow = return_flow(site, key="ends", name_en="Ends there", action=f"webhook:{webhook.pk}")
        if only_published:
            services.publish(flow=flow, author=None)
            Flow.objects.filter(pk=flow.pk).update(action="")
        boss = signed_in(olga())
        address = page("dialogue_webhook_delete", webhook.pk)
        assert "Ends there" in " ".join(texts(boss.get(address).content.decode()))
        boss.post(address, {"post": "yes"})
        chosen = {"action": "delete_selected", "_selected_action": [webhook.pk], "post": "yes"}
        boss.post(page("dialogue_webhook_changelist"), chosen)
        assert Webhook.objects.exists()

    def test_one_that_none_ends_in_goes(self, webhook):
        boss = signed_in(olga())
        boss.post(page("dialogue_webhook_delete", webhook.pk), {"post": "yes"})
        assert not Webhook.objects.exists()
