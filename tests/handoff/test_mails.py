"""E-mails to visitors and operators: in their language, once, and never a storm of them."""

import logging
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail as outbox
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.chat.items import Item, Line
from apps.chat.journal import append
from apps.chat.models import Message, Session
from apps.engine.types import Author
from apps.handoff import mailing, tasks
from apps.handoff.models import Mail, Operator, Ticket
from apps.handoff.services import answer as answer_in_chat
from apps.handoff.services import claim, resolve
from apps.handoff.services.mails import BETWEEN, TO_READ, expect_answer
from apps.sites.models import Site
from tests.handoff.conftest import ADDRESS
from tests.helpdesk.smtp_server import Behaviour, smtp
from tests.stack import free_port
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def operator(name: str, **values) -> Operator:
    user = User.objects.create(username=name, email=f"{name}@shop.example", is_staff=True)
    return Operator.objects.create(user=user, name=name.title(), **values)


def answer(ticket: Ticket, text: str, name: str = "Li") -> Mail | None:
    with transaction.atomic():
        append(Item(ticket.session_id, None, (Line(Author.OPERATOR, text, name=name),)))
        return expect_answer(session=Session.objects.get(pk=ticket.session_id))


def send() -> list[outbox.EmailMessage]:
    """What is due, as if its time had come; what went out."""
    Mail.objects.filter(state="due").update(due_at=timezone.now() - timedelta(seconds=1))
    before = len(outbox.outbox)
    mailing.send_due()
    return outbox.outbox[before:]


def states() -> list[str]:
    return list(Mail.objects.order_by("created_at").values_list("state", flat=True))


class TestAnswers:
    def test_go_to_the_address_that_was_left(self, ask):
        ticket = ask()
        answer(ticket, "It is on its way.\nTomorrow.")
        [sent] = send()
        assert sent.to == [ADDRESS]
        assert sent.subject == "Northbird has answered you"
        assert "Hello Ana," in sent.body
        assert "Li:\nIt is on its way.\nTomorrow." in sent.body
        assert states() == ["sent"]

    def test_in_the_language_of_the_chat(self, ask, site):
        Site.objects.filter(pk=site.pk).update(name_zh_hans="北雀音频")
        ticket = ask(language="zh-Hans")
        answer(ticket, "明天送到。")
        [sent] = send()
        assert "明天送到。" in sent.body
        assert "北雀音频" in sent.subject
        assert "Northbird" not in sent.body

    def test_wait_for_the_visitor_to_read_them(self, ask):
        ticket = ask()
        made = answer(ticket, "Tomorrow.")
        assert TO_READ - timedelta(seconds=30) < made.due_at - timezone.now() <= TO_READ
        assert mailing.send_due() == 0
        Session.objects.filter(pk=ticket.session_id).update(read_seq=1)
        assert send() == []
        assert states() == ["dropped"]

    def test_several_lines_are_one_mail_and_each_is_told_once(self, ask):
        ticket = ask()
        first = answer(ticket, "One.")
        assert answer(ticket, "Two.") == first
        [sent] = send()
        assert "One." in sent.body
        assert "Two." in sent.body
        later = answer(ticket, "Three.")
        first.refresh_from_db()
        assert first.sent_at
        assert later.due_at - first.sent_at >= BETWEEN
        [again] = send()
        assert "Three." in again.body
        assert "One." not in again.body
        assert send() == []

    def test_nothing_for_who_left_no_address(self, ask):
        assert answer(ask(email=""), "Hello.") is None
        assert not Mail.objects.exists()

    def test_a_name_cannot_add_a_header(self, ask, site):
        Site.objects.filter(pk=site.pk).update(name="North\r\nBcc: all@example.org")
        answer(ask(), "Hello.")
        [sent] = send()
        assert sent.subject == "North Bcc: all@example.org has answered you"
        assert sent.recipients() == [ADDRESS]

    @pytest.mark.parametrize(
        ("reply_to", "said"),
        [("desk@shop.example", "answer this e-mail (desk@shop.example)"), ("", "are not read")],
    )
    def test_say_where_to_write_back(self, ask, settings, reply_to, said):
        settings.EMAIL_REPLY_TO = reply_to
        answer(ask(), "Hello.")
        [sent] = send()
        assert said in sent.body
        assert sent.reply_to == ([reply_to] if reply_to else [])

    def test_what_was_erased_before_is_not_sent(self, ask):
        ticket = ask()
        answer(ticket, "Hello.")
        Session.objects.filter(pk=ticket.session_id).delete()
        assert send() == []
        assert not Mail.objects.exists()


@pytest.fixture
def through(settings):
    """Mail goes through a server that is at the port."""

    def point(port: int) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        settings.EMAIL_TIMEOUT = 5

    return point


