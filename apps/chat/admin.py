"""Sessions in the admin: to read, never to write."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast
from uuid import UUID

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.chat import devices
from apps.chat.causes import CAUSES
from apps.chat.models import Message, Session, Turn, Visitor
from apps.chat.services import erase_sessions
from apps.engine.types import Author, Mode
from apps.knowledge.models import Faq
from apps.sites.admin.columns import with_site
from apps.sites.models import LANGUAGES

# A page shows the last lines of a session; hours of chat would make it slow to open.
SHOWN_LINES = 500
SHOWN_SESSIONS = 20
Heard = Callable[[Session, list[Turn]], dict[UUID, list[str]]]
BADGES = {Mode.BOT: "info", Mode.QUEUED: "warning", Mode.HUMAN: "success"}
ROUTES: dict[str, str | Promise] = {
    "faq": _("Answered"),
    "near": _("Near questions offered"),
    "unknown": _("No answer found"),
    "high_risk": _("High risk and not sure enough"),
    "model": _("Answered by a model"),
    "fallback": _("Nobody could answer in time"),
    "handoff": _("Handed over"),
    "queued": _("Silent while waiting"),
    "human": _("Left to the person"),
    "smalltalk": _("Small talk"),
    "contact": _("Message left"),
    "file": _("A file without words"),
    "flow": _("A flow"),
    "action": _("Result of an action"),
}
COMMANDS: dict[str, str | Promise] = {
    "StartFlow": _("wants a flow"),
    "SetSlot": _("gave a detail"),
    "CorrectSlot": _("corrected a detail"),
    "Unfit": _("gave what does not fit"),
    "Lack": _("does not have it"),
    "Stale": _("pressed a button that is over"),
    "Affirm": _("said yes"),
    "Deny": _("said no"),
    "TakeBack": _("took the yes back"),
    "CancelFlow": _("wants to stop"),
    "AskFaq": _("asked a question"),
    "SmallTalk": _("small talk"),
    "WantHuman": _("wants a person"),
    "WantBot": _("wants the assistant"),
    "result": _("result of an action"),
}


@admin.register(Session)
class SessionAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    list_display = [
        "short",
        "person",
        "created_at",
        "language",
        "state",
        "answered_by",
        "lines",
        "updated_at",
    ]
    list_filter = ["mode", "state", "language", "site", "created_at"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["id"]
    search_help_text = _("The start of a session's number, a name, or words that were said")
    change_form_outer_after_template = "admin/chat/session.html"
    # Those of the rows that whoever asks may see.
    seen: ClassVar[Callable[[HttpRequest, QuerySet[Session]], QuerySet[Session]]] = (
        lambda _request, rows: rows
    )
    # What apps above know of a session; each gives a card for its page, or nothing.
    panels: ClassVar[list[Callable[[HttpRequest, Session], str]]] = []
    # What the flows of a site are called, by their keys.
    flow_names: ClassVar[Callable[[int], dict[str, str]]] = lambda _site: {}
    # What the rows of its policy say, by their names.
    rule_titles: ClassVar[Callable[[int], dict[str, str]]] = lambda _site: {}
    # What its turns understood, in words, by the id of the turn.
    heard: ClassVar[Heard] = lambda *_: {}
    readonly_fields = ["person", "lines", "page", "device"]
    fields = [
        "person",
        ("site", "language"),
        ("state", "mode"),
        ("created_at", "updated_at"),
        ("page", "device"),
        ("lines", "read_seq"),
        ("csat", "csat_comment"),
    ]

    def get_list_display(self, request: HttpRequest) -> list[str]:
        return with_site(self.list_display)

    @display(description=_("session"), ordering="id")  # type: ignore[untyped-decorator]
    def short(self, session: Session) -> SafeString:
        return format_html('<span class="whitespace-nowrap">{}</span>', session)

    @display(description=_("visitor"))  # type: ignore[untyped-decorator]
    def person(self, session: Session) -> SafeString:
        """What a visitor typed about themselves is nowhere in it."""
        return identity_of(session.visitor)

    @display(description=_("answered by"), ordering="mode", label=BADGES)  # type: ignore[untyped-decorator]
    def answered_by(self, session: Session) -> tuple[str, str]:
        return session.mode, session.get_mode_display()

    @display(description=_("lines"), ordering="last_seq")  # type: ignore[untyped-decorator]
    def lines(self, session: Session) -> int:
        return session.last_seq

    @display(description=_("page"))  # type: ignore[untyped-decorator]
    def page(self, session: Session) -> str:
        """As text: the address comes from the visitor's browser and is nothing to click on."""
        visitor = session.visitor
        return " · ".join(filter(None, [visitor.page_title, visitor.page_url])) or "–"

    @display(description=_("device"))  # type: ignore[untyped-decorator]
    def device(self, session: Session) -> str:
        visitor = session.visitor
        known = [devices.device(visitor.device), devices.language(visitor.locale)]
        return " · ".join(filter(None, known)) or "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        rows: QuerySet[Session] = super().get_queryset(request)
        return type(self).seen(request, rows.select_related("visitor", "site").defer("memory"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Session], search_term: str
    ) -> tuple[QuerySet[Session], bool]:
        """Sessions whose number starts so, those of the person, and those in which it was said."""
        term = search_term.strip()
        if not term:
            return queryset, False
        # Reads every line of the week: no index serves "contains" in Chinese.
        said = Message.objects.filter(session=OuterRef("pk"), text__icontains=term)
        known = Q(visitor__external_id=term) | Q(visitor__email__iexact=term)
        named = known | Q(visitor__name__icontains=term)
        return queryset.filter(Q(id__istartswith=term) | named | Exists(said)), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("chat.view_session")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def delete_model(self, request: HttpRequest, obj: Session) -> None:
        erase_sessions(sessions=[obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        erase_sessions(sessions=list(queryset.values_list("pk", flat=True)))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if session := kwargs.get("obj"):
            cards = [made for panel in self.panels if (made := panel(request, session))]
            flows = type(self).flow_names(session.site_id)
            rules = type(self).rule_titles(session.site_id)
            shown = story(session, flows, rules, type(self).heard)
            context = {**context, **shown, "cards": cards}
        return cast("HttpResponse", super().render_change_form(request, context, *args, **kwargs))


def identity_of(visitor: Visitor) -> SafeString:
    if not visitor.external_id:
        return format_html("{}", _("Not verified"))
    facts = [visitor.name, visitor.email, visitor.external_id]
    parts = format_html_join(" · ", "<bdi>{}</bdi>", [[fact] for fact in facts if fact])
    # One element: on a phone the cell lays out each child of its own as a column.
    return format_html("<span><strong>{}</strong> {}</span>", _("Verified:"), parts)


def story(
    session: Session, flows: Mapping[str, str], rules: Mapping[str, str], heard: Heard
) -> dict[str, Any]:
    """The last lines of a session, their turns and its last state moves for its page, in one query
    each."""
    skipped = max(0, session.last_seq - SHOWN_LINES)
    turns = list(session.turns.filter(to_seq__gt=skipped).order_by("created_at"))
    lines = list(Message.objects.after(session.id, skipped))
    moves = session.transitions.order_by("-id")[:SHOWN_LINES]
    return {
        "lines": lines,
        "skipped_lines": skipped,
        "anonymous_seq": session.anonymous_seq,
        "earlier": _other_sessions(session),
        "turns": _turns(turns, lines, flows, rules, heard(session, turns)),
        "moves": [
            {
                "move": move,
                "cause": CAUSES.get(move.cause, move.cause),
                "command": COMMANDS.get(move.command, move.command),
            }
            for move in reversed(moves)
        ],
    }


def _other_sessions(session: Session) -> QuerySet[Session]:
    """What else this person talked about, where the shop's server said that it is them."""
    visitors = Visitor.objects.same_person(session.visitor)
    others = Session.objects.filter(visitor__in=visitors).exclude(pk=session.pk)
    return others.defer("memory")[:SHOWN_SESSIONS]


def _turns(
    turns: list[Turn],
    lines: list[Message],
    flows: Mapping[str, str],
    rules: Mapping[str, str],
    heard: Mapping[UUID, list[str]],
) -> list[dict[str, Any]]:
    languages = dict(LANGUAGES)
    replies = {line.turn_id: line for line in lines if line.author == Author.BOT}
    before = [{}, *(turn.versions for turn in turns)]
    numbers = {number for turn in turns for number in turn.sources if str(number).isdecimal()}
    titles = {
        str(faq.pk): faq.question for faq in Faq.objects.filter(pk__in=numbers).only("question")
    }
    return [
        {
            "turn": turn,
            "route": ROUTES.get(turn.route, turn.route),
            "flow": flows.get(turn.flow, turn.flow),
            "rule": rules.get(turn.rule, turn.rule),
            "heard": heard.get(turn.pk, []),
            "asks": _asked_for(replies.get(turn.pk)),
            "language": languages.get(turn.language, turn.language),
            # They stand once, and where they change.
            "versions": {} if turn.versions == earlier else turn.versions,
            "confidence": "" if turn.confidence is None else f"{turn.confidence:.0%}",
            "sources": [
                {"id": number, "title": titles.get(str(number), "")} for number in turn.sources
            ],
        }
        for earlier, turn in zip(before, turns, strict=False)
    ]


def _asked_for(reply: Message | None) -> dict[str, str]:
    """The slot that a reply asks for, and what was wrong with what was given before."""
    form = (reply.meta or {}).get("form") if reply else None
    return {"label": form.get("label", ""), "why": form.get("error", "")} if form else {}
