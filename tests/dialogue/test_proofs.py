"""How often an order may be tried, by one visitor and by all of them, one after the other and at
once."""

import re
import uuid
from functools import partial
from ipaddress import ip_network

import pytest

from apps.chat.models import Session
from apps.dialogue import phrases
from apps.dialogue.actions import execute, proofs
from apps.dialogue.actions.registry import Done, Refused
from apps.dialogue.actions.webhooks import make_secret
from apps.dialogue.models import ActionRun, Webhook, WrongProof
from apps.engine.events import Say
from apps.engine.flows import FlowSpec, SlotKind, SlotSpec
from apps.engine.policy import Condition, Rule, Step
from tests.dialogue.refunds import (
    NAME,
    ORDER,
    Counter,
    acts,
    agree,
    due_now,
    last,
    opened,
    refund,
    send,
    used_up,
)
from tests.fake_shop import fake_shop
from tests.threads import at_once

pytestmark = pytest.mark.usefixtures("nobody_starts")
State = ActionRun.State
MANY = 45
WRONG = Refused("Wrong.", not_found=True)
NOT_FOUND = {"status": "refused", "not_found": True}


def of_two_orders() -> FlowSpec:
    flow = refund()
    other = SlotSpec(name="other", kind=SlotKind.ORDER_ID, labels={"en": "Other order"}, prompts={})
    return flow.model_copy(update={"slots": (*flow.slots, other)})


def stored(session: Session, action: str = f"python:{NAME}", **slots: str) -> ActionRun:
    """As if the visitor had agreed to it."""
    return ActionRun.objects.create(
        key=uuid.uuid4(),
        session=session,
        site_id=session.site_id,
        flow="refund",
        version=3,
        action=action,
        slots={"order_id": ORDER, "reason": "broken", "phone_tail": "0000", **slots},
        language="en",
    )


def all_at_once(runs: list[ActionRun]) -> None:
    at_once(*[partial(execute.carry_out, run.key) for run in runs])


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture
    def shop(self, site, settings, monkeypatch):
        settings.OUTBOUND_ALLOW = (ip_network("127.0.0.0/8"),)
        opened(site, monkeypatch, of_two_orders())
        with fake_shop() as made:
            made.answers["/done"] = NOT_FOUND
            yield made

    @pytest.fixture
    def action(self, site, shop):
        webhook = Webhook(site=site, name="Our shop", url=shop.url("/done"))
        make_secret(webhook=webhook)
        webhook.save()
        return f"webhook:{webhook.pk}"

    def test_an_order_is_sent_ten_times_however_many_try(self, make_session, action, shop):
        all_at_once([stored(make_session(), action) for _ in range(MANY)])
        assert len(shop.calls) == proofs.MOST_WRONG
        assert ActionRun.objects.filter(state=State.REFUSED).count() == MANY

    def test_every_slot_that_holds_an_order_counts(self, make_session, action, shop):
        runs = [stored(make_session(), action, order_id=f"20258066{n:04d}", other=ORDER)
                for n in range(MANY)]  # fmt: skip
        all_at_once(runs)
        assert len(shop.calls) == proofs.MOST_WRONG

    def test_a_visitor_tries_five_orders_however_many_they_ask_for(
        self, make_session, action, shop
    ):
        session = make_session()
        all_at_once([stored(session, action, order_id=f"20258066{n:04d}") for n in range(MANY)])
        assert len(shop.calls) == proofs.MOST_OF_VISITOR
        assert ActionRun.objects.filter(state=State.REFUSED).count() == MANY

    def test_a_function_is_asked_no_oftener(self, make_session, shop, monkeypatch):
        called = Counter(WRONG)
        acts(monkeypatch, called)
        all_at_once([stored(make_session()) for _ in range(MANY)])
        assert len(called.calls) == proofs.MOST_WRONG


