"""What the staff pages show around every list: the sidebar by task, the first page's figures."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from apps.chat.models import Session
from apps.console.people import WORK
from apps.dialogue.models import ActionRun
from apps.handoff.models import Ticket
from apps.handoff.services import reach
from apps.knowledge.models import Faq, FaqImport, UnansweredQuestion
from apps.llm.health import Health, lately_once
from apps.llm.models.calls import OUTCOMES
from helpdesk import first_steps

Text = str | Promise
REVIEW = "review=waiting"
ICONS = {"provider": "dns", "model": "neurology", "routing": "alt_route", "call": "receipt_long"}
FAILS = _(
    "“%(model)s”: %(failed)s of %(asked)s calls failed since %(time)s. The last one: %(why)s."
)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """UNFOLD's callback for the first page."""
    return {
        **context,
        "alarms": alarms(request),
        "cards": cards(request),
        "first_steps": first_steps.card(request),
    }


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar for UNFOLD; an item shows to those who may view its list."""
    waiting = counts(request)
    groups = [
        _group(
            _("Work"),
            _console(request),
            _item(_("Tickets"), "confirmation_number", "handoff.ticket", waiting),
            _item(_("Sessions"), "forum", "chat.session", waiting),
            _item(_("Unanswered questions"), "help", "knowledge.unansweredquestion", waiting),
            _floor(),
            _item(_("Reports"), "monitoring", "insight.report", waiting),
        ),
        _group(
            _("Knowledge"),
            {**_item(_("FAQ entries"), "menu_book", "knowledge.faq", {}), "active": _in_entries},
            _waiting_for_review(waiting),
            _item(_("Categories"), "category", "knowledge.category", waiting),
            _imports(),
        ),
        _group(
            _("Flows"),
            _item(_("Flows"), "account_tree", "dialogue.flow", waiting),
            _item(_("Products"), "inventory_2", "dialogue.product", waiting),
            _item(_("Phrases"), "record_voice_over", "dialogue.phrase", waiting),
            _item(_("Policy"), "rule", "dialogue.sitepolicy", waiting),
            _item(_("Action runs"), "bolt", "dialogue.actionrun", waiting),
            _item(_("Webhooks"), "webhook", "dialogue.webhook", waiting),
        ),
        _group(_("Models"), *_of_app("llm", waiting)),
        _group(
            _("Team"),
            _item(_("Operators"), "support_agent", "handoff.operator", waiting),
            _item(_("Teams"), "groups", "handoff.team", waiting),
            _item(_("Macros"), "quickreply", "handoff.macro", waiting),
            _item(_("Business hours"), "schedule", "handoff.hours", waiting),
            _item(_("Service targets"), "timer", "handoff.target", waiting),
            _item(_("E-mails"), "outgoing_mail", "handoff.mail", waiting),
        ),
        _group(
            _("Settings"),
            _item(_("Sites"), "language", "sites.site", waiting),
            _item(_("Users"), "person", "auth.user", waiting),
            _item(_("Groups"), "group", "auth.group", waiting),
        ),
    ]
    return [group for group in groups if group["items"]]


def counts(request: HttpRequest) -> dict[str, int]:
    """How many rows wait for a person, by model; only of what this user may see."""
    counters: dict[str, Callable[[], int]] = {
        "handoff.ticket": reach.tickets_for(request.user, Ticket.objects.open()).count,
        "knowledge.unansweredquestion": UnansweredQuestion.objects.open().count,
        "knowledge.faq": Faq.objects.waiting().count,
        "dialogue.actionrun": ActionRun.objects.dead().count,
        "llm.model": partial(_count_broken, request),
    }
    return {label: count() for label, count in counters.items() if may_view(label)(request)}


def _console(request: HttpRequest) -> dict[str, Any]:
    """The operators' page, with how many visitors wait in their queue; its script keeps the number
    fresh. Nobody else is counted for."""
    may_work = _may_work(request)
    waiting = reach.tickets_for(request.user, Ticket.objects.waiting())
    return {
        "title": _("Console"),
        "icon": "support_agent",
        "link": reverse_lazy("console:page"),
        "permission": _may_work,
        # As text: a nought is shown as well, and has a place for what comes.
        "badge": str(waiting.count()) if may_work else None,
        "badge_variant": "warning",
    }


def _may_work(request: HttpRequest) -> bool:
    return bool(request.user.has_perm(WORK))


def _waiting_for_review(waiting: dict[str, int]) -> dict[str, Any]:
    """The reviewers' work in the list of entries."""
    return {
        **_item(_("Waiting for review"), "rate_review", "knowledge.faq", waiting),
        "link": f"{reverse(_list_of('knowledge.faq'))}?{REVIEW}",
        "active": _in_review,
    }


