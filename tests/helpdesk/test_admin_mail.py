"""Mail: how its server is named, what is told when it fails, and a forgotten password."""

import re
from concurrent.futures import wait
from email import message_from_string, policy
from email.message import EmailMessage
from threading import Barrier, BoundedSemaphore

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from helpdesk import env, mail, passwords
from helpdesk.models import FirstSteps
from tests.helpdesk.smtp_server import Behaviour, smtp
from tests.stack import free_port
from tests.staff import olga, signed_in


@pytest.fixture
def through(settings):
    """Points the settings at a real server."""

    def point(port: int, **more: object) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_TIMEOUT = 5
        for name, value in more.items():
            setattr(settings, name, value)

    return point


class TestAddress:
    @pytest.mark.parametrize(
        ("url", "server"),
        [
            ("", env.MailServer()),
            (
                "smtp://us%40er:p%2Fw@mail.example",
                env.MailServer("mail.example", 587, "us@er", "p/w", use_tls=True),
            ),
            ("smtps://mail.example", env.MailServer("mail.example", 465, use_ssl=True)),
            ("smtp://localhost?tls=off", env.MailServer("localhost", 25)),
            ("smtp://u@mail.example:25", env.MailServer("mail.example", 25, "u", use_tls=True)),
        ],
    )
    def test_is_read(self, url, server):
        assert env.mail_server("X", url) == server

    def test_the_password_may_come_apart(self):
        assert env.mail_server("X", "smtp://u@mail.example", "secret").password == "secret"
        assert env.mail_server("X", "smtp://u:own@mail.example", "secret").password == "own"

    @pytest.mark.parametrize(
        "url",
        [
            "mail.example",
            "http://mail.example",
            "smtp://",
            "smtp://u:secret@mail.example:99999",
            "smtp://u:secret@mail.example/inbox",
            "smtp://u:secret@mail.example?tls=maybe",
            "smtps://u:secret@mail.example?tls=off",
        ],
    )
    def test_a_bad_one_stops_the_start_without_its_password(self, url):
        with pytest.raises(ImproperlyConfigured, match=r"X must look like") as told:
            env.mail_server("X", url)
        assert "secret" not in str(told.value)


class TestDeliver:
    def test_a_mail_arrives(self, through):
        behaviour = Behaviour()
        with smtp(behaviour) as port:
            through(port, EMAIL_HOST_USER="u", EMAIL_HOST_PASSWORD="p")
            assert mail.deliver("Hello", "The body.", "li@shop.example") == ""
        assert "To: li@shop.example" in behaviour.mails[0]
        assert "The body." in behaviour.mails[0]

    @pytest.mark.parametrize(
        ("behaviour", "more", "told"),
        [
            (
                Behaviour({"RCPT": "550 No such user here"}),
                {},
                "refused the recipient's address: 550 No such user here",
            ),
            (Behaviour({"MAIL": "553 Not you"}), {}, r"refused the sender .*: 553 Not you"),
            (Behaviour({"DATA": "552 Too much"}), {}, "did not take the mail: 552 Too much"),
            (
                Behaviour({"AUTH": "535 Wrong password"}),
                {"EMAIL_HOST_USER": "u", "EMAIL_HOST_PASSWORD": "p"},
                "refused the user name or the password: 535 Wrong password",
            ),
            (Behaviour(), {"EMAIL_USE_TLS": True}, "does not offer the encryption"),
            (Behaviour(), {"EMAIL_USE_SSL": True}, "No encryption could be agreed"),
            (Behaviour(hangs_up=True), {}, "closed the connection"),
            (Behaviour(greets=False), {"EMAIL_TIMEOUT": 0.2}, "does not answer on port"),
            (Behaviour(drips=True), {"EMAIL_TIMEOUT": 0.2}, "does not answer on port"),
        ],
    )
    def test_what_failed_is_told(self, through, behaviour, more, told):
        with smtp(behaviour) as port:
            through(port, **more)
            assert re.search(told, mail.deliver("Hello", "Body", "li@shop.example"))
        assert behaviour.mails == []

    def test_nobody_listens(self, through):
        port = free_port()
        through(port)
        assert mail.deliver("Hello", "Body", "li@shop.example").startswith(
            f"Nothing listens on port {port} of 127.0.0.1"
        )

    def test_no_such_host(self, through):
        through(25, EMAIL_HOST="mail.invalid")
        assert "no mail server by the name of mail.invalid" in mail.deliver("S", "B", "a@b.example")

    def test_a_header_cannot_be_slipped_in(self, through):
        behaviour = Behaviour()
        with smtp(behaviour) as port:
            through(port)
            assert "could not be sent" in mail.deliver(
                "Hello\nBcc: x@y.example", "B", "a@b.example"
            )
        assert behaviour.mails == []


@pytest.mark.django_db
class TestPage:
    def test_a_test_that_arrives_settles_the_step(self, through):
        behaviour = Behaviour()
        with smtp(behaviour) as port:
            through(port)
            answer = signed_in(olga()).post(reverse("first_steps_mail"), {"to": "me@shop.example"})
        assert answer["Location"] == reverse("admin:index")
        assert len(behaviour.mails) == 1
        assert FirstSteps.current().email_tested_at

    def test_a_test_that_fails_says_why(self, through):
        with smtp(Behaviour({"RCPT": "550 Unknown"})) as port:
            through(port)
            answer = signed_in(olga()).post(reverse("first_steps_mail"), {"to": "me@shop.example"})
        assert "550 Unknown" in answer.content.decode()
        assert FirstSteps.current().email_tested_at is None

    def test_without_a_server_the_page_says_what_to_set(self, settings):
        settings.EMAIL_HOST = ""
        page = signed_in(olga()).get(reverse("first_steps_mail")).content.decode()
        assert "HELPDESK_EMAIL_URL=" in page


