"""What an action answers, and what the visitor is told of it."""

import subprocess
import sys

import pytest

from apps.chat.models import Session
from apps.dialogue import phrases
from apps.dialogue.actions import execute, proofs, registry, relay
from apps.dialogue.actions.registry import Done, Refused
from apps.dialogue.models import ActionRun, WrongProof
from apps.engine.events import Say
from apps.handoff.models import Ticket
from apps.knowledge.models import Category
from helpdesk import checks
from tests.dialogue.refunds import (
    ORDER,
    Counter,
    acts,
    agree,
    due_now,
    fill,
    last,
    opened,
    refund,
    said_by,
    send,
)

pytestmark = pytest.mark.django_db
State = ActionRun.State


@pytest.fixture(autouse=True)
def _shop(site, monkeypatch, nobody_starts):
    opened(site, monkeypatch)


@pytest.fixture
def session(make_session):
    return make_session()


def fresh(session):
    return Session.objects.get(pk=session.pk)


def signed(session):
    session.visitor.external_id = "mei"
    session.visitor.save()
    return session


def agree_signed(session):
    """Whom the shop has signed proves nothing."""
    card = fill(session, proofs=())
    send(session, "Yes", confirm=card, answer="yes")
    return ActionRun.objects.get(key=card)


class TestFailure:
    @pytest.fixture
    def run(self, session, site, monkeypatch):
        def break_down(_):
            Category.objects.create(site=site, name_en="half done")
            raise ZeroDivisionError("order 202580668968 of 13800002567")

        acts(monkeypatch, Counter(work=break_down))
        run = agree(session)
        execute.carry_out(run.key)
        run.refresh_from_db()
        return run

    def test_undoes_what_the_function_did_and_a_person_takes_over(self, session, run):
        assert not Category.objects.exists()
        assert run.state == State.FAILED
        ticket = Ticket.objects.get(session=session)
        assert ticket.reason == Ticket.Reason.ACTION_FAILED
        assert fresh(session).mode == "queued"
        assert phrases.say(Say.FAILED, "en") in said_by(session)[-1]

    def test_logs_no_word_of_the_visitor(self, caplog, run):
        (record,) = caplog.get_records("setup")
        assert "ZeroDivisionError" in record.getMessage()
        assert ORDER not in record.getMessage()
        assert record.exc_info is None

    @pytest.mark.parametrize("answer", ["done", 7, {"status": "done"}])
    def test_an_answer_that_is_none_fails(self, session, monkeypatch, answer):
        acts(monkeypatch, Counter(answer))
        run = agree(session)
        execute.carry_out(run.key)
        run.refresh_from_db()
        assert run.state == State.FAILED

    def test_a_function_that_is_not_there_fails(self, session, site, monkeypatch):
        opened(site, monkeypatch, refund(action="python:tests.nowhere"))
        run = agree(session)
        execute.carry_out(run.key)
        run.refresh_from_db()
        assert run.state == State.FAILED


