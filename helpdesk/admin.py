"""The admin site: a sidebar by task, the figures of its first page, and its language switch."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin import sites
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

Text = str | Promise


class HelpdeskAdminSite(UnfoldAdminSite):  # type: ignore[misc]  # Unfold ships no types
    index_title = _("Overview")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **super().each_context(request),
            "templates": {"navigation": "admin/navigation.html"},
        }

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        page: TemplateResponse = super().index(
            request, {"cards": cards(request), **(extra_context or {})}
        )
        return page


class HelpdeskAdminConfig(AdminConfig):
    default_site = "helpdesk.admin.HelpdeskAdminSite"

    def ready(self) -> None:
        # Unfold's own ready() has put a plain site of its own in place, past `default_site`.
        admin.site = sites.site = HelpdeskAdminSite()
        super().ready()
        # Models can be imported only now, and after django.contrib.auth has registered its own.
        from helpdesk import people  # noqa: F401, PLC0415


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar for UNFOLD; an item shows to those who may view its list."""
    waiting = counts(request)
    return [
        _group(
            _("Work"),
            _item(_("Tickets"), "confirmation_number", "handoff.ticket", waiting),
            _item(_("Sessions"), "forum", "chat.session", waiting),
            _item(_("Unanswered questions"), "help", "knowledge.unansweredquestion", waiting),
        ),
        _group(
            _("Knowledge"),
            _item(_("FAQ entries"), "menu_book", "knowledge.faq", waiting),
            _item(_("Categories"), "category", "knowledge.category", waiting),
        ),
        _group(
            _("Settings"),
            _item(_("Sites"), "language", "sites.site", waiting),
            _item(_("Users"), "person", "auth.user", waiting),
            _item(_("Groups"), "group", "auth.group", waiting),
        ),
    ]


def counts(request: HttpRequest) -> dict[str, int]:
    """How many rows wait for a person, by model; only of what this user may see."""
    from apps.handoff.models import Ticket  # noqa: PLC0415
    from apps.knowledge.models import UnansweredQuestion  # noqa: PLC0415

    return _counted(
        request,
        {
            "handoff.ticket": Ticket.objects.open().count,
            "knowledge.unansweredquestion": UnansweredQuestion.objects.open().count,
        },
    )


def cards(request: HttpRequest) -> list[dict[str, Any]]:
    """The figures of the first page, each with the list behind it."""
    from apps.chat.models import Session  # noqa: PLC0415
    from apps.knowledge.models import Faq  # noqa: PLC0415

    found = counts(request) | _counted(
        request,
        {
            "chat.session": Session.objects.current().count,
            "knowledge.faq": Faq.objects.live().count,
        },
    )
    titles = {
        "handoff.ticket": _("Open tickets"),
        "knowledge.unansweredquestion": _("Open questions without an answer"),
        "chat.session": _("Sessions going on"),
        "knowledge.faq": _("Live FAQ entries"),
    }
    return [
        {"title": title, "figure": found[label], "link": reverse(_list_of(label))}
        for label, title in titles.items()
        if label in found
    ]


def may_view(label: str) -> Callable[[HttpRequest], bool]:
    """A check for "app.model": may the request's user see its list?"""
    app, model = label.split(".")

    def check(request: HttpRequest) -> bool:
        return any(request.user.has_perm(f"{app}.{verb}_{model}") for verb in ("view", "change"))

    return check


def _counted(request: HttpRequest, counters: dict[str, Callable[[], int]]) -> dict[str, int]:
    return {label: count() for label, count in counters.items() if may_view(label)(request)}


def _group(title: Text, *items: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "items": list(items)}


def _item(title: Text, icon: str, label: str, waiting: dict[str, int]) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(_list_of(label)),
        "permission": may_view(label),
        "badge": waiting.get(label),
        "badge_variant": "warning",
    }


def _list_of(label: str) -> str:
    return f"admin:{label.replace('.', '_')}_changelist"
