"""From what the engine says to the one message that a visitor reads: its text and its `meta`.

The flow's own words come first, those of `phrases.py` stand in for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.chat import satisfaction
from apps.chat.items import Line
from apps.chat.models import Session
from apps.dialogue import phrases, slots
from apps.dialogue.actions.registry import TICKET, OwnOrder
from apps.engine.book import Book
from apps.engine.events import Ended, Part, Reply, Result, Say
from apps.engine.flows import FlowSpec, SlotKind, SlotSpec, in_language
from apps.engine.types import Author, Passage, SlotValue

WITH_FORM = frozenset({Say.HANDOFF, Say.UNREACHABLE, Say.NOTED_UNREACHABLE, Say.LEAVE_ADDRESS})
# What became of the request, and no answer of the bot's.
NOTICES = frozenset({Say.WITHDRAWN, Say.KEPT})
ASKING = frozenset({Say.ASK, Say.ASK_AGAIN, Say.PROOF, Say.STEER})
# Their text stands within ours.
QUOTING = frozenset({Say.REACHABLE, Say.ALSO_ASKED})
# They stand before the question that they lead to.
LEADING = frozenset({Say.PROOF, Say.STEER})
# Their passages are what they go by; those of others are offered.
SAID_FROM = frozenset({Say.ANSWER, Say.COMPOSED})
OFFERING_FLOWS = frozenset({Say.WHICH_FLOW, Say.ANSWER, Say.NEAR, Say.HERE})
OFFERING_A_PERSON = frozenset({Say.NEAR, Say.UNKNOWN, Say.HERE, Say.OFFER_PERSON, Say.REFUSED})
ACTIONS = {
    Say.RUNNING: "running",
    Say.STILL_RUNNING: "running",
    Say.DONE: "done",
    Say.FOUND: "done",
    Say.REFUSED: "failed",
    Say.FAILED: "failed",
}
Meta = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Beside:
    """What a session adds to a reply: `about` is what a contact form begins with, `own_orders` are
    offered where an order is asked for, and the way back to the bot where a person is waited for.
    `is_attended`: there is somebody who can take the chat now."""

    about: str = ""
    own_orders: Sequence[OwnOrder] = ()
    is_waiting: bool = False
    is_attended: bool = False


NOTHING_BESIDE = Beside()


@dataclass(slots=True)
class Message:
    """The reply as it grows, a part after the other."""

    reply: Reply
    book: Book
    known: Mapping[str, SlotValue]
    result: Result | None = None
    beside: Beside = NOTHING_BESIDE
    offers_person: bool = False
    texts: list[str] = field(default_factory=list)
    meta: Meta = field(default_factory=lambda: {"ai": True})

    @property
    def language(self) -> str:
        return self.reply.language

    def words(self, sentence: Any, **values: str) -> str:
        text = phrases.in_language(sentence, self.language)
        return text % values if values else text

    def joined(self, *sentences: str) -> str:
        """Chinese sentences need no blank between them."""
        between = "" if self.language.startswith("zh") else " "
        return between.join(filter(None, sentences))

    def offer(self, label: str, text: str = "", **fields: str) -> None:
        """A quick reply; the same words are offered once."""
        button: Meta = {"label": label, "text": text or label}
        if fields:
            button["fields"] = fields
        offered = self.meta.setdefault("quick_replies", [])
        if button not in offered:
            offered.append(button)

    def add(self, part: Part) -> None:
        flow = _flow_of(part, self.book)
        spec = flow.by_name.get(part.slot) if flow else None
        if text := self._text(part, flow, spec):
            self.texts.append(text)
        if part.say in WITH_FORM:
            self._ask_for_an_address()
        if part.say in SAID_FROM:
            self.meta.setdefault("sources", []).extend(map(_source, part.passages))
        if part.say in ACTIONS:
            self._tell_of_the_action(part)
        if flow:
            self._add_of_flow(part, flow, spec)
        elif part.say in OFFERING_FLOWS:
            self._offer_flows(part)
        if part.say is Say.FAREWELL and not self.beside.is_waiting:
            self.meta |= satisfaction.ASKED
        self._offer_beside(part)

    def line(self) -> Line:
        text = "\n\n".join(self.texts)
        if self.reply.say in NOTICES:
            return Line(Author.SYSTEM, text, of_turn=True)
        if self.beside.is_waiting:
            self.offer(self.words(phrases.GO_ON_WITH_THE_BOT))
        elif self.offers_person:
            # Last, whatever part it belongs to.
            self.offer(self.words(phrases.TALK_TO_A_PERSON))
        return Line(Author.BOT, text, meta=self.meta, of_turn=True)

    def _text(self, part: Part, flow: FlowSpec | None, spec: SlotSpec | None) -> str:
        if part.say is Say.ANSWER:
            return part.passages[0].text
        if part.say is Say.FAILED and self.result and self.result.ended is Ended.UNCLEAR:
            return self.words(phrases.UNCLEAR)
        own = self._own_words(part, flow, spec)
        if own and part.say not in LEADING:
            return own
        flow = flow or self._only(part)
        name = in_language(flow.names, self.language) if flow else part.flow
        label = slots.label(spec, self.language) if spec else ""
        if part.say is Say.WHICH_ONE:
            label = self._listed(part, spec)
        sentence = self._sentence(part, flow)
        given = self.known.get(part.slot)
        value = self._in_words(spec, given.value) if given else slots.NOTHING
        question = slots.plain(part.text)
        places = (("flow", name), ("label", label), ("address", part.text), ("value", value))
        for place, words in (*places, ("question", question)):
            sentence = sentence.replace(f"%({place})s", words)
        return self.joined(sentence, own)

    def _only(self, part: Part) -> FlowSpec | None:
        """The flow that alone may have been meant."""
        is_one = part.say is Say.WHICH_FLOW and len(part.candidates) == 1
        return self.book.by_key.get(part.candidates[0]) if is_one else None

    def _sentence(self, part: Part, flow: FlowSpec | None) -> str:
        """Ours, as it is before its places are filled."""
        if part.say is Say.DONE and flow and flow.action == TICKET:
            return self.words(phrases.PASSED_ON)
        if part.say is Say.HANDOFF and self.beside.is_attended:
            return self.words(phrases.CONNECTING)
        if part.say is Say.WHICH_FLOW and flow:
            return self.words(phrases.THIS_FLOW)
        if part.say in phrases.BRIEFLY and len(self.reply.parts) > 1:
            return self.words(phrases.BRIEFLY[part.say])
        return phrases.say(part.say, self.language)

    def _own_words(self, part: Part, flow: FlowSpec | None, spec: SlotSpec | None) -> str:
        """What the shop says: its action, or its staff in the flow."""
        if part.text and part.say not in QUOTING:
            return part.text
        if flow is None:
            return ""
        match part.say:
            case Say.CONFIRM:
                return self._fill(flow.confirms, part, flow)
            case Say.DONE:
                return self._fill(flow.dones, part, flow)
            case say if spec and say in ASKING:
                return self._asked(part, flow, spec)
        return ""

    def _asked(self, part: Part, flow: FlowSpec, spec: SlotSpec) -> str:
        if part.say is Say.ASK_AGAIN or slots.problem(part.problem, spec, self.language):
            return self._once_more(part, flow, spec)
        return self._fill(spec.prompts, part, flow)

    def _once_more(self, part: Part, flow: FlowSpec, spec: SlotSpec) -> str:
        """The staff's own words for it say what is wrong; bounds stand in ours alone. Who does not
        have it gave nothing wrong, and is told where it stands."""
        why = slots.problem(part.problem, spec, self.language)
        if part.problem == "lack":
            return self.joined(why, self._fill(spec.prompts, part, flow))
        own = self._fill(spec.reasks, part, flow)
        if own and part.problem not in phrases.BOUNDS:
            why = ""
        asked = own or self._fill(spec.prompts, part, flow)
        example = in_language(spec.examples, self.language)
        is_shown = not example or example in asked
        like = "" if is_shown else self.words(phrases.FOR_EXAMPLE, example=example)
        return self.joined(why, asked, like) if asked else ""

    def _fill(self, texts: Mapping[str, str], part: Part, flow: FlowSpec) -> str:
        known = {**self.known, **dict(part.rows)}
        text = in_language(texts, self.language)
        return slots.filled(text, known, flow, self.book, self.language)

    def _listed(self, part: Part, spec: SlotSpec | None) -> str:
        between = "、" if self.language.startswith("zh") else ", "
        return between.join(self._in_words(spec, value) for value in part.candidates)

    def _in_words(self, spec: SlotSpec | None, value: str) -> str:
        if spec is None:
            return slots.plain(value)
        given = SlotValue(value)
        return slots.plain(slots.in_words(spec, given, self.book, self.language))

    def _add_of_flow(self, part: Part, flow: FlowSpec, spec: SlotSpec | None) -> None:
        match part.say:
            case say if spec and say in ASKING:
                self._ask_for(spec, part)
            case Say.WHICH_ONE | Say.SAME_ORDER if spec:
                self._offer_values(part, flow, spec)
            case Say.CONFIRM:
                self.meta["confirm"] = self._card(part, flow)
            case Say.DECLINED | Say.REFUSED:
                self._offer_changes(part, flow)
            case Say.OR_STOP:
                self._offer_to_stop(flow)
            case Say.GO_ON | Say.NEXT:
                self.offer(self.words(phrases.YES), confirm=part.id, answer="yes")
                self.offer(self.words(phrases.NO), confirm=part.id, answer="no")

    def _ask_for(self, spec: SlotSpec, part: Part) -> None:
        why = slots.problem(part.problem, spec, self.language)
        self.meta["form"] = slots.form(spec, self.book, self.language, why)
        if spec.kind is SlotKind.ORDER_ID:
            for own in self.beside.own_orders:
                self.offer(slots.plain(own.label), own.number, **{spec.name: own.number})

    def _offer_values(self, part: Part, flow: FlowSpec, spec: SlotSpec) -> None:
        for value in part.candidates:
            self.offer(self._in_words(spec, value), value, **{spec.name: value})
        if part.say is Say.SAME_ORDER and not flow.lookup:
            # A lookup runs already.
            self.offer(self.words(phrases.ANOTHER_ORDER), change=spec.name)

    def _card(self, part: Part, flow: FlowSpec) -> Meta:
        shown = [(flow.by_name[name], given) for name, given in part.rows if name in flow.by_name]
        card = {
            "id": part.id,
            "title": in_language(flow.names, self.language) or flow.key,
            "rows": [
                {
                    "slot": spec.name,
                    "label": slots.label(spec, self.language),
                    "value": slots.in_words(spec, given, self.book, self.language),
                }
                for spec, given in shown
            ],
        }
        # What proves the order may be typed on the card, with the yes.
        proofs = [flow.by_name[name] for name in part.candidates if name in flow.by_name]
        if proofs:
            card["fields"] = [slots.form(spec, self.book, self.language) for spec in proofs]
        return card

    def _offer_changes(self, part: Part, flow: FlowSpec) -> None:
        if part.say is Say.REFUSED and not part.candidates:
            return
        names = part.candidates or tuple(name for name, _ in part.rows) or tuple(self.known)
        for spec in (flow.by_name[name] for name in names if name in flow.by_name):
            label = self.words(phrases.CHANGE, label=slots.label(spec, self.language))
            self.offer(label, label, change=spec.name)
        self._offer_to_stop(flow)

    def _offer_to_stop(self, flow: FlowSpec) -> None:
        self.offer(self.words(phrases.STOP_IT), stop=flow.key)

    def _offer_flows(self, part: Part) -> None:
        for key in part.candidates:
            flow = self.book.by_key.get(key)
            name = in_language(flow.names, self.language) if flow else ""
            if name:
                self.offer(name, name, flow=key)

    def _offer_beside(self, part: Part) -> None:
        """What else may have been meant, and a person."""
        if part.say not in SAID_FROM:
            for passage in part.passages:
                self.offer(passage.title)
        if part.say is Say.ALSO_ASKED and not part.passages:
            self.offer(part.text)
        if part.say in OFFERING_A_PERSON and not (part.say is Say.REFUSED and part.slot):
            self.offers_person = True

    def _ask_for_an_address(self) -> None:
        self.meta["form"] = contact_form(self.language, self.beside.about)

    def _tell_of_the_action(self, part: Part) -> None:
        status = ACTIONS[part.say]
        if self.result and self.result.ended is Ended.UNCLEAR:
            status = "unclear"
        key = part.id or (self.result.key if self.result else "")
        if key:
            self.meta["action"] = {"id": key, "status": status}


def order_asked(reply: Reply, book: Book) -> SlotSpec | None:
    """The slot for an order that the reply asks for."""
    for part in reply.parts:
        flow = _flow_of(part, book) if part.say in ASKING else None
        spec = flow.by_name.get(part.slot) if flow else None
        if spec and spec.kind is SlotKind.ORDER_ID:
            return spec
    return None


def _flow_of(part: Part, book: Book) -> FlowSpec | None:
    return book.by_version.get((part.flow, part.version)) or book.by_key.get(part.flow)


def reply_line(
    reply: Reply,
    book: Book,
    known: Mapping[str, SlotValue],
    result: Result | None = None,
    beside: Beside = NOTHING_BESIDE,
) -> Line:
    """`known` are the values of the flow it is about."""
    message = Message(reply, book, known, result, beside)
    for part in reply.parts:
        message.add(part)
    return message.line()


def contact_form(language: str, about: str) -> Meta:
    """Asks how a visitor can be reached; its message begins with `about`."""
    label = phrases.in_language(phrases.CONTACT_LABEL, language)
    form: Meta = {"slot": "contact", "type": "contact", "label": label}
    return {**form, "message": about} if about else form


def way_back(language: str) -> Meta:
    """The `meta` of a line that offers to go on with the bot."""
    text = phrases.in_language(phrases.GO_ON_WITH_THE_BOT, language)
    return {"quick_replies": [{"label": text, "text": text}]}


def file_notice(language: str) -> Line:
    """Says who looks at a file that came without a word."""
    text = phrases.in_language(phrases.FILE_ALONE, language)
    person = phrases.in_language(phrases.TALK_TO_A_PERSON, language)
    offered = {"quick_replies": [{"label": person, "text": person}]}
    return Line(Author.SYSTEM, text, meta=offered, of_turn=True)


def nobody_there(session: Session, about: str) -> Line:
    """Tells somebody who waits that nobody comes now, and asks for a message instead."""
    text = phrases.in_language(phrases.NOBODY_THERE, session.language)
    meta = {"form": contact_form(session.language, about), **way_back(session.language)}
    return Line(Author.SYSTEM, text, meta=meta)


def left_notice(session: UUID, address: str, language: str, *, to_bot: bool = True) -> Line:
    """Says how a message that was left for the team is answered; `to_bot` offers the way back."""
    text = phrases.in_language(phrases.LEFT, language) % {
        "reference": str(session)[:8].upper(),
        "address": address,
    }
    meta = way_back(language) if to_bot else {}
    return Line(Author.SYSTEM, text, meta=meta, of_turn=True)


def _source(passage: Passage) -> dict[str, str]:
    source = {"id": passage.id, "title": passage.title}
    return {**source, "url": passage.url} if passage.url else source