@pytest.mark.django_db
class TestCount:
    @pytest.fixture
    def shop(self, site, monkeypatch):
        opened(site, monkeypatch)
        shop = Counter(WRONG)
        acts(monkeypatch, shop)
        return shop

    @pytest.mark.parametrize("answer", [Done(), Refused("Too late."), Refused("Why?", "reason")])
    def test_what_the_shop_has_found_was_no_wrong_try(self, make_session, shop, answer):
        shop.answer = answer
        execute.carry_out(stored(make_session()).key)
        assert not WrongProof.objects.exists()

    @pytest.mark.parametrize("answer", [WRONG, "no answer"])
    def test_what_it_has_not_found_was_one(self, make_session, shop, answer):
        """One that breaks too: it may break over an order that is not there."""
        shop.answer = answer
        execute.carry_out(stored(make_session()).key)
        of_order = WrongProof.objects.recent(proofs.of_order(make_session().site_id, ORDER))
        assert of_order.count() == 1

    def test_the_same_run_takes_one_try_however_often_it_is_lost(self, make_session, shop):
        run = stored(make_session())
        for _ in range(3):
            assert proofs.reserve(run, "") is None
        assert WrongProof.objects.filter(run=run.key).count() == 2, "of the order, of the visitor"

    def test_a_run_that_has_its_try_keeps_it(self, make_session, shop):
        run = stored(make_session())
        proofs.reserve(run, "")
        used_up(run)
        shop.answer = Done("Yours.")
        execute.carry_out(run.key)
        assert last(run.session).text == "Yours."

    def test_five_wrong_ones_of_a_visitor_are_enough(self, make_session, shop):
        session = make_session()
        for number in range(proofs.MOST_OF_VISITOR + 1):
            run = stored(session, order_id=f"20258066{number:04d}")
            due_now(run)
            execute.carry_out(run.key)
        assert len(shop.calls) == proofs.MOST_OF_VISITOR
        assert phrases.in_language(phrases.NOT_FOUND, "en") in last(session).text

    def test_where_no_try_is_left_a_person_is_offered_at_once(self, make_session, shop):
        """Not the proof again, which would not be looked at."""
        session = make_session()
        run = agree(session)
        used_up(run)
        execute.carry_out(run.key)
        told = last(session)
        assert told.text.startswith(phrases.in_language(phrases.NOT_FOUND, "en"))
        assert str(phrases.in_language(phrases.SAID[Say.OFFER_PERSON], "en")) in told.text
        assert Session.objects.get(pk=session.pk).state == "END"
        assert shop.calls == []

    def test_a_site_that_hands_over_later_lets_them_try_as_often(
        self, make_session, site, shop, monkeypatch
    ):
        rule = Rule("proofs", Condition.PROOFS_USED, Step.HANDOFF, 7)
        opened(site, monkeypatch, rules=(rule,))
        session = make_session()
        for number in range(9):
            execute.carry_out(stored(session, order_id=f"20258066{number:04d}").key)
        assert len(shop.calls) == 7

    def test_a_flow_without_an_order_is_not_counted(self, make_session, site, shop, monkeypatch):
        flow = refund()
        opened(site, monkeypatch, flow.model_copy(update={"slots": flow.slots[1:]}))
        session = make_session()
        for _ in range(proofs.MOST_WRONG + 1):
            execute.carry_out(stored(session).key)
        assert len(shop.calls) == proofs.MOST_WRONG + 1
        assert not WrongProof.objects.exists()

    def test_no_order_and_no_visitor_stands_in_the_table(self, make_session, shop):
        run = agree(make_session())
        execute.carry_out(run.key)
        digests = "".join(WrongProof.objects.values_list("digest", flat=True))
        assert ORDER not in digests
        assert run.session.visitor_id.hex not in digests