class TestRefusal:
    def test_a_slot_that_the_shop_calls_wrong_is_asked_for_again(self, session, monkeypatch):
        acts(monkeypatch, Counter(Refused("Not returnable: {x} **b**", slot="reason")))
        run = agree(session)
        execute.carry_out(run.key)
        line = last(session)
        assert "Not returnable: {x} **b**" in line.text
        assert line.meta["form"]["slot"] == "reason"
        assert line.meta["action"]["status"] == "failed"
        assert fresh(session).state == "COLLECT"

    def test_foreign_and_absent_orders_get_the_same_answer(self, make_session, site, monkeypatch):
        lines = []
        for number, answer in enumerate(
            [
                Refused("No such order.", not_found=True),
                Refused("Wrong phone!", slot="phone_tail", not_found=True),
            ]
        ):
            visitor = make_session()
            acts(monkeypatch, Counter(answer))
            execute.carry_out(agree(visitor).key)
            line = last(visitor)
            line.meta.pop("action")
            lines.append((line.text, line.meta, number))
        assert lines[0][:2] == lines[1][:2]
        assert lines[0][0].startswith(phrases.in_language(phrases.NOT_FOUND, "en"))

    def test_an_order_that_was_tried_ten_times_is_asked_for_no_more(
        self, make_session, monkeypatch
    ):
        shop = Counter(Refused("Wrong.", not_found=True))
        acts(monkeypatch, shop)
        for _ in range(proofs.MOST_WRONG):
            execute.carry_out(agree(make_session()).key)
        assert len(shop.calls) == proofs.MOST_WRONG
        shop.answer = Done("Yours.")
        late = make_session()
        execute.carry_out(agree(late).key)
        assert len(shop.calls) == proofs.MOST_WRONG
        assert last(late).text.startswith(phrases.in_language(phrases.NOT_FOUND, "en"))

    def test_whom_the_shop_has_signed_is_not_locked_out(self, make_session, monkeypatch):
        shop = Counter(Refused("Wrong.", not_found=True))
        acts(monkeypatch, shop)
        for _ in range(proofs.MOST_WRONG):
            execute.carry_out(agree(make_session()).key)
        shop.answer = Done("Yours.")
        owner = signed(make_session())
        execute.carry_out(agree_signed(owner).key)
        assert shop.calls[-1].person == "mei"
        assert last(owner).text == "Yours."

    def test_whom_the_shop_has_signed_locks_nobody_out(self, make_session, monkeypatch):
        acts(monkeypatch, Counter(Refused("Wrong.", not_found=True)))
        visitor = signed(make_session())
        execute.carry_out(agree_signed(visitor).key)
        assert last(visitor).text.startswith(phrases.in_language(phrases.NOT_FOUND, "en"))
        assert not WrongProof.objects.exists()


class TestLookup:
    @pytest.fixture
    def shop(self, site, monkeypatch):
        opened(site, monkeypatch, refund(lookup=True))
        shop = Counter(Done("On its way."))
        acts(monkeypatch, shop, lookup=True)
        return shop

    def ask(self, session, tail="2567", flow="refund"):
        send(session, flow=flow)
        send(session, order_id=ORDER)
        send(session, reason="broken")
        send(session, phone_tail=tail)
        run = ActionRun.objects.filter(session=session).latest("created_at")
        execute.carry_out(run.key)
        return last(session)

    def test_needs_no_yes_and_is_kept_for_a_while(self, shop, session):
        first, second = self.ask(session), self.ask(session)
        assert first.text == second.text == "On its way."
        assert len(shop.calls) == 1
        assert ActionRun.objects.filter(state=State.DONE).count() == 2

    def test_is_kept_for_the_same_proof_only(self, shop, make_session):
        self.ask(make_session())
        self.ask(make_session(), tail="0001")
        assert len(shop.calls) == 2

    @pytest.mark.parametrize("ends", [Done("Refunded."), Refused("No."), 7])
    def test_is_not_kept_over_an_action(self, shop, session, site, monkeypatch, ends):
        status = refund(key="status", lookup=True, names={"en": "Status"})
        opened(site, monkeypatch, refund(action="python:tests.act"), status)
        acts(monkeypatch, Counter(ends), "tests.act")
        self.ask(session, flow="status")
        execute.carry_out(agree(session).key)
        send(session, "Go on with the bot")
        self.ask(session, flow="status")
        assert len(shop.calls) == 2

    def test_refusals_are_not_kept(self, shop, make_session):
        shop.answer = Refused("Not yet.")
        self.ask(make_session())
        self.ask(make_session())
        assert len(shop.calls) == 2