def _floor() -> dict[str, Any]:
    """A page of the operators' admin, for those who look after them."""
    item = _item(_("Who is on"), "supervisor_account", "handoff.operator", {})
    return {**item, "link": reverse_lazy("admin:handoff_floor"), "permission": _may_supervise}


def _may_supervise(request: HttpRequest) -> bool:
    return request.user.has_perm("handoff.supervise")


def _imports() -> dict[str, Any]:
    item = _item(_("Imports"), "upload", "knowledge.faqimport", {})
    return {**item, "permission": _may_import}


def _may_import(request: HttpRequest) -> bool:
    """Their admin says who."""
    return bool(admin.site._registry[FaqImport].has_module_permission(request))


def _in_review(request: HttpRequest) -> bool:
    path = request.path
    return (path == reverse(_list_of("knowledge.faq")) and REVIEW in request.GET.urlencode()) or (
        path.endswith("/review/")
    )


def _in_entries(request: HttpRequest) -> bool:
    inside = request.path.startswith(reverse(_list_of("knowledge.faq")))
    return inside and not _in_review(request)


def cards(request: HttpRequest) -> list[dict[str, Any]]:
    """The figures of the first page, each with the list behind it."""
    figures: dict[str, tuple[Text, Callable[[], int]]] = {
        "handoff.ticket": (
            _("Open tickets"),
            reach.tickets_for(request.user, Ticket.objects.open()).count,
        ),
        "knowledge.unansweredquestion": (
            _("Open questions without an answer"),
            UnansweredQuestion.objects.open().count,
        ),
        "chat.session": (
            _("Sessions going on"),
            reach.sessions_for(request.user, Session.objects.current()).count,
        ),
        "knowledge.faq": (_("Live FAQ entries"), Faq.objects.live().count),
    }
    return [
        {"title": title, "figure": count(), "link": reverse(_list_of(label))}
        for label, (title, count) in figures.items()
        if may_view(label)(request)
    ]


def alarms(request: HttpRequest) -> list[dict[str, Any]]:
    """Models that fail, in a sentence each, with the calls behind it for who may see the ledger."""
    if not may_view("llm.model")(request):
        return []
    may_look = may_view("llm.call")(request)
    return [
        {
            "text": FAILS % _told(health),
            "link": f"{reverse(_list_of('llm.call'))}?model={health.model}&ended=failed"
            if may_look
            else "",
        }
        for health in _broken(request)
    ]


def _told(health: Health) -> dict[str, Any]:
    since = timezone.localtime(health.since)
    return {
        "model": health.name,
        "failed": health.failed,
        "asked": health.asked_since,
        "time": f"{since:%H:%M}",
        "why": dict(OUTCOMES).get(health.last, health.last),
    }


def _count_broken(request: HttpRequest) -> int:
    return len(_broken(request))


def _broken(request: HttpRequest) -> list[Health]:
    return [health for health in lately_once(request).values() if health.is_broken]


def may_view(label: str) -> Callable[[HttpRequest], bool]:
    """A check for "app.model": may the request's user see its list?"""
    app, model = label.split(".")

    def check(request: HttpRequest) -> bool:
        return any(request.user.has_perm(f"{app}.{verb}_{model}") for verb in ("view", "change"))

    return check


def _of_app(label: str, waiting: dict[str, int]) -> list[dict[str, Any]]:
    """The lists of an app that may not be there yet."""
    models = [model for model in admin.site._registry if model._meta.app_label == label]
    return [
        _item(
            capfirst(str(model._meta.verbose_name_plural)),
            ICONS.get(model._meta.model_name or "", "neurology"),
            model._meta.label_lower,
            waiting,
        )
        for model in models
    ]


def _group(title: Text, *items: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "items": list(items)}


def _item(title: Text, icon: str, label: str, waiting: dict[str, int]) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(_list_of(label)),
        "permission": may_view(label),
        "badge": waiting.get(label),
        "badge_variant": "danger" if label == "llm.model" else "warning",
    }


def _list_of(label: str) -> str:
    return f"admin:{label.replace('.', '_')}_changelist"
