"""Ready-made answers: finding them, and filling them in."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F

from apps.chat.models import Session
from apps.engine.subject import HIDDEN
from apps.handoff.finding import rank
from apps.handoff.models import Macro, Operator, Team, Ticket
from apps.handoff.refusals import RefusalCode, Refused
from apps.sites.models import CHINESE

MOST_SHOWN = 20
PLACE = re.compile(r"\{([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)\}")
# What fills these is always known, or missing for this visitor; other names are those of slots.
NAMES = ("visitor.name", "operator.name", "site.name")


@dataclass(frozen=True, slots=True)
class Filled:
    """A macro's text; `unfilled` are the names in braces that nothing fills, still in the text."""

    id: int
    name: str
    text: str
    unfilled: tuple[str, ...]


def find_macros(
    *,
    query: str,
    operator: Operator,
    session_id: UUID,
    slots: Mapping[str, str] | None = None,
) -> list[Filled]:
    """Best first, then the most used: shortcut or name, their beginnings, then anywhere in them, then
    in the text; in Chinese, by the initials of its pinyin, or in English. An empty query gives the
    most used. `slots` as for `render_macro`. Refused: not_found."""
    session = Session.objects.select_related("site", "visitor").filter(pk=session_id).first()
    if session is None:
        raise Refused(RefusalCode.NOT_FOUND)
    teams = list(Team.objects.filter(members=operator).values_list("pk", flat=True))
    ranked = [(rank(macro.search, query), macro) for macro in Macro.objects.for_teams(teams)]
    found = [(place, macro) for place, macro in ranked if place is not None]
    found.sort(key=lambda one: (one[0], -one[1].uses, one[1].name))
    values = _values(session, operator, slots)
    return [_filled(macro, session, values) for _, macro in found[:MOST_SHOWN]]


def render_macro(
    *,
    macro: Macro,
    session: Session,
    operator: Operator,
    slots: Mapping[str, str] | None = None,
) -> Filled:
    """In the session's language. What a visitor has typed is put in as it is, never read for
    braces again. `slots` are values in words by name; None: those of the handoff."""
    return _filled(macro, session, _values(session, operator, slots))


def unfilled_names(text: str) -> list[str]:
    """Those in a text that is about to be sent which only a macro can have left there."""
    return [name for name in PLACE.findall(text) if name in NAMES]


def refuse_unfilled(text: str) -> None:
    """Refused: unknown_macro_variable (variable=)."""
    if left := unfilled_names(text):
        raise Refused(RefusalCode.UNKNOWN_MACRO_VARIABLE, variable=left[0])


def count_use(*, macro_id: int) -> None:
    Macro.objects.filter(pk=macro_id).update(uses=F("uses") + 1)


def _filled(macro: Macro, session: Session, values: Mapping[str, str]) -> Filled:
    unfilled: dict[str, None] = {}

    def place(found: re.Match[str]) -> str:
        if value := values.get(found[1]):
            return value
        unfilled[found[1]] = None
        return found[0]

    text = PLACE.sub(place, macro.text(session.language))
    return Filled(macro.pk, macro.name, text, tuple(unfilled))


def _values(
    session: Session, operator: Operator, slots: Mapping[str, str] | None
) -> dict[str, str]:
    ticket = Ticket.objects.filter(session=session).order_by("-pk").first()
    site, is_chinese = session.site, session.language == CHINESE
    told = dict(_handed_over(ticket)) if slots is None else slots
    return {
        **told,
        "visitor.name": session.visitor.name or (ticket.name if ticket else ""),
        "operator.name": operator.name,
        "site.name": (is_chinese and site.name_zh_hans) or site.name,
    }


def _handed_over(ticket: Ticket | None) -> Iterator[tuple[str, str]]:
    for slot in ticket.packet.get("slots", []) if ticket else []:
        if slot["value"] != HIDDEN:
            yield slot["name"], slot["value"]
