"""Tickets in the admin: to read, to answer by mail or telephone, and to mark as done."""

from collections.abc import Iterable
from typing import Any, cast
from urllib.parse import quote

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from apps.chat.models import Message, Turn
from apps.engine.events import QUESTIONS
from apps.engine.types import Author
from apps.handoff.admin.filters import (
    NAMES,
    NO_ADDRESS,
    AddressFilter,
    CourseFilter,
    StatusFilter,
    TeamFilter,
)
from apps.handoff.models import Ticket
from apps.handoff.refusals import Refused
from apps.handoff.services import close_ticket, may_close, reach
from apps.sites.admin.columns import with_site

SHOWN_LINES = 500
SHOWN_EVENTS = 100
CLOSE = "handoff_ticket_close_this"
BADGES = {
    Ticket.Status.OPEN: "warning",
    Ticket.Status.DONE: "success",
    Ticket.Status.WITHDRAWN: "info",
}
SEEN_TO = _("Our team has seen to your request.")
RETURNED = _("Our team has seen to your request. The assistant answers again from here on.")


@admin.register(Ticket)
class TicketAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    list_display = [
        "number",
        "reason",
        "contact",
        "says",
        "who",
        "language",
        "created_at",
        "state",
    ]
    list_select_related = ["operator", "team"]
    list_filter = [
        StatusFilter,
        CourseFilter,
        TeamFilter,
        AddressFilter,
        "reason",
        "priority",
        "language",
        "site",
        "created_at",
    ]
    list_per_page = 50
    search_fields = ["=id", "^session__id", "name", "email", "phone", "about", "flow", "text"]
    search_help_text = _("A ticket's number, a name, an address, or words of the message")
    actions = ["mark_as_done"]
    actions_submit_line = ["close_this"]
    change_form_outer_after_template = "admin/handoff/ticket.html"
    fields = [
        ("standing", "reason"),
        ("priority", "team"),
        ("operator", "outcome"),
        ("contact", "chat"),
        "message",
        "details",
        ("site", "language"),
        ("first_due_at", "first_response_at"),
        ("created_at", "updated_at"),
    ]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Of an empty list it is told that the others have been seen to."""
        found = super().get_changelist_instance(request)
        is_plain = not found.query and not found.has_active_filters
        found.all_done = is_plain and not found.result_count and Ticket.objects.exists()
        return found

    def get_list_display(self, request: HttpRequest) -> list[str]:
        return with_site(self.list_display)

    @display(description=_("number"), ordering="id")  # type: ignore[untyped-decorator]
    def number(self, ticket: Ticket) -> str:
        return str(ticket)

    @display(description=_("contact"))  # type: ignore[untyped-decorator]
    def contact(self, ticket: Ticket) -> str:
        parts = [format_html("{}", ticket.name)] if ticket.name else []
        if ticket.email:
            parts.append(_link("mailto:" + quote(ticket.email, safe="@+"), ticket.email))
        if ticket.phone:
            dialled = "".join(sign for sign in ticket.phone if sign in "+0123456789")
            parts.append(_link("tel:" + dialled, ticket.phone))
        if not ticket.email and not ticket.phone:
            parts.append(format_html("<em>{}</em>", NO_ADDRESS))
        joined = format_html_join(" · ", "{}", ((part,) for part in parts))
        return format_html("<span>{}</span>", joined)

    @display(description=_("message"))  # type: ignore[untyped-decorator]
    def says(self, ticket: Ticket) -> str:
        return Truncator(_said(ticket)).chars(100) or "–"

    @display(description=_("message"))  # type: ignore[untyped-decorator]
    def message(self, ticket: Ticket) -> str:
        lines = linebreaksbr(_said(ticket), autoescape=True) or "–"
        return format_html('<span class="hd-text" dir="auto">{}</span>', lines)

    @display(description=_("with"), ordering="operator")  # type: ignore[untyped-decorator]
    def who(self, ticket: Ticket) -> str:
        """The operator who has it, else the team that it waits for."""
        return str(ticket.operator or ticket.team or "–")

    @display(description=_("flow"))  # type: ignore[untyped-decorator]
    def details(self, ticket: Ticket) -> str:
        """As they stood when a person was asked for."""
        row = "<div>{}{} <bdi>{}</bdi></div>"
        colon = pgettext("label", ":")
        rows = format_html_join("", row, ((label, colon, value) for label, value in ticket.slots))
        return format_html('<div dir="auto"><strong>{}</strong>{}</div>', ticket.flow, rows)

    @display(description=_("session"))  # type: ignore[untyped-decorator]
    def chat(self, ticket: Ticket) -> str:
        """The place in it where a person was asked for."""
        address = reverse("admin:chat_session_change", args=[ticket.session_id])
        short = str(ticket.session_id)[:8]
        turns = Turn.objects.filter(pk=ticket.turn) if ticket.turn else Turn.objects.none()
        number = turns.values_list("from_seq", flat=True).first()
        if number is None:
            return _link(address, short)
        place = _("%(session)s, line %(number)s") % {"session": short, "number": number}
        return _link(f"{address}#line-{number}", place)

    @display(description=_("status"), ordering="status", label=BADGES)  # type: ignore[untyped-decorator]
    def state(self, ticket: Ticket) -> tuple[str, Any]:
        return ticket.status, NAMES[Ticket.Status(ticket.status)]

    @display(description=_("status"))  # type: ignore[untyped-decorator]
    def standing(self, ticket: Ticket) -> str:
        return str(NAMES[Ticket.Status(ticket.status)])

    @admin.action(permissions=["change"], description=_("Mark as done"))
    def mark_as_done(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        self._close(request, tickets.select_related("session"))

    @action(  # type: ignore[untyped-decorator]
        description=_("Mark as done"), icon="task_alt", variant=ActionVariant.PRIMARY
    )
    def close_this(self, request: HttpRequest, ticket: Ticket) -> None:
        self._close(request, [ticket])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        rows: QuerySet[Ticket] = super().get_queryset(request).select_related("site")
        rows = reach.tickets_for(request.user, rows)
        lines = Message.objects.filter(session=OuterRef("session"), author=Author.VISITOR)
        last = lines.order_by("-seq").values("text")
        led_here = last.filter(turn=OuterRef("turn"))
        wish = Message.objects.filter(
            session=OuterRef(OuterRef("session")),
            author=Author.VISITOR,
            turn=OuterRef(OuterRef("turn")),
        ).values("seq")
        questions = last.filter(turn__route__in=QUESTIONS)
        # For tickets of before it was kept. "Talk to a person" tells nobody what it is about.
        found = (
            led_here.exclude(turn__route="handoff"),
            questions.filter(seq__lt=Subquery(wish[:1])),
            led_here,
        )
        return rows.annotate(said=Coalesce(*(Subquery(texts[:1]) for texts in found)))

    def get_fields(self, request: HttpRequest, obj: Ticket | None = None) -> Any:
        return [name for name in self.fields if name != "details" or (obj and obj.flow)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [
            "standing",
            "contact",
            "chat",
            "message",
            "details",
            *(field.name for field in Ticket._meta.fields),
        ]

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[Any]:
        rows = Ticket.objects.open().select_related("operator")
        ticket = rows.filter(pk=object_id).first() if str(object_id).isdecimal() else None
        is_theirs = ticket is not None and may_close(ticket, request.user)
        if not is_theirs or not self.has_change_permission(request):
            return []
        return list(super().get_actions_submit_line(request, object_id))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        buttons = {"show_save": False, "show_save_and_continue": False}
        page = super().changeform_view(
            request, object_id, form_url, {**(extra_context or {}), **buttons}
        )
        return cast("HttpResponse", page)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if ticket := kwargs.get("obj"):
            skipped = max(0, ticket.session.last_seq - SHOWN_LINES)
            lines = Message.objects.after(ticket.session_id, skipped)
            events = ticket.events.select_related("operator")[:SHOWN_EVENTS]
            told = {"lines": lines, "skipped_lines": skipped, "events": events}
            context = {**context, **told}
        return cast("HttpResponse", super().render_change_form(request, context, *args, **kwargs))

    def save_model(
        self,
        request: HttpRequest,
        obj: Ticket,
        form: "ModelForm[Ticket]",
        change: bool,  # noqa: FBT001
    ) -> None:
        """Stores nothing by itself: the only change is the button's, through the service."""
        if CLOSE in request.POST:
            self.close_this(request, obj)

    def construct_change_message(self, *args: Any, **kwargs: Any) -> str:
        """The button keeps its own record; a POST without it changed nothing."""
        return ""

    def log_change(self, request: HttpRequest, obj: Ticket, message: Any) -> Any:
        return super().log_change(request, obj, message) if message else None

    def response_change(self, request: HttpRequest, obj: Ticket) -> HttpResponse:
        """Back to the list; what was done has been said."""
        return cast("HttpResponse", self.response_post_save_change(request, obj))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Ticket) -> None:
        """Whoever waits for a person, or has one, is given back to the bot and told so first: the
        ticket is all that says whom they wait for."""
        _close(obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
        chosen = list(queryset.select_related("session"))
        for ticket in chosen:
            _close(ticket)
        # The list shows open ones: none of them is that any more.
        closed = Ticket.objects.filter(pk__in=[ticket.pk for ticket in chosen])
        super().delete_queryset(request, closed)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody else needs to: a ticket is marked as done."""
        return bool(request.user.is_active and request.user.is_superuser)

    def _close(self, request: HttpRequest, tickets: Iterable[Ticket]) -> None:
        """Marks those that are open as done, tells how many, and keeps a record of each. Those of
        colleagues stay as they are."""
        closed, refused = [], []
        for ticket in tickets:
            try:
                closed += [ticket] if _close(ticket, request.user) else []
            except Refused as refusal:
                refused.append((ticket, refusal.facts["by"]))
        for ticket, by in refused:
            words = _("%(ticket)s is with %(name)s, who alone can end it.")
            told = words % {"ticket": ticket, "name": by}
            self.message_user(request, told, messages.ERROR)
        if not closed and not refused:
            self.message_user(request, _("It was done before."), messages.WARNING)
        if closed:
            self._tell_closed(request, closed)

    def _tell_closed(self, request: HttpRequest, closed: list[Ticket]) -> None:
        for ticket in closed:
            self.log_change(request, ticket, str(_("Marked as done.")))
        text = ngettext(
            "%(count)d ticket marked as done.", "%(count)d tickets marked as done.", len(closed)
        )
        self.message_user(request, text % {"count": len(closed)})


def _close(ticket: Ticket, by: Any = None) -> bool:
    with translation.override(ticket.session.language.lower()):
        notices = {"notice": str(RETURNED), "notice_with_bot": str(SEEN_TO)}
    return close_ticket(ticket=ticket, by=by, **notices)


def _said(ticket: Ticket) -> str:
    """What it is about and what was left for us, which may begin with it; else what was asked."""
    parts = [ticket.about] if ticket.about not in ticket.text else []
    return "\n\n".join(filter(None, [*parts, ticket.text])) or getattr(ticket, "said", None) or ""


def _link(address: str, text: str) -> SafeString:
    return format_html('<a class="text-link" href="{}">{}</a>', address, text)
