"""Routing in the admin: how far each site's questions may go."""

import math
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.llm.admin.changing import MovesLadder
from apps.llm.admin.currencies import CurrencyField
from apps.llm.amounts import plain
from apps.llm.models import AnswerCount, DroppedAnswer, Mode, Model, Price, Routing
from apps.llm.models.routing import LEAST_SECONDS, MOST_SECONDS
from apps.llm.services import spent_today_by_site
from apps.llm.values import Tier
from apps.sites.models import Site

BADGES = {Mode.OFF: "danger", Mode.LOCAL_ONLY: "success", Mode.LOCAL_THEN_CLOUD: "info"}
CAPS = ("cap_chat", "cap_day")
COUNTED_DAYS = 7
WITHIN = _(
    "Seconds from the visitor's line to the answer of a model, all models together; %(least)s to "
    "%(most)s. "
    "Where none has answered 3 s before, a person gets the question and the visitor is told. Leave "
    "local models on slow machines more. Empty: %(seconds)s, as the server is set."
)
TOO_SHORT = _(
    "At least %(least)s s: the server waits so long before it takes a turn from a process that was "
    "lost, and needs some seconds for the answer then."
)


class RoutingForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripting fails at run time
    currency = CurrencyField(label=capfirst(_("currency of the caps")))

    class Meta:
        model = Routing
        fields = ["site", "mode", "last_resort", "deadline_s", "cap_chat", "cap_day", "currency"]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if "site" in self.fields:
            taken = Routing.objects.exclude(pk=self.instance.pk).values("site")
            cast("Any", self.fields["site"]).queryset = Site.objects.exclude(pk__in=taken)
        if "deadline_s" in self.fields:
            told = {
                "seconds": f"{settings.TURNS.deadline_s:g}",
                "least": least_seconds(),
                "most": MOST_SECONDS,
            }
            self.fields["deadline_s"].help_text = str(WITHIN) % told

    def clean_deadline_s(self) -> int | None:
        """A turn that a lost process held is answered by another, as long as there is time."""
        seconds: int | None = self.cleaned_data["deadline_s"]
        least = least_seconds()
        if seconds is not None and seconds < least:
            raise ValidationError(str(TOO_SHORT) % {"least": least})
        return seconds

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("last_resort") and cleaned.get("mode") != Mode.LOCAL_THEN_CLOUD:
            self.add_error("last_resort", _("The last resort is in the cloud: allow that first."))
        chat, day = cleaned.get("cap_chat"), cleaned.get("cap_day")
        if chat and day and chat > day:
            self.add_error("cap_chat", _("One chat may not spend more than the whole day."))
        self._check_currency(cleaned)
        return cleaned

    def _check_currency(self, cleaned: dict[str, Any]) -> None:
        """A cap that cannot count a model's calls would be a promise that is not kept."""
        code = cleaned.get("currency")
        if not code or not any(cleaned.get(name) for name in CAPS):
            return
        for model, price in paid_models():
            if price.currency != code:
                said = _("“%(model)s” is paid in %(other)s: a cap in %(code)s cannot count it.")
                told = {"model": model, "other": price.currency, "code": code}
                self.add_error("currency", str(said) % told)
                return


