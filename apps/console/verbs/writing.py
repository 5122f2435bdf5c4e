"""What operators write: to visitors, to each other, for later."""

from apps.chat.models import Message
from apps.console import frames
from apps.console.files import send_with_files
from apps.console.verbs.actors import Actor, Outcome
from apps.dialogue import by_operators
from apps.engine.types import Author
from apps.handoff import services
from apps.handoff.models import Suggestion
from apps.handoff.refusals import RefusalCode, Refused


def send(frame: frames.Send, actor: Actor) -> Outcome:
    session = actor.session(frame.session)
    said = send_with_files(frame, actor)
    return Outcome({"seq": said.seq, "message": str(said.pk)}, (session.pk,))


def note(frame: frames.Note, actor: Actor) -> Outcome:
    session = actor.session(frame.session)
    made = services.note(
        session_id=session.pk,
        operator=actor.operator,
        text=frame.text,
        cmid=frame.cmid,
        draft_stamp=frame.draft,
    )
    return Outcome({"note": made.pk}, (session.pk,))


def correct(frame: frames.Correct, actor: Actor) -> Outcome:
    session = actor.session(frame.session)
    theirs = Message.objects.filter(session=session, author=Author.OPERATOR, pk=frame.message)
    if not theirs.exists():
        raise Refused(RefusalCode.NOT_FOUND)
    services.correct(message_id=frame.message, operator=actor.operator, text=frame.text)
    return Outcome({}, (session.pk,))


def draft(frame: frames.Draft, actor: Actor) -> Outcome:
    session = actor.session(frame.session)
    services.save_draft(
        session_id=session.pk,
        operator=actor.operator,
        text=frame.text,
        kind=frame.kind,
        stamp=frame.stamp,
    )
    return Outcome()


def macros(frame: frames.Macros, actor: Actor) -> Outcome:
    session = actor.session(frame.session)
    found = by_operators.find_macros(
        query=frame.query, operator=actor.operator, session_id=session.pk
    )
    listed = [
        {"id": one.id, "name": one.name, "text": one.text, "unfilled": list(one.unfilled)}
        for one in found
    ]
    return Outcome({"macros": listed})


def used_macro(frame: frames.UsedMacro, actor: Actor) -> Outcome:
    services.count_use(macro_id=frame.id)
    return Outcome()


def choose_suggestion(frame: frames.Suggestion, actor: Actor) -> Outcome:
    found = Suggestion.objects.filter(pk=frame.id).first()
    if found is None:
        raise Refused(RefusalCode.NOT_FOUND)
    session = actor.session(found.session_id)
    services.choose_suggestion(
        suggestion_id=frame.id, operator=actor.operator, choice=frame.choice, text=frame.text
    )
    return Outcome({}, (session.pk,))
