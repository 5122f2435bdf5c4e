"""What the driver does in one transaction when a single grouped statement is not enough."""

from dataclasses import replace
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.functional import Promise

from apps.chat.attachments.services import attach, chosen
from apps.chat.cancelling import cancelled
from apps.chat.frames import Contact
from apps.chat.items import Item, Line, NewTurn, Outcome, Verdict
from apps.chat.journal import append
from apps.chat.models import Message, Session, Turn
from apps.dialogue import ladders, phrases, subjects
from apps.dialogue.play import Said, Standing, play
from apps.dialogue.replies import file_notice, left_notice
from apps.dialogue.storing import store
from apps.dialogue.tasks import enqueue_act, enqueue_draft
from apps.dialogue.turns.opening import opening
from apps.dialogue.turns.waking import wake
from apps.engine.events import Reason
from apps.engine.types import Author, Mode, TurnState
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
    writers. While a turn is open only a wish for a person is played; any other line joins it. Raises
    Session.DoesNotExist."""
    return _taken(_locked(session_id), said)


@transaction.atomic
def take_files(*, session_id: UUID, said: Said) -> Outcome:
    """The same for a line that names files, which belong to it from here on. Its words may be left
    to a model; a file without words is looked at by nobody but a person, and the visitor is told.
    Raises FileRefusedError, and Session.DoesNotExist."""
    session = _locked(session_id)
    files = chosen(said.attachments, session=session.pk, by=Author.VISITOR, cmid=said.cmid)
    said = replace(said, told=tuple(file.told() for file in files))
    if said.text.strip():
        outcome = _taken(session, said, models=ladders.any_answers(session.site_id))
    else:
        outcome = append(_files_alone(session, said))
    if outcome.verdict is Verdict.OK:
        line = Message.objects.get(session=session, author=Author.VISITOR, cmid=said.cmid)
        attach(files, message=line.pk)
    return outcome


def _locked(session_id: UUID) -> Session:
    rows = Session.objects.select_related("site", "visitor")
    return rows.select_for_update(no_key=True, of=("self",)).get(id=session_id)


def _taken(session: Session, said: Said, *, models: bool = False) -> Outcome:
    is_open = Turn.objects.open().filter(session=session).exists()
    played = play(Standing.of(session), said, models=models and not is_open)
    if is_open and played.handoff is not Reason.ASKED:
        return append(Item(session.id, session.version, said.lines(), joins=True))
    if played.needs:
        opened = append(opening(played.standing, said, language=played.needs.language))
        transaction.on_commit(wake)
        if opened.verdict is not Verdict.FULL:
            return opened
        played = play(Standing.of(session), said)
    outcome = store(session, played)
    if outcome.verdict is Verdict.OK and played.handoff and ladders.any_answers(session.site_id):
        enqueue_draft(session.id)
    if outcome.verdict is Verdict.OK:
        for act in played.acts:
            enqueue_act(act)
    return outcome


def _files_alone(session: Session, said: Said) -> Item:
    """In a turn of its own, also beside an open one: there is nothing in it to answer."""
    lines = said.lines()
    turn = NewTurn(TurnState.DONE, route="file", language=session.language)
    if session.mode == Mode.BOT:
        lines += (file_notice(session.language),)
    return Item(session.id, session.version, lines, turn=turn)


@transaction.atomic
def stop_turn(*, session_id: UUID, turn_id: UUID | None = None) -> Outcome | None:
    """Ends the open turn at the visitor's wish, with a notice; None if there is none, or another
    than `turn_id`."""
    session = Session.objects.select_for_update(no_key=True).get(id=session_id)
    finish = cancelled(session)
    if finish is None or turn_id not in {None, finish.id}:
        return None
    notice = Line(Author.SYSTEM, phrases.in_language(phrases.STOPPED, finish.language))
    return append(Item(session.id, session.version, (notice,), finish=finish))


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
        name=" ".join(contact.name.split())[:NAME_CHARACTERS],
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
    # An address in brackets is a machine's.
    if len(email) > EMAIL_CHARACTERS or email.endswith("]"):
        raise ContactError(phrases.BAD_EMAIL, language, "email")
    if phone and not _is_phone(phone):
        raise ContactError(phrases.BAD_PHONE, language, "phone")
    if not email and not phone:
        raise ContactError(phrases.NO_ADDRESS, language, "email")
    return email or phone


def _is_phone(phone: str) -> bool:
    rest = phone.translate(str.maketrans("", "", " +-()./"))
    return rest.isdecimal() and len(rest) in PHONE_DIGITS and len(phone) <= max(PHONE_DIGITS) * 2
