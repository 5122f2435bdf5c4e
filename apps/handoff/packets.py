"""What the bot hands over with a ticket, written by rules: what is wanted, what is known, what was
tried, why it stopped, what it went by, what to do next, and how the visitor feels about it.

Stored are facts and codes; `shown` puts them in words, in the reader's language.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.chat.models import Message, Session, Turn
from apps.engine.types import Author, Rating
from apps.handoff.models import Ticket
from apps.knowledge.models import Faq

TURNS = 8
LINES = 6
LONGEST_WANT = 500
Packet = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Detail:
    """One detail of a flow. `source`: said, typed, or known (of the order that was proved)."""

    name: str
    label: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about. `flow` is the name of the one that the visitor is in and `key` its
    key, `details` are what it knows and `missing` the labels of what it still needs; none of it
    proves an order. `high_value`: the flow is one of those that come first. `draft` is an answer that
    may fit, and `evidence` the entries, (id, title), that it may be found in."""

    text: str = ""
    flow: str = ""
    details: tuple[Detail, ...] = ()
    key: str = ""
    high_value: bool = False
    missing: tuple[str, ...] = ()
    draft: str = ""
    evidence: tuple[tuple[str, str], ...] = ()

    @property
    def slots(self) -> list[list[str]]:
        """(label, value) of each."""
        return [[detail.label, detail.value] for detail in self.details]


NOTHING = Subject()

TRIED: dict[str, Promise] = {
    "faq": _("Answered from “%(title)s”"),
    "near": _("Offered questions that are near"),
    "unknown": _("Found no answer"),
    "high_risk": _("Was not sure enough of what is of high risk"),
    "model": _("A model answered"),
    "fallback": _("Could not answer in time"),
    "flow": _("Collected details"),
    "action": _("Carried an action out, or looked something up"),
}
NEXT_STEPS: dict[str, Promise] = {
    Ticket.Reason.ASKED: _("Greet them, and ask what is left to do."),
    Ticket.Reason.HIGH_RISK: _("Check the answer before you give it: it may cost money or health."),
    Ticket.Reason.LOW_CONFIDENCE: _("Read the question again and answer it."),
    Ticket.Reason.NO_KNOWLEDGE: _("Answer it, and write the answer down for the next one."),
    Ticket.Reason.SLOT_FAILED: _("Ask for what is missing, or look it up."),
    Ticket.Reason.ACTION_FAILED: _("See in the shop whether it was done before you do it again."),
    Ticket.Reason.LOOP: _("Say it in other words than the assistant did."),
    Ticket.Reason.POLICY: _("See which rule sent them here."),
    Ticket.Reason.ACTION: _("Do what the flow has ordered."),
    Ticket.Reason.CONTACT: _("Answer at the address that they left."),
    Ticket.Reason.MODEL_DOWN: _("Answer the question: nothing else could."),
    Ticket.Reason.DEADLINE: _("Answer the question: they have waited for it."),
    Ticket.Reason.UNANSWERED: _("Answer the question: they have waited for it."),
    Ticket.Reason.STEPPED_IN: _("Go on where the assistant stood."),
}
MOODS: dict[str, Promise] = {
    "calm": pgettext_lazy("mood", "Calm"),
    "impatient": pgettext_lazy("mood", "Impatient"),
    "angry": pgettext_lazy("mood", "Angry"),
}
ANGRY = re.compile(
    r"\b(?:angry|furious|ridiculous|useless|terrible|awful|worst|scam|fraud|lawyer|sue|complain\w*"
    r"|unacceptable|disgusting|wtf|stupid)\b"
    r"|投诉|骗子|骗人|垃圾|差评|气死|太差|恶心|废物|什么破|律师|消协|12315|欺诈|无语|滚",
    re.IGNORECASE,
)
IMPATIENT = re.compile(
    r"[!！]{2,}|[?？]{2,}|\b(?:hurry|asap|urgent\w*|immediately|still waiting|how long)\b"
    r"|快点|赶紧|马上|立刻|着急|急|催|等了|多久|还没",
    re.IGNORECASE,
)


