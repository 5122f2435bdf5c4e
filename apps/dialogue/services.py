"""What the driver does in one transaction when a single grouped statement is not enough."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from apps.chat.frames import Contact
from apps.chat.items import Line, Outcome, Verdict
from apps.chat.journal import append
from apps.chat.models import Session
from apps.dialogue import phrases
from apps.dialogue.play import Said, Standing, play
from apps.engine.types import Author
from apps.handoff.models import Ticket
from apps.handoff.services import leave_message, open_ticket

PHONE_DIGITS = range(5, 21)
NAME_CHARACTERS = 100
EMAIL_CHARACTERS = 254


class ContactError(ValueError):
    """The contact form cannot be taken; the message says why, in the visitor's words."""


def load(session_id: UUID) -> Standing:
    """Raises Session.DoesNotExist, for one that was closed as well."""
    return Standing.of(Session.objects.current().get(id=session_id))


@transaction.atomic
def take_line(*, session_id: UUID, said: Said) -> Outcome:
    """Plays and stores a line with the session locked: for a handoff, which makes a ticket in
    the same commit, and for a line that lost three races against other writers."""
    session = Session.objects.select_for_update(no_key=True).get(id=session_id)
    played = play(Standing.of(session), said)
    item = played.item()
    outcome = append(item)
    if outcome.verdict is Verdict.OK and played.handoff:
        language = played.reply.language if played.reply else session.language
        reason = Ticket.Reason(played.handoff)
        turn = item.turn.id if item.turn else None
        open_ticket(session=session, reason=reason, language=language, turn=turn)
    return outcome


def take_contact(*, session_id: UUID, said: Said) -> Outcome:
    """Stores a message left for the team, with a notice that names how it is answered.

    Raises ContactError.
    """
    contact = said.contact
    if contact is None:
        raise ValueError("no contact form was sent")
    session = Session.objects.current().get(id=session_id)
    address = _check_contact(contact, session.language)
    notice = phrases.in_language(phrases.LEFT, session.language) % {
        "reference": str(session.id)[:8].upper(),
        "address": address,
    }
    return leave_message(
        session_id=session_id,
        line=said.line(),
        notice=Line(Author.SYSTEM, notice),
        name=contact.name.strip()[:NAME_CHARACTERS],
        email=contact.email.strip(),
        phone=contact.phone.strip(),
    )


def _check_contact(contact: Contact, language: str) -> str:
    """The address to answer at. Raises ContactError."""
    email, phone = contact.email.strip(), contact.phone.strip()
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise ContactError(phrases.in_language(phrases.BAD_EMAIL, language)) from error
    if len(email) > EMAIL_CHARACTERS:
        raise ContactError(phrases.in_language(phrases.BAD_EMAIL, language))
    if phone and not _is_phone(phone):
        raise ContactError(phrases.in_language(phrases.BAD_PHONE, language))
    if not email and not phone:
        raise ContactError(phrases.in_language(phrases.NO_ADDRESS, language))
    return email or phone


def _is_phone(phone: str) -> bool:
    rest = phone.translate(str.maketrans("", "", " +-()./"))
    return rest.isdecimal() and len(rest) in PHONE_DIGITS and len(phone) <= max(PHONE_DIGITS) * 2