class TestFaults:
    """With a mail server that is real."""

    def row(self) -> tuple[str, str, int]:
        return Mail.objects.values_list("state", "fault", "attempts").get()

    def test_a_failure_is_tried_again_and_sent_once(self, ask, through):
        answer(ask(), "Hello.")
        through(free_port())
        send()
        assert self.row() == ("due", "ConnectionRefusedError", 1)
        assert Mail.objects.get().due_at > timezone.now()
        with smtp(Behaviour()) as port:
            through(port)
            send()
            send()
        assert self.row() == ("sent", "", 2)

    def test_a_server_is_given_it_once(self, ask, through):
        answer(ask(), "Hello.")
        server = Behaviour()
        with smtp(server) as port:
            through(port)
            send()
            send()
        [sent] = server.mails
        assert f"Message-ID: <{Mail.objects.get().pk}@" in sent

    def test_after_five_it_is_given_up(self, ask, through):
        answer(ask(), "Hello.")
        through(free_port())
        for _n in range(7):
            send()
        assert self.row() == ("failed", "ConnectionRefusedError", 5)

    @pytest.mark.parametrize(
        ("reply", "state"), [("550 no such user", "failed"), ("450 later", "due")]
    )
    def test_an_address_that_is_refused(self, ask, through, caplog, reply, state):
        caplog.set_level(logging.DEBUG)
        answer(ask(), "Hello.")
        with smtp(Behaviour(refusals={"RCPT": reply})) as port:
            through(port)
            send()
        assert self.row() == (state, "SMTPRecipientsRefused", 1)
        assert "SMTPRecipientsRefused" in caplog.text
        assert ADDRESS not in caplog.text

    def test_the_lines_of_a_mail_that_failed_go_with_the_next(self, ask, through, settings):
        ticket = ask()
        answer(ticket, "One.")
        usual = settings.EMAIL_BACKEND
        through(free_port())
        for _n in range(5):
            send()
        settings.EMAIL_BACKEND = usual
        answer(ticket, "Two.")
        [sent] = send()
        assert "One." in sent.body
        assert "Two." in sent.body

    def test_what_is_written_while_one_fails_takes_its_lines_along(self, ask, through, settings):
        ticket = ask()
        first = answer(ticket, "One.")
        Mail.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        under_way = mailing._taken()
        assert under_way
        assert under_way == first
        second = answer(ticket, "Two.")
        Mail.objects.filter(pk=second.pk).update(due_at=timezone.now() - timedelta(seconds=1))
        # Whether the first has gone is not known yet, so nor is what the second has to tell.
        assert mailing.send_due() == 0
        usual = settings.EMAIL_BACKEND
        through(free_port())
        assert not mailing._send(under_way)
        first.refresh_from_db()
        assert (first.state, first.fault) == ("dropped", "ConnectionRefusedError")
        settings.EMAIL_BACKEND = usual
        [sent] = send()
        assert sent.body.index("One.") < sent.body.index("Two.")

    def test_one_that_cannot_be_written_keeps_no_other(self, ask):
        answer(ask(), "Spoilt.")
        Message.objects.update(meta=[])
        answer(ask(), "Hello.")
        [sent] = send()
        assert "Hello." in sent.body
        assert states() == ["due", "sent"]
        assert Mail.objects.get(state="due").fault == "AttributeError"

    def test_one_of_a_chat_that_is_erased_meanwhile_is_over(self, ask, through):
        ticket = ask()
        answer(ticket, "Hello.")
        Mail.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        under_way = mailing._taken()
        assert under_way
        Session.objects.filter(pk=ticket.session_id).delete()
        assert not mailing._send(under_way)
        assert not Mail.objects.exists()

    def test_one_that_was_being_sent_when_the_process_ended_is_not_sent_again(self, ask):
        answer(ask(), "Hello.")
        long_ago = timezone.now() - timedelta(minutes=11)
        Mail.objects.update(state="sending", taken_at=long_ago, to_seq=1, attempts=1)
        assert send() == []
        assert states() == ["lost"]

    def test_old_ones_are_forgotten(self, ask):
        answer(ask(), "Hello.")
        Mail.objects.update(created_at=timezone.now() - timedelta(days=91))
        assert mailing.forget_old() == 1


def away(**_said: object) -> None:
    raise OperationalError


class TestWhatOperatorsWrite:
    """Through the console's verbs."""

    def test_is_mailed_to_who_left_an_address(self, ask):
        ticket, nora = ask(), operator("nora")
        claim(ticket_id=ticket.pk, operator=nora)
        seen = Session.objects.get(pk=ticket.session_id).last_seq
        say = {"session_id": ticket.session_id, "operator": nora, "seen_seq": seen}
        answer_in_chat(text="It is on its way.", cmid=uuid.uuid4(), **say)
        resolve(ticket_id=ticket.pk, operator=nora, outcome="answered", text="Goodbye.")
        [sent] = send()
        assert "Nora:\nIt is on its way." in sent.body
        assert "Nora:\nGoodbye." in sent.body

    def test_a_task_is_queued_with_the_commit(
        self, ask, monkeypatch, django_capture_on_commit_callbacks
    ):
        queued = []
        monkeypatch.setattr(tasks.send_mails, "apply_async", lambda **said: queued.append(said))
        with django_capture_on_commit_callbacks(execute=True):
            made = answer(ask(), "Hello.")
            assert queued == []
        assert queued == [{"eta": made.due_at}]

    def test_what_is_due_much_later_is_left_to_the_schedule(
        self, ask, monkeypatch, django_capture_on_commit_callbacks
    ):
        """A broker would hand it out again before it is due."""
        queued = []
        monkeypatch.setattr(tasks.send_mails, "apply_async", lambda **said: queued.append(said))
        ticket = ask()
        Mail.objects.create(session=ticket.session, state="sent", sent_at=timezone.now())
        with django_capture_on_commit_callbacks(execute=True):
            assert answer(ticket, "Hello.").due_at - timezone.now() > timedelta(minutes=9)
        assert queued == []

    def test_a_broker_that_is_away_loses_nothing(
        self, ask, monkeypatch, django_capture_on_commit_callbacks
    ):
        monkeypatch.setattr(tasks.send_mails, "apply_async", away)
        with django_capture_on_commit_callbacks(execute=True):
            answer(ask(), "Hello.")
        assert len(send()) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_mail_once(ask):
    for _n in range(6):
        answer(ask(), "Hello.")
    Mail.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    counts = at_once(mailing.send_due, mailing.send_due)
    assert sum(counts) == len(outbox.outbox) == 6
    assert set(states()) == {"sent"}
