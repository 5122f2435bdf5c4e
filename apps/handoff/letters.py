"""What an e-mail says, in its reader's language, read from the rows at the moment it is sent."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.chat.attachments import links
from apps.chat.models import Message
from apps.engine.types import Author
from apps.handoff.models import Mail, Ticket
from apps.handoff.templatetags.floor import HOUR, MINUTE, so_long

MOST_LISTED = 30
LONGEST_SUBJECT = 150
LONGEST_NAME = 40
# What a reader of mails makes a link of, or takes for one.
ADDRESS = re.compile(r"[/\\@:：／]|\w[.。．｡]\w{2}")


@dataclass(frozen=True, slots=True)
class Letter:
    """`to_seq`: the last of the lines that it tells; None for what tells none."""

    to: str
    subject: str
    body: str
    to_seq: int | None = None

    def message(self, mail: Mail) -> EmailMessage:
        """The same Message-ID each time: who is sent it twice after all is shown it once."""
        domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "helpdesk"
        return EmailMessage(
            " ".join(self.subject.split())[:LONGEST_SUBJECT],
            self.body,
            to=[self.to],
            reply_to=[settings.EMAIL_REPLY_TO] if settings.EMAIL_REPLY_TO else None,
            headers={"Message-ID": f"<{mail.id}@{domain}>", "Auto-Submitted": "auto-generated"},
        )


def letter_of(mail: Mail) -> Letter | None:
    """None when there is nothing to tell any more."""
    return _answer(mail) if mail.kind == Mail.Kind.ANSWER else _waiting(mail)


def _answer(mail: Mail) -> Letter | None:
    """The operators' lines that the visitor has neither read nor been sent."""
    session = mail.session
    tickets = Ticket.objects.filter(session=session).exclude(email="")
    ticket = tickets.select_related("site").order_by("-created_at").first()
    if session is None or ticket is None:
        return None
    after = max(session.read_seq, Mail.objects.told_up_to(session.pk))
    lines = list(Message.objects.after(session.pk, after).filter(author=Author.OPERATOR))
    if not lines:
        return None
    with translation.override(session.language.lower()):
        site = ticket.site.title(session.language)
        context = {
            "ticket": ticket,
            "name": greeted(ticket.name),
            "site": site,
            "lines": [(line.name, line.text.strip(), _files(line)) for line in lines],
            "files_until": _files_until(lines),
            "reply_to": settings.EMAIL_REPLY_TO,
        }
        subject = _("%(site)s has answered you") % {"site": site}
        body = render_to_string("mails/answer.txt", context)
    return Letter(ticket.email, subject, body, lines[-1].seq)


def greeted(name: str) -> str:
    """Anybody may have left any name with anybody's address: what may be more than a name is not
    repeated under the shop's letterhead."""
    plain = " ".join(name.split())
    is_name = len(plain) <= LONGEST_NAME and not ADDRESS.search(plain)
    return plain if is_name else ""


def _files(line: Message) -> list[tuple[str, str]]:
    """By name, each with an address that needs no login."""
    return [(one["name"], links.kept_link(one["id"])) for one in line.meta.get("attachments", ())]


def _files_until(lines: Iterable[Message]) -> str:
    return date_format(links.kept_until()) if any(map(_files, lines)) else ""


def _waiting(mail: Mail) -> Letter | None:
    """Those of its tickets that nobody has taken since."""
    operator = mail.operator
    tickets = list(mail.tickets.waiting().in_queue_order().select_related("team", "site"))
    if operator is None or not tickets or not operator.user.email:
        return None
    with translation.override((operator.mail_language or settings.LANGUAGE_CODE).lower()):
        count = len(tickets)
        context = {
            "operator": operator,
            "groups": _by_team(tickets[:MOST_LISTED]),
            "more": max(0, count - MOST_LISTED),
            "list": _address("console:page"),
        }
        subject = ngettext(
            "%(count)d ticket waits for somebody", "%(count)d tickets wait for somebody", count
        ) % {"count": count}
        body = render_to_string("mails/waiting.txt", context)
    return Letter(operator.user.email, subject, body)


def _by_team(tickets: Iterable[Ticket]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Nothing that a visitor has written: mail is read in many places."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for ticket in tickets:
        groups[ticket.team.name if ticket.team else str(ticket.site)].append(
            {
                "ticket": ticket,
                "waits": _waits(ticket.waiting_since or ticket.created_at),
                "is_late": bool(ticket.first_due_at and ticket.first_due_at < timezone.now()),
                # The console opens the conversation that stands behind the hash.
                "link": f"{_address('console:page')}#{ticket.session_id}",
            }
        )
    return list(groups.items())


def _waits(since: datetime) -> str:
    """In minutes, which nobody takes for a time of day."""
    seconds = (timezone.now() - since).total_seconds()
    return so_long(since) if seconds >= HOUR else _("%(m)d min") % {"m": seconds // MINUTE}


def _address(name: str) -> str:
    return settings.PUBLIC_URL + reverse(name)
