"""What the driver does in one transaction when a single grouped statement is not enough."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.functional import Promise

from apps.chat.frames import Contact
from apps.chat.items import Outcome, Verdict
from apps.chat.models import Session
from apps.dialogue import phrases, subjects
from apps.dialogue.actions import registry, threads
from apps.dialogue.play import Said, Standing, play
from apps.dialogue.replies import left_notice
from apps.dialogue.storing import store
from apps.dialogue.tasks import enqueue_actions
from apps.engine.events import Act
from apps.engine.types import Mode
from apps.handoff.services import leave_message, note_flow

PHONE_DIGITS = range(5, 21)
NAME_CHARACTERS = 100
EMAIL_CHARACTERS = 254


class ContactError(ValueError):
    """The contact form cannot be taken; the message says why, in the visitor's words, and `field`
    where: "email" or "phone"."""

    def __init__(self, sentence: str | Promise, language: str, field: str) -> None:
        super().__init__(phrases.in_language(sentence, language))
        self.field = field


def load(session_id: UUID) -> Standing:
    """Raises Session.DoesNotExist, for one that was closed as well."""
    rows = Session.objects.current().select_related("site", "visitor")
    return Standing.of(rows.get(id=session_id))


@transaction.atomic
def take_line(*, session_id: UUID, said: Said) -> Outcome:
    """Plays and stores a line with the session locked: for a handoff, which makes a ticket in
    the same commit, for the way back, which may withdraw it, for a yes, whose action is stored
    with it and begins after the commit, and for a line that lost three races against other
    writers. Raises Session.DoesNotExist."""
    rows = Session.objects.select_related("site", "visitor")
    session = rows.select_for_update(no_key=True, of=("self",)).get(id=session_id)
    played = play(Standing.of(session), said)
    outcome = store(session, played)
    if outcome.verdict is Verdict.OK:
        for act in played.acts:
            _start(act)
    return outcome


def _start(act: Act) -> None:
    if act.action.startswith(registry.WEBHOOK):
        enqueue_actions()
    else:
        threads.start_on_commit(UUID(act.key))


@transaction.atomic
def take_contact(*, session_id: UUID, said: Said) -> Outcome:
    """Stores a message left for the team, with a notice that names how it is answered.

    Raises ContactError, and Session.DoesNotExist for one that was closed as well.
    """
    contact = said.contact
    if contact is None:
        raise ValueError("no contact form was sent")
    rows = Session.objects.current().select_related("site", "visitor")
    session = rows.get(id=session_id)
    address = _check_contact(contact, session.language)
    to_bot = session.mode != Mode.HUMAN
    outcome = leave_message(
        session_id=session_id,
        line=said.line(),
        notice=left_notice(session.id, address, session.language, to_bot=to_bot),
        name=contact.name.strip()[:NAME_CHARACTERS],
        email=contact.email.strip(),
        phone=contact.phone.strip(),
    )
    if outcome.verdict is Verdict.OK:
        note_flow(session=session, subject=subjects.of_form(session))
    return outcome


def _check_contact(contact: Contact, language: str) -> str:
    """The address to answer at. Raises ContactError."""
    email, phone = contact.email.strip(), contact.phone.strip()
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise ContactError(phrases.BAD_EMAIL, language, "email") from error
    if len(email) > EMAIL_CHARACTERS:
        raise ContactError(phrases.BAD_EMAIL, language, "email")
    if phone and not _is_phone(phone):
        raise ContactError(phrases.BAD_PHONE, language, "phone")
    if not email and not phone:
        raise ContactError(phrases.NO_ADDRESS, language, "email")
    return email or phone


def _is_phone(phone: str) -> bool:
    rest = phone.translate(str.maketrans("", "", " +-()./"))
    return rest.isdecimal() and len(rest) in PHONE_DIGITS and len(phone) <= max(PHONE_DIGITS) * 2
