"""What the bot knows and says: details of a flow, answers that were wrong, answers to propose."""

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.chat.models import Message
from apps.console import frames
from apps.console.verbs.actors import Actor, Outcome
from apps.console.verbs.texts import checked
from apps.dialogue import by_operators
from apps.engine.types import Author
from apps.handoff.refusals import RefusalCode, Refused
from apps.knowledge.contents import LENGTHS, as_phrasing
from apps.knowledge.masking import masked
from apps.knowledge.models import Faq
from apps.knowledge.services import save_entry

# Whose first line behind a wrong answer is taken for the right one, if it comes soon.
SOON = 10
NO_MODEL = _("There is no model that could draft an answer.")


def ask_slot(frame: frames.AskSlot, actor: Actor) -> Outcome:
    session = actor.session(frame.session)
    by_operators.ask_slot(session_id=session.pk, operator=actor.operator, slot=frame.slot)
    return Outcome({}, (session.pk,))


def edit_slot(frame: frames.EditSlot, actor: Actor) -> Outcome:
    session = actor.session(frame.session)
    value = checked(frame.value, by_operators.LONGEST_VALUE)
    by_operators.edit_slot(
        session_id=session.pk, operator=actor.operator, slot=frame.slot, value=value
    )
    return Outcome({}, (session.pk,))


def suggest(frame: frames.Suggest, actor: Actor) -> Outcome:
    """It comes with the facts of the thread, some seconds later or not at all."""
    session = actor.session(frame.session)
    if not by_operators.want_suggestion(session_id=session.pk):
        raise Refused(RefusalCode.NOT_AVAILABLE, NO_MODEL)
    return Outcome()


def wrong_answer(frame: frames.WrongAnswer, actor: Actor) -> Outcome:
    """An entry that the bot should have had, with the visitor's question. Where an operator has
    answered since, with that answer and for a reviewer; else a draft that holds the wrong one. Whoever
    may not read entries is given no address of it."""
    actor.require("draft_faq")
    session = actor.session(frame.session)
    said = Message.objects.filter(session=session, author=Author.BOT, pk=frame.message).first()
    question = _asked(said) if said else None
    if said is None or question is None:
        raise Refused(RefusalCode.NOT_FOUND)
    better = _answered(said)
    entry = Faq(
        site=session.site,
        language=session.language,
        question=as_phrasing(masked(question.text))[: LENGTHS["question"]],
        answer=masked((better or said).text)[: LENGTHS["answer"]],
        status=Faq.Status.REVIEW if better else Faq.Status.DRAFT,
        owner=actor.operator.user,
    )
    begun = _begun(entry)
    if begun is None:
        save_entry(entry=entry, phrasings=(), author=actor.operator.user)
    user = actor.operator.user
    if not (user.has_perm("knowledge.view_faq") or user.has_perm("knowledge.change_faq")):
        return Outcome()
    return Outcome({"url": reverse("admin:knowledge_faq_change", args=[(begun or entry).pk])})


def _begun(entry: Faq) -> Faq | None:
    """The one that was made when the same was said before."""
    same = Faq.objects.of(entry.site_id).filter(question=entry.question, owner=entry.owner)
    return same.exclude(status=Faq.Status.LIVE).first()


def _asked(said: Message) -> Message | None:
    """The visitor's line that a reply answers."""
    lines = Message.objects.filter(session=said.session_id, author=Author.VISITOR)
    before = lines.filter(Q(seq__lt=said.seq)).exclude(text="").order_by("-seq")
    return before.first()


def _answered(said: Message) -> Message | None:
    lines = Message.objects.after(said.session_id, said.seq).filter(author=Author.OPERATOR)
    return lines.filter(seq__lte=said.seq + SOON).first()