@pytest.mark.django_db(transaction=True)
class TestForgottenPassword:
    @pytest.fixture(autouse=True)
    def _fresh(self):
        cache.clear()

    @pytest.fixture
    def user(self, django_user_model):
        return django_user_model.objects.create_user(
            "li", "li@shop.example", "an old password", is_staff=True
        )

    @pytest.fixture
    def server(self, through):
        behaviour = Behaviour()
        with smtp(behaviour) as port:
            through(port)
            yield behaviour

    def ask(self, client, address: str = "li@shop.example", language: str = "en"):
        """The answer, once the mails that it led to are sent."""
        answer = client.post(
            reverse("admin_password_reset"),
            {"email": address},
            headers={"accept-language": language},
        )
        settle()
        return answer

    def test_a_link_sets_a_new_one_once(self, client, user, server, settings):
        self.ask(client)
        (sent,) = server.mails
        assert "To: li@shop.example" in sent
        (link,) = re.findall(rf"{settings.PUBLIC_URL}(/\S+)", plain(sent))
        moved = client.get(link)
        assert moved["Referrer-Policy"] == "no-referrer"
        fresh = {"new_password1": "blue sky of may", "new_password2": "blue sky of may"}
        assert client.post(moved["Location"], fresh)["Location"] == reverse(
            "password_reset_complete"
        )
        user.refresh_from_db()
        assert user.check_password("blue sky of may")
        assert "used already" in client.get(link).content.decode()

    def test_the_link_does_not_follow_the_host_that_was_asked(self, client, user, server, settings):
        settings.PUBLIC_URL = "https://desk.example:8443"
        client.defaults["HTTP_HOST"] = "localhost:9999"
        self.ask(client)
        (sent,) = server.mails
        assert re.findall(r"https?://[^/\s]+", plain(sent)) == ["https://desk.example:8443"]

    def test_the_answer_is_the_same_for_everyone(self, client, user, server):
        told = []
        for who in ("li@shop.example", "nobody@shop.example"):
            with CaptureQueriesContext(connection) as queries:
                answer = self.ask(client, who)
            told.append((answer.status_code, answer.content, dict(answer.headers), len(queries)))
        assert told[0] == told[1]
        # Whether there is such a user is not even asked while the browser waits.
        assert told[0][-1] == 0
        assert len(server.mails) == 1

    def test_a_mail_that_fails_is_told_to_the_log_and_may_be_asked_for_again(
        self, client, user, server, caplog
    ):
        server.refusals["RCPT"] = "550 No <li@shop.example> here"
        self.ask(client)
        (record,) = [one for one in caplog.records if one.name == "helpdesk.passwords"]
        assert record.levelname == "WARNING"
        assert f"user {user.pk}" in record.getMessage()
        assert "li@" not in record.getMessage()
        server.refusals.clear()
        self.ask(client)
        assert len(server.mails) == 1

    def test_a_fault_of_ours_is_told_to_the_log(self, client, user, server, caplog, monkeypatch):
        def fail(*_arguments):
            raise RuntimeError("broken")

        monkeypatch.setattr(mail, "deliver", fail)
        assert self.ask(client).status_code == 302
        assert "RuntimeError: broken" in caplog.text
        monkeypatch.undo()
        self.ask(client)
        assert len(server.mails) == 1

    def test_too_many_at_once_are_dropped(self, client, user, server, caplog, monkeypatch):
        monkeypatch.setattr(passwords, "places", BoundedSemaphore(0))
        assert self.ask(client).status_code == 302
        assert server.mails == []
        assert "too many" in caplog.text

    def test_a_user_gets_one_mail_a_minute(self, client, user, server):
        self.ask(client)
        self.ask(client)
        assert len(server.mails) == 1

    def test_whoever_is_locked_out_gets_none(self, client, user, server):
        user.is_active = False
        user.save()
        self.ask(client)
        assert server.mails == []

    def test_the_mail_speaks_the_pages_language(self, client, user, server):
        with translation.override("zh-hans"):
            wanted = str(translation.gettext("Your new password for %(site)s"))
        self.ask(client, language="zh-hans")
        (sent,) = server.mails
        assert str(read(sent)["Subject"]) == wanted % {"site": "Helpdesk"}

    def test_without_a_server_nothing_is_offered(self, client, user, settings):
        settings.EMAIL_HOST = ""
        assert (
            reverse("admin_password_reset")
            not in client.get(reverse("admin:login")).content.decode()
        )
        page = client.post(reverse("admin_password_reset"), {"email": "li@shop.example"})
        assert "sends no mail" in page.content.decode()


def settle() -> None:
    """Waits until the pool has done what it was given: all its workers meet here."""
    together = Barrier(passwords.WORKERS)
    wait([passwords.posting.submit(together.wait, 15) for _ in range(passwords.WORKERS)])


def read(sent: str) -> EmailMessage:
    return message_from_string(sent, policy=policy.default)


def plain(sent: str) -> str:
    return str(read(sent).get_content())
