"""What a run comes to when it is done within this process: by the shop's function, by a ticket, or
by what a lookup answered a moment ago."""

import json
from dataclasses import replace

from django.core.cache import cache
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from apps.chat.admission import UNSTORABLE
from apps.dialogue import books, phrases, slots
from apps.dialogue.actions import proofs, registry
from apps.dialogue.actions.registry import Call, Done, Refused
from apps.dialogue.models import ActionRun
from apps.engine.book import Book
from apps.engine.events import Ended, Result
from apps.engine.flows import SlotSpec
from apps.engine.types import SlotValue
from apps.handoff.models import Ticket
from apps.handoff.services import open_ticket

LOOKED_UP_S = 30
LONGEST_TEXT = 2_000
_GIVEN = _("%(hidden)s (given in the chat, not checked)")
_SIGNED = _("not asked, the visitor is signed in")


def of_function(run: ActionRun, person: str) -> Result:
    """Calls what the shop has registered. Raises UnknownActionError, TypeError for an answer that
    is none, and whatever the function raises."""
    call = Call(
        site=run.site_id,
        session=run.session_id,
        key=str(run.key),
        flow=run.flow,
        slots=dict(run.slots),
        person=person,
        language=run.language,
    )
    answer = registry.find(run.action.removeprefix(registry.PYTHON)).run(call)
    match answer:
        case Done(str(text)):
            return Result(call.key, Ended.DONE, _clean(text))
        case Refused(str(text), str(slot), not_found):
            return Result(call.key, Ended.REFUSED, _clean(text), slot, bool(not_found))
    raise TypeError(f"{run.action} answered {type(answer).__name__}, not Done or Refused")


def of_ticket(run: ActionRun) -> Result:
    """Opens a ticket with what was collected. Call with the session locked."""
    ticket = open_ticket(session=run.session, reason=Ticket.Reason.ACTION, language=run.language)
    # An older request that could be withdrawn now holds something that must be done.
    Ticket.objects.filter(pk=ticket.pk).update(reason=Ticket.Reason.ACTION)
    ticket.reason = Ticket.Reason.ACTION
    given = run.slots
    ticket.add_message(
        text=_written(run),
        name="",
        email=str(given.get("email", "")),
        phone=str(given.get("phone", "")),
    )
    known = ticket.email or ticket.phone or run.session.visitor.email
    return Result(str(run.key), Ended.DONE, asks_address=not known, proves=False)


def kept(run: ActionRun, person: str) -> Result | None:
    """What the same question was answered a moment ago."""
    text = cache.get(_cache_key(run, person)) if run.lookup else None
    return Result(str(run.key), Ended.DONE, text) if isinstance(text, str) else None


def keep(run: ActionRun, person: str, result: Result) -> None:
    """Refusals are not kept: what was wrong may be put right at once."""
    if run.lookup and result.ended is Ended.DONE:
        cache.set(_cache_key(run, person), result.text, LOOKED_UP_S)


def cleaned(result: Result) -> Result:
    """With a text that can be stored and shown."""
    return replace(result, text=_clean(result.text), slot=result.slot[:40])


def _clean(text: str) -> str:
    return UNSTORABLE.sub("", text)[:LONGEST_TEXT]


def _written(run: ActionRun) -> str:
    """The flow and its slots, a line each, in the ticket's language. Without what proves an order:
    tickets are read by many and for long, and the chat holds it for whoever compares it."""
    book = books.of(run.site_id)
    flow = book.by_version.get((run.flow, run.version))
    if flow is None:
        # Which of them is a proof is not known any more.
        return "\n".join([run.flow, *(f"{name}: {proofs.HIDDEN}" for name in run.slots)])
    told = [
        (spec, _proof(run, spec) if spec.proof else _value(run, spec, book)) for spec in flow.slots
    ]
    lines = [f"{slots.label(spec, run.language)}: {words}" for spec, words in told if words]
    return "\n".join([flow.names.get(run.language) or run.flow, *lines])


def _value(run: ActionRun, spec: SlotSpec, book: Book) -> str:
    if spec.name not in run.slots:
        return ""
    return slots.in_words(spec, SlotValue(str(run.slots[spec.name])), book, run.language)


def _proof(run: ActionRun, spec: SlotSpec) -> str:
    """How far it is proved: a ticket asks no shop, so what a stranger has given is only claimed."""
    if spec.name in run.slots:
        return phrases.in_language(_GIVEN, run.language) % {"hidden": proofs.HIDDEN}
    return phrases.in_language(_SIGNED, run.language) if run.session.visitor.external_id else ""


def _cache_key(run: ActionRun, person: str) -> str:
    """Names no order: the cache's keys are no place for personal data."""
    slots_given = sorted(run.slots.items())
    asked = json.dumps(
        [run.site_id, run.action, slots_given, person, run.language, _changed_by(run)]
    )
    return f"lookup:{salted_hmac('dialogue.lookup', asked, algorithm='sha256').hexdigest()}"


def _changed_by(run: ActionRun) -> str:
    """What this session had done last: a lookup after it is answered anew."""
    actions = ActionRun.objects.filter(session=run.session_id, lookup=False)
    ended = actions.filter(finished_at__isnull=False).order_by("-finished_at")
    last = ended.values_list("key", "finished_at").first()
    # The time too: one that is sent again ends a second time.
    return " ".join(map(str, last or ()))
