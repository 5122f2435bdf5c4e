"""What a request to the team is about, as its ticket says it and the visitor's form begins."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from apps.chat.models import Message, Session
from apps.dialogue import books, slots, wiring
from apps.dialogue.play import Played, Standing
from apps.engine.book import Book
from apps.engine.events import QUESTIONS, Reason, Search
from apps.engine.flows import FlowSpec, SlotKind, in_language
from apps.engine.memory import load
from apps.engine.subject import HIDDEN, is_nod, masked, says_more
from apps.engine.types import ActiveFlow, Author
from apps.handoff.models import Ticket
from apps.handoff.services import Detail, Subject

LOOKED_AT = 60
OPEN_ROUTES = QUESTIONS - {"faq", "near"}
# What came of such lines was told, or stands on the ticket already.
SETTLED_ROUTES = ("smalltalk", "contact")
LONGEST_LINE = 1_000
# A form begins with it, and takes no more than a line may have.
LONGEST_TEXT = 2_000
LONGEST_NAME = 100
# Entries that are less likely than this to answer are not worth a person's look.
LEAST_NEAR = 0.1
MOST_NEAR = 3


def of_request(session: Session, played: Played) -> Subject:
    """The line that asks for a person if it says what for, else the flow that the visitor is in,
    else what was asked and not answered, else the last line that tells anything."""
    active = played.memory.active
    if played.result:
        active = active or played.standing.memory.active
    book, language = played.snapshot.book, played.language
    found = _of_flow(active, book, language)
    own = said_for_team(played) if _tells_itself(played) else ""
    text = own or _written(found, active, book, language) or _last_open(session, book)
    return _with_draft(session, replace(found, text=text[:LONGEST_TEXT]), language)


def of_form(session: Session) -> Subject:
    """Of a message that says by itself what it is about: the flow it is left in."""
    standing = Standing.of(session)
    book = books.of(session.site_id)
    return _of_flow(standing.memory.active, book, session.language)


def of_turn(session: Session, turn: UUID) -> Subject:
    """Of a turn that nobody could answer: what was said in it, and the flow that it was said in."""
    found = of_form(session)
    active, book = load(session.memory).active, books.of(session.site_id)
    flow = book.by_version.get((active.flow, active.version)) if active else None
    rows = Message.objects.filter(session=session, turn=turn, author=Author.VISITOR)
    lines = list(rows.order_by("seq").values_list("text", flat=True))
    if active and flow:
        lines = [masked(line, flow, book, _proofs(active, flow)) for line in lines]
    text = "\n".join(line[:LONGEST_LINE] for line in lines if line)
    found = replace(found, text=text[:LONGEST_TEXT])
    return _with_draft(session, found, session.language)


def said_for_team(played: Played) -> str:
    """What was said in this turn, as it may stand on a ticket. What a form of a flow took is no
    message."""
    lines = (
        line.text.strip()[:LONGEST_LINE]
        for line in played.lines
        if not line.fields or "flow" in line.fields
    )
    active, book = played.memory.active, played.snapshot.book
    flow = book.by_version.get((active.flow, active.version)) if active else None
    if active and flow:
        lines = (masked(line, flow, book, _proofs(active, flow)) for line in lines)
    return "\n".join(filter(None, lines))


def _with_draft(session: Session, subject: Subject, language: str) -> Subject:
    """With the entries that are near, of which the nearest may be the answer: a person decides. What
    is asked for in a flow no entry answers."""
    if subject.flow or not subject.text:
        return subject
    near = wiring.search(session.site_id, language, Search(subject.text[:LONGEST_LINE], language))
    fitting = [one for one in near if one.confidence >= LEAST_NEAR][:MOST_NEAR]
    is_likely = fitting and fitting[0].confidence >= wiring.POLICY.offer_at
    draft = fitting[0].text if is_likely else ""
    return replace(subject, draft=draft, evidence=tuple((one.id, one.title) for one in fitting))


def _tells_itself(played: Played) -> bool:
    if played.handoff is not Reason.ASKED:
        return played.judged is not None and played.judged.route in QUESTIONS
    return adds_to_wish(played)


def adds_to_wish(played: Played) -> bool:
    """Whether a line that asks for a person says what for."""
    said = "\n".join(line.text for line in played.lines if not line.fields)
    return says_more(said, played.snapshot.book)


def _of_flow(active: ActiveFlow | None, book: Book, language: str) -> Subject:
    flow = book.by_version.get((active.flow, active.version)) if active else None
    if active is None or flow is None:
        return Subject()
    details = tuple(
        Detail(
            spec.name,
            slots.label(spec, language),
            HIDDEN
            if spec.proof or spec.kind is SlotKind.PHONE
            else slots.in_words(spec, active.slots[spec.name], book, language),
            str(active.slots[spec.name].source),
        )
        for spec in flow.slots
        if spec.name in active.slots
    )
    needed = (one for one in flow.slots if one.required and one.name not in active.slots)
    return Subject(
        flow=(in_language(flow.names, language) or flow.key)[:LONGEST_NAME],
        details=details,
        key=flow.key,
        high_value=flow.high_value,
        missing=tuple(slots.label(one, language) for one in needed),
    )


def _written(found: Subject, active: ActiveFlow | None, book: Book, language: str) -> str:
    """The flow, its details and the visitor's own words, a line each; empty outside of flows."""
    flow = book.by_version.get((active.flow, active.version)) if active else None
    if active is None or flow is None:
        return ""
    colon = "：" if language.startswith("zh") else ": "
    rows = (f"{label}{colon}{value}" for label, value in found.slots)
    return "\n".join([found.flow, *rows, *_own_words(active, flow, book, found)])


def _own_words(active: ActiveFlow, flow: FlowSpec, book: Book, found: Subject) -> Iterator[str]:
    """Those that say more than what stands above them."""
    above = {found.flow, *(value for _label, value in found.slots)}
    for line in active.said:
        if line in above or is_nod(line, book):
            continue
        if said := masked(line, flow, book, _proofs(active, flow)):
            yield said


def _proofs(active: ActiveFlow, flow: FlowSpec) -> list[str]:
    given = (active.slots.get(spec.name) for spec in flow.slots if spec.proof)
    return [text for one in given if one for text in (one.value, one.said)]


def _last_open(session: Session, book: Book) -> str:
    """Of what was said since the team has last seen to something."""
    lines = Message.objects.filter(session=session, author=Author.VISITOR, fields__isnull=True)
    done = Ticket.objects.filter(session=session, status=Ticket.Status.DONE)
    if last := done.order_by("-updated_at").values_list("updated_at", flat=True).first():
        lines = lines.filter(created_at__gt=last)
    rows = lines.order_by("-seq").values_list("text", "turn__route", "turn__flow")[:LOOKED_AT]
    told = [(_shown(text, flow, book), route) for text, route, flow in rows]
    after = ""
    for text, route in told:
        if text and (route in OPEN_ROUTES or (route == "near" and after != "faq")):
            return text
        after = route
    tells = (text for text, route in told if route not in SETTLED_ROUTES and not is_nod(text, book))
    return next(tells, "")


def _shown(text: str, key: str | None, book: Book) -> str:
    flow = book.by_key.get(key or "")
    return masked(text, flow, book, ()) if flow else text