@pytest.mark.django_db
class TestTakenOver:
    """What proved an order once in a session proves it again, as long as the shop finds it so."""

    LOOK = "tests.look"

    @pytest.fixture
    def shop(self, site, monkeypatch):
        look = refund(key="look", action=f"python:{self.LOOK}", lookup=True)
        bare = tuple(slot for slot in look.slots if slot.name != "reason")
        opened(site, monkeypatch, refund(), look.model_copy(update={"slots": bare}))
        shop = Counter(Done("Here it is."))
        acts(monkeypatch, shop)
        acts(monkeypatch, shop, self.LOOK, lookup=True)
        return shop

    def carry_out(self) -> None:
        for run in ActionRun.objects.open():
            execute.carry_out(run.key)

    def test_the_shop_compares_it_again_and_nobody_types_it(self, make_session, shop):
        session = make_session()
        execute.carry_out(agree(session).key)
        send(session, flow="look")
        self.carry_out()
        assert shop.calls[-1].slots == {"order_id": ORDER, "phone_tail": "2567"}
        assert last(session).text == "Here it is."
        # And from that one to the next.
        send(session, flow="refund")
        send(session, reason="late")
        card = last(session).meta["confirm"]
        assert "fields" not in card
        send(session, "Yes", confirm=card["id"], answer="yes")
        self.carry_out()
        assert shop.calls[-1].slots == {"order_id": ORDER, "reason": "late", "phone_tail": "2567"}

    def test_the_session_remembers_that_it_was_proved_and_not_with_what(self, make_session, shop):
        session = make_session()
        execute.carry_out(agree(session).key)
        session.refresh_from_db()
        assert session.memory["proven"]["order"] == ORDER
        # In the midst of an id the digits may stand by chance.
        assert not re.search(r"(?<![\w-])2567(?![\w-])", str(session.memory))

    def test_it_proves_no_other_order(self, make_session, shop):
        session = make_session()
        execute.carry_out(agree(session).key)
        send(session, flow="refund")
        assert ORDER in last(session).text
        send(session, order_id="202580668969")
        send(session, reason="late")
        (asked,) = last(session).meta["confirm"]["fields"]
        assert asked["slot"] == "phone_tail"

    def test_a_memory_that_is_wrong_opens_nothing(self, make_session, shop):
        """Of another session, of another order, or not ended: there is no proof to give."""
        session, other = make_session(), make_session()
        done = agree(other)
        execute.carry_out(done.key)
        foreign = stored(session, order_id="202580668969")
        ActionRun.objects.filter(key=foreign.key).update(state=State.DONE)
        for run in (done, foreign, stored(session)):
            proven = {"order": ORDER, "run": str(run.key), "proofs": {"phone_tail": "phone_tail"}}
            Session.objects.filter(pk=session.pk).update(memory={"proven": proven}, state="INIT")
            send(session, flow="look")
            made = ActionRun.objects.filter(session=session, flow="look").latest("created_at")
            assert made.slots == {"order_id": ORDER}

    def test_what_the_shop_does_not_find_any_more_is_one_wrong_try(self, make_session, shop):
        session = make_session()
        execute.carry_out(agree(session).key)
        shop.answer = WRONG
        send(session, flow="look")
        self.carry_out()
        session.refresh_from_db()
        assert session.memory["wrong"] == 1
        assert "proven" not in session.memory
        assert last(session).meta["form"]["slot"] == "order_id"
        of_order = WrongProof.objects.recent(proofs.of_order(session.site_id, ORDER))
        assert of_order.count() == 1

    def test_a_ticket_proves_nothing(self, site, make_session, monkeypatch, shop):
        look = refund(key="look", action=f"python:{self.LOOK}", lookup=True)
        bare = tuple(slot for slot in look.slots if slot.name != "reason")
        look = look.model_copy(update={"slots": bare})
        opened(site, monkeypatch, refund(action="ticket:"), look)
        session = make_session()
        execute.carry_out(agree(session).key)
        send(session, flow="look")
        assert ORDER in last(session).text
        assert last(session).meta["form"]["slot"] == "phone_tail"