@admin.register(Routing)
class RoutingAdmin(MovesLadder, ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    form = RoutingForm
    list_display = ["site", "mode_badge", "last_resort", "within", "chat", "day", "spent"]
    list_select_related = ["site"]
    list_before_template = "admin/llm/routing.html"
    fieldsets = [
        (None, {"fields": ["site", "mode", "last_resort", "deadline_s"]}),
        (
            _("What it may cost"),
            {
                "fields": [("cap_chat", "cap_day"), "currency"],
                "description": _("Once a cap is reached, local models and then people take over."),
            },
        ),
    ]

    class Media:
        css = {"all": ["admin/knowledge.css", "admin/models.css"]}

    @display(description=_("models"), ordering="mode", label=BADGES)  # type: ignore[untyped-decorator]
    def mode_badge(self, row: Routing) -> tuple[str, str]:
        return row.mode, row.get_mode_display()

    @display(description=_("answer within"), ordering="deadline_s")  # type: ignore[untyped-decorator]
    def within(self, row: Routing) -> str:
        seconds = f"{row.deadline_s or settings.TURNS.deadline_s:g}"
        return str(_("%(seconds)s s")) % {"seconds": seconds}

    @display(description=_("most per chat"), ordering="cap_chat")  # type: ignore[untyped-decorator]
    def chat(self, row: Routing) -> str:
        return _told(row.cap_chat, row.currency)

    @display(description=_("most per day"), ordering="cap_day")  # type: ignore[untyped-decorator]
    def day(self, row: Routing) -> str:
        return _told(row.cap_day, row.currency)

    @display(description=_("spent today"))  # type: ignore[untyped-decorator]
    def spent(self, row: Any) -> Any:
        """Of the cap of the day; without one, in whatever it was paid."""
        return told_spent(row, getattr(row, "spent_today", {}))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """What all sites have spent, at once."""
        shown = super().get_changelist_instance(request)
        spent = spent_today_by_site()
        for row in shown.result_list:
            row.spent_today = spent.get(row.pk, {})
        return shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["site"] if obj else []

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_add_permission(request)) and sites_without().exists()

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Every site has its row: nobody lacks a right then."""
        if super().has_add_permission(request) and not sites_without().exists():
            messages.info(request, _("Every site has its row already: change that one."))
            return HttpResponseRedirect(reverse("admin:llm_routing_changelist"))
        return super().add_view(request, *args, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        first = [row.pk for row in sites_without()[:2]]
        known = {"site": first[0]} if len(first) == 1 else {}
        return {**known, **super().get_changeform_initial_data(request)}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        more = {
            "sites_without": sites_without(),
            "may_add": self.has_add_permission(request),
            "answer_counts": answer_counts(),
            "counted_days": COUNTED_DAYS,
        }
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        is_cloud = form.instance.mode == Mode.LOCAL_THEN_CLOUD
        if is_cloud and not Model.objects.usable().exclude(tier=Tier.LOCAL).exists():
            messages.info(request, _("There is no enabled cloud model yet."))


def told_spent(row: Routing, paid: dict[str, Decimal]) -> str:
    amounts = [f"{code} {plain(round(amount, 4))}" for code, amount in sorted(paid.items())]
    if row.cap_day is None:
        return " + ".join(amounts) or "–"
    amount = paid.get(row.currency, Decimal(0))
    told = {
        "spent": f"{row.currency} {plain(round(amount, 4))}",
        "cap": plain(row.cap_day),
        "share": f"{amount / row.cap_day:.0%}",
    }
    return str(_("%(spent)s of %(cap)s (%(share)s)")) % told


def least_seconds() -> int:
    return max(LEAST_SECONDS, math.ceil(settings.TURNS.least_deadline_s))


def _told(cap: Decimal | None, currency: str) -> str:
    return "–" if cap is None else f"{currency} {plain(cap)}"


def sites_without() -> QuerySet[Site]:
    """Sites that follow the default."""
    return Site.objects.filter(routing=None).order_by("name")


def answer_counts() -> list[dict[str, Any]]:
    """Of each site how many questions an answer from before was said to again, and how many of the
    answers are said no more."""
    rows = AnswerCount.objects.of_last(COUNTED_DAYS).by_site()
    dropped = DroppedAnswer.objects.by_site()
    sites = Site.objects.in_bulk([row["site"] for row in rows])
    return [
        {
            "site": str(sites.get(row["site"], row["site__name"])),
            "share": f"{row['hits'] / row['asked']:.0%}",
            "hits": row["hits"],
            "asked": row["asked"],
            "dropped": dropped.get(row["site"], 0),
        }
        for row in rows
        if row["asked"]
    ]


def paid_models() -> list[tuple[Model, Price]]:
    """Enabled models that cost something today."""
    rows = list(Model.objects.usable())
    prices = Price.objects.on(timezone.localdate(), [row.pk for row in rows])
    return [
        (row, prices[row.pk]) for row in rows if row.pk in prices and not prices[row.pk].is_free
    ]
