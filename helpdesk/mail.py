"""Sends mail while somebody waits, and says in plain words what kept it from going."""

import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext as _

LONGEST_REPLY = 300
# The timeout of the sockets begins anew with each byte: a server that drips would hold us for long.
WHOLE_SENDING = 2


def is_configured() -> bool:
    return bool(settings.EMAIL_HOST)


def deliver(subject: str, body: str, to: str) -> str:
    """Sends one message; returns "" or a sentence, in the active language, on what failed.

    Takes at most WHOLE_SENDING times the timeout of a single step.
    """
    connection = get_connection()
    message = EmailMessage(subject, body, to=[to], connection=connection)
    faults: list[Exception] = []
    sender = Thread(target=_send, args=(message, faults), daemon=True)
    sender.start()
    sender.join(settings.EMAIL_TIMEOUT * WHOLE_SENDING)
    if sender.is_alive():
        _cut(connection)
        return problem(TimeoutError())
    return problem(faults[0]) if faults else ""


def problem(error: Exception) -> str:
    """What a person can do about an error of smtplib, TLS or the network."""
    # smtplib says "closed" when it has waited for a reply in vain.
    if isinstance(error.__context__, TimeoutError):
        error = error.__context__
    for kind, told in TOLD:
        if isinstance(error, kind):
            return told(error)
    return _("The mail could not be sent: %(reason)s.") % {"reason": error}


def _send(message: EmailMessage, faults: list[Exception]) -> None:
    try:
        message.send()
    except Exception as error:  # noqa: BLE001 whatever it was, the mail was not sent
        faults.append(error)


def _cut(connection: Any) -> None:
    """Ends the conversation under the thread that is still in it."""
    with suppress(OSError, AttributeError):
        connection.connection.sock.shutdown(socket.SHUT_RDWR)


def _server() -> dict[str, object]:
    return {"host": settings.EMAIL_HOST, "port": settings.EMAIL_PORT}


def _reply(code: int, text: bytes | str) -> dict[str, str]:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return {"reply": f"{code} {' '.join(said.split())}"[:LONGEST_REPLY]}


def _no_host(_error: Any) -> str:
    return _("There is no mail server by the name of %(host)s: check its spelling.") % _server()


def _silence(_error: Any) -> str:
    return (
        _(
            "The mail server %(host)s does not answer on port %(port)s: a firewall may be in "
            "between, or the port wants another kind of encryption (smtp:// or smtps://)."
        )
        % _server()
    )


def _closed_port(_error: Any) -> str:
    return (
        _("Nothing listens on port %(port)s of %(host)s: check the address and the port.")
        % _server()
    )


def _certificate(error: Any) -> str:
    return _("The certificate of %(host)s cannot be trusted: %(reason)s.") % {
        **_server(),
        "reason": error.verify_message,
    }


def _tls(_error: Any) -> str:
    return (
        _(
            "No encryption could be agreed with %(host)s on port %(port)s: write smtps:// if it "
            "speaks TLS from the start (mostly 465), smtp:// if it begins in the clear (587)."
        )
        % _server()
    )


def _lacking(_error: Any) -> str:
    return (
        _(
            "The mail server %(host)s does not offer the encryption or login that is asked for: "
            "check the port, or the user name if it needs none."
        )
        % _server()
    )


def _login(error: Any) -> str:
    return _("The mail server refused the user name or the password: %(reply)s") % _reply(
        error.smtp_code, error.smtp_error
    )


def _recipient(error: Any) -> str:
    code, text = next(iter(error.recipients.values()))
    return _("The mail server refused the recipient's address: %(reply)s") % _reply(code, text)


def _sender(error: Any) -> str:
    return _("The mail server refused the sender %(sender)s (HELPDESK_EMAIL_FROM): %(reply)s") % {
        "sender": settings.DEFAULT_FROM_EMAIL,
        **_reply(error.smtp_code, error.smtp_error),
    }


def _answer(error: Any) -> str:
    return _("The mail server did not take the mail: %(reply)s") % _reply(
        error.smtp_code, error.smtp_error
    )


def _hung_up(_error: Any) -> str:
    return (
        _(
            "The mail server %(host)s closed the connection on port %(port)s: it may want another "
            "kind of encryption (smtp:// or smtps://) or not know this machine."
        )
        % _server()
    )


# The first that fits; what is narrower comes first.
TOLD: list[tuple[type[Exception], Callable[[Any], str]]] = [
    (socket.gaierror, _no_host),
    (ssl.SSLCertVerificationError, _certificate),
    (ssl.SSLError, _tls),
    (smtplib.SMTPNotSupportedError, _lacking),
    (smtplib.SMTPAuthenticationError, _login),
    (smtplib.SMTPRecipientsRefused, _recipient),
    (smtplib.SMTPSenderRefused, _sender),
    (smtplib.SMTPResponseException, _answer),
    (smtplib.SMTPServerDisconnected, _hung_up),
    (ConnectionRefusedError, _closed_port),
    (ConnectionError, _hung_up),
    (TimeoutError, _silence),
]