def written(session: Session, reason: str, subject: Subject) -> Packet:
    """For a ticket that is made. A few queries, and no call to anybody."""
    turns = list(Turn.objects.filter(session=session).order_by("-from_seq")[:TURNS])
    titles = {**_titles(turns), **dict(subject.evidence)}
    rows = Message.objects.filter(session=session, author=Author.VISITOR)
    said = list(rows.order_by("-seq").values_list("text", flat=True)[:LINES])
    return {
        "wants": (subject.text or next(iter(said), ""))[:LONGEST_WANT],
        "flow": subject.flow,
        "slots": [asdict(detail) for detail in subject.details],
        "missing": list(subject.missing),
        "tried": _tried(reversed(turns), titles),
        "why_stopped": _why(reason, turns),
        "evidence": [{"id": number, "title": title} for number, title in titles.items()],
        "next_step": str(reason),
        "draft": subject.draft,
        "mood": mood(said, unhelpful=_has_rated_down(session)),
    }


def shown(packet: Packet) -> Packet:
    """In words. What an older release wrote, or nobody, is shown as far as it is there."""
    why = packet.get("why_stopped", {})
    reason = why.get("reason", "")
    return {
        **packet,
        "tried": [_in_words(one) for one in packet.get("tried", [])],
        "why_stopped": _sentence(why),
        "next_step": str(NEXT_STEPS.get(packet.get("next_step", reason), "")),
        "mood": str(MOODS.get(packet.get("mood", ""), "")),
    }


def mood(said: Iterable[str], *, unhelpful: bool = False) -> str:
    """A guess by words and signs, from the last lines."""
    lines = list(said)
    if any(ANGRY.search(line) for line in lines):
        return "angry"
    if unhelpful or any(IMPATIENT.search(line) for line in lines) or any(map(_shouts, lines)):
        return "impatient"
    return "calm"


def _shouts(line: str) -> bool:
    letters = [char for char in line if char.isascii() and char.isalpha()]
    return len(letters) > 10 and sum(map(str.isupper, letters)) > 0.8 * len(letters)


def _titles(turns: Sequence[Turn]) -> dict[str, str]:
    """Of the entries that the turns went by, the latest first."""
    numbers = [str(number) for turn in turns for number in turn.sources]
    wanted = [number for number in dict.fromkeys(numbers) if number.isdecimal()]
    found = {str(pk): title for pk, title in _questions(wanted)}
    return {number: found[number] for number in wanted if number in found}


def _questions(numbers: Sequence[str]) -> list[tuple[int, str]]:
    return list(Faq.objects.filter(pk__in=numbers).values_list("pk", "question"))


def _tried(turns: Iterable[Turn], titles: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "route": turn.route,
            "title": titles.get(str(turn.sources[0]), "") if turn.sources else "",
            "flow": turn.flow,
            "confidence": turn.confidence,
            "seq": turn.from_seq,
        }
        for turn in turns
        if turn.route in TRIED
    ]


def _why(reason: str, turns: Sequence[Turn]) -> dict[str, Any]:
    last = turns[0] if turns else None
    return {
        "reason": str(reason),
        "rule": last.rule if last else "",
        "confidence": last.confidence if last else None,
    }


def _has_rated_down(session: Session) -> bool:
    return Message.objects.filter(session=session, rating=Rating.DOWN).exists()


def _in_words(tried: dict[str, Any]) -> dict[str, Any]:
    sentence = TRIED.get(tried.get("route", ""), "")
    return {**tried, "text": str(sentence) % {"title": tried.get("title", "")}}


def _sentence(why: dict[str, Any]) -> str:
    reasons = dict(Ticket.Reason.choices)
    text = str(reasons.get(why.get("reason", ""), ""))
    sure = why.get("confidence")
    return f"{text} ({sure:.0%})" if text and isinstance(sure, float) else text