class TestTicket:
    def test_opens_one_with_the_slots(self, session, site, monkeypatch):
        opened(site, monkeypatch, refund(action="ticket:"))
        run = agree(session)
        execute.carry_out(run.key)
        ticket = Ticket.objects.get(session=session)
        assert ticket.reason == Ticket.Reason.ACTION
        assert ticket.text.splitlines()[:3] == [
            "Refund",
            f"Order number: {ORDER}",
            "Reason: Broken",
        ]
        assert fresh(session).mode == "bot"
        assert last(session).text.startswith(f"Refunded {ORDER}.")
        assert not Ticket.objects.without_address().exists()

    def test_asks_for_an_address_that_may_be_typed(self, session, site, monkeypatch):
        opened(site, monkeypatch, refund(action="ticket:"))
        execute.carry_out(agree(session).key)
        line = last(session)
        assert line.text == f"Refunded {ORDER}.\n\n{phrases.say(Say.LEAVE_ADDRESS, 'en')}"
        assert line.meta["form"]["type"] == "contact"
        send(session, "👍")
        send(session, "please ring 555-123-4567")
        ticket = Ticket.objects.get(session=session)
        assert (ticket.reason, ticket.phone) == (Ticket.Reason.ACTION, "5551234567")
        assert ticket.text.endswith("please ring 555-123-4567")
        assert fresh(session).mode == "queued"
        assert list(fresh(session).memory) == ["proven"]

    def test_asks_nobody_for_an_address_whose_own_is_known(self, session, site, monkeypatch):
        opened(site, monkeypatch, refund(action="ticket:"))
        session.visitor.email = "jo@shop.example"
        session.visitor.save()
        execute.carry_out(agree(session).key)
        assert last(session).text == f"Refunded {ORDER}."
        assert "form" not in last(session).meta

    @pytest.mark.parametrize(
        ("language", "told"),
        [
            ("en", "Last four digits of your phone: •••• (given in the chat, not checked)"),
            ("zh-Hans", "手机尾号: ••••"),
        ],
    )
    def test_holds_no_proof_and_says_that_one_was_given(
        self, make_session, site, monkeypatch, language, told
    ):
        opened(site, monkeypatch, refund(action="ticket:"))
        run = agree(make_session(language=language))
        execute.carry_out(run.key)
        text = Ticket.objects.get().text
        assert "2567" not in text
        assert ORDER in text
        assert told in text

    def test_says_of_whom_the_shop_has_signed_that_nothing_had_to_be_proved(
        self, session, site, monkeypatch
    ):
        opened(site, monkeypatch, refund(action="ticket:"))
        signed(session)
        card = fill(session, ())
        send(session, "Yes", confirm=card, answer="yes")
        execute.carry_out(ActionRun.objects.get().key)
        text = Ticket.objects.get().text
        assert "Last four digits of your phone: not asked, the visitor is signed in" in text

    def test_of_a_flow_that_is_gone_holds_no_proof_either(self, session, site, monkeypatch):
        opened(site, monkeypatch, refund(action="ticket:"))
        run = agree(session)
        opened(site, monkeypatch, refund(key="another"))
        execute.carry_out(run.key)
        lines = Ticket.objects.get().text.splitlines()
        assert lines[0] == "refund"
        assert set(lines[1:]) == {"order_id: ••••", "reason: ••••", "phone_tail: ••••"}


def _another(_call):
    return Done()


class TestRegistry:
    def test_a_module_that_cannot_be_imported_stops_the_start_with_a_sentence(self, settings):
        settings.ACTIONS = ["tests.nowhere"]
        (found,) = checks.actions_can_be_imported(None)
        assert found.id == "helpdesk.E006"
        assert "HELPDESK_ACTIONS: tests.nowhere cannot be imported" in found.msg

    def test_those_that_are_there_are_no_matter(self):
        assert checks.actions_can_be_imported(None) == []

    def test_two_functions_of_one_name_are_told(self, monkeypatch):
        monkeypatch.setattr(registry, "_registered", {})
        registry.action("tests.twice", title="One")(lambda call: Done())
        with pytest.raises(registry.TwiceError):
            registry.lookup("tests.twice", title="Another")(_another)


class TestLeftBehind:
    def test_the_sweeper_starts_a_process_for_what_nobody_takes(
        self, session, settings, monkeypatch
    ):
        started = []

        class Running:
            def __init__(self, command, cwd):
                started.append((command, cwd))

            def poll(self):
                return None

        monkeypatch.setattr(subprocess, "Popen", Running)
        monkeypatch.setattr(relay, "_spawned", [])
        run = agree(session)
        assert relay.spawn_due() == 0
        due_now(run)
        assert relay.spawn_due() == relay.spawn_due() == 1
        assert started == [([sys.executable, "manage.py", "run_actions"], settings.BASE_DIR)]

    def test_wrong_proofs_are_forgotten_when_they_count_no_more(self):
        WrongProof.objects.create(digest="a", tried_at="2020-01-01T00:00Z")
        WrongProof.objects.create(digest="b")
        assert relay.sweep_out() == 1
        assert WrongProof.objects.get().digest == "b"
