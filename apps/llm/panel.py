"""A session's page: which models were asked for it, and what became of the turns."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.llm.models import Call
from apps.llm.telling import told_cost, told_tokens, told_why, tone, totals_of
from apps.llm.values import Outcome

SHOWN_CALLS = 100
FAILED = _("broken off")
NOT_REACHED = _("not reached")
TOO_SLOW = _("too slow")
NOT_SURE = _("not sure enough")
# Why a model did not answer, in a word or two, for sentences that name several.
SHORT: dict[str, str | Promise] = {
    Outcome.DEADLINE: TOO_SLOW,
    Outcome.FIRST_TOKEN: TOO_SLOW,
    Outcome.GAP: FAILED,
    Outcome.CUT: FAILED,
    Outcome.UNREACHABLE: NOT_REACHED,
    Outcome.TLS: NOT_REACHED,
    Outcome.BLOCKED: NOT_REACHED,
    Outcome.AUTH: _("key refused"),
    Outcome.MISSING_MODEL: _("model not there"),
    Outcome.REDIRECT: _("redirect not followed"),
    Outcome.RATE_LIMITED: _("the provider's limit"),
    Outcome.SERVER_ERROR: _("error of the server"),
    Outcome.BAD_REQUEST: _("request refused"),
    Outcome.BAD_OUTPUT: _("answer not usable"),
    Outcome.TOO_LARGE: _("answer too long"),
    Outcome.CANCELLED: _("given up"),
    Outcome.QUOTA: _("quota"),
    Outcome.BUSY: _("all places taken"),
    Outcome.BREAKER: _("failed lately"),
    Outcome.CAP: _("cap"),
    Outcome.NO_TIME: _("no time left"),
    "no_knowledge": _("nothing found"),
    "low_confidence": NOT_SURE,
    "weaker": NOT_SURE,
    "not_grounded": _("answer not in the sources"),
    "wrong_language": _("answer in another language"),
    "contrary": _("answer contradicts itself"),
    "nothing_said": _("answer without content"),
}


class Kind(StrEnum):
    """How a turn ended, as far as its models go."""

    MODEL = "model"
    CACHE = "cache"
    PERSON = "person"
    OTHER = "other"


TALLIED = {
    Kind.MODEL: _("answered by a model"),
    Kind.CACHE: _("answered from the cache"),
    Kind.PERSON: _("passed to a person"),
    Kind.OTHER: _("otherwise"),
}


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """A turn as it stands. `route` in words; `models` is what was stored of them with the turn."""

    turn: uuid.UUID
    is_open: bool
    is_cancelled: bool = False
    to_person: bool = False
    route: str = ""
    models: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        if "answered" in self.models:
            return Kind.CACHE if "cache" in self.models else Kind.MODEL
        return Kind.PERSON if self.to_person else Kind.OTHER


def ledger_panel(session_id: uuid.UUID, ends: Iterable[TurnEnd] = ()) -> str:
    """HTML for a session's page: what was asked for it, what that cost, what left the house, and
    what became of it.

    "" if no model was asked. The caller has checked that its reader may see the ledger.
    """
    calls = list(Call.objects.of(session_id)[: SHOWN_CALLS + 1])
    if not calls:
        return ""
    asked = {call.turn for call in calls}
    known: dict[uuid.UUID | None, TurnEnd] = {end.turn: end for end in ends if end.turn in asked}
    context = {
        "rows": _rows(calls[:SHOWN_CALLS], known),
        "has_more": len(calls) > SHOWN_CALLS,
        "left": Call.objects.filter(session=session_id, sent__isnull=False).exists(),
        "tally": _tally(known.values()),
        **totals_of(Call.objects.filter(session=session_id)),
    }
    return render_to_string("admin/llm/panel.html", context)


def _rows(calls: Sequence[Call], ends: Mapping[uuid.UUID | None, TurnEnd]) -> list[dict[str, Any]]:
    """The end of a turn stands with the last of its calls."""
    last = {call.turn: call.pk for call in calls if call.turn in ends}
    return [
        {
            "call": call,
            "tone": tone(call),
            "why": told_why(call.why),
            "tokens": told_tokens(call),
            "cost": told_cost(call),
            "end": _told(ends[call.turn], [one for one in calls if one.turn == call.turn])
            if last.get(call.turn) == call.pk
            else "",
        }
        for call in calls
    ]


def _told(end: TurnEnd, calls: Sequence[Call]) -> str:
    why = _reasons(end, calls)
    if end.is_open:
        return str(_("Under way"))
    if end.is_cancelled:
        return str(_("Stopped before there was an answer"))
    match end.kind:
        case Kind.CACHE:
            said = _("Answered from the cache with what %(model)s had said")
        case Kind.MODEL if why:
            said = _("Answered by %(model)s; before that: %(why)s")
        case Kind.MODEL:
            said = _("Answered by %(model)s")
        case Kind.PERSON:
            said = _("Passed to a person: %(why)s")
        case _:
            said = (
                _("Without a model: %(route)s (%(why)s)")
                if why
                else _("Without a model: %(route)s")
            )
    values = {"model": end.models.get("answered", ""), "route": end.route}
    return str(said) % {**values, "why": why or str(_("no answer in time"))}


def _reasons(end: TurnEnd, calls: Sequence[Call]) -> str:
    """Each once. A turn that nobody has finished has its reasons in the ledger only."""
    handed = [one["why"] for one in end.models.get("handed", ())]
    failed = [call.outcome for call in calls if tone(call) != "ok"]
    whys = handed if end.models else failed
    return _listed(list(dict.fromkeys(str(SHORT.get(why, why)) for why in whys)))


def _listed(words: Sequence[str]) -> str:
    """As a sentence names them."""
    if len(words) < 2:
        return "".join(words)
    first = words[0]
    for word in words[1:-1]:
        first = str(_("%(first)s, %(next)s")) % {"first": first, "next": word}
    return str(_("%(first)s and %(last)s")) % {"first": first, "last": words[-1]}


def _tally(ends: Iterable[TurnEnd]) -> list[dict[str, Any]]:
    closed = Counter(end.kind for end in ends if not end.is_open and not end.is_cancelled)
    return [{"name": name, "turns": closed[kind]} for kind, name in TALLIED.items() if closed[kind]]
