"""The ledger in the admin: every call, what it cost, and what left the house. To read only."""

import uuid
from datetime import datetime
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from apps.guard.spreadsheets import delimited
from apps.llm.admin.ledger_export import exported
from apps.llm.admin.ledger_filters import (
    EVERYTHING,
    EndedFilter,
    LeftFilter,
    ModelFilter,
    PurposeFilter,
    leaves_out,
)
from apps.llm.admin.model_pages import BADGES as TIER_BADGES
from apps.llm.models import Call
from apps.llm.models.providers import WAYS
from apps.llm.telling import days_of, told_cost, told_tokens, told_why, tone, totals_of
from apps.sites.admin.chosen import with_filters
from apps.sites.admin.streams import attachment

MOST_COUNTED = 10_000
LONGEST_NAME = 40
LEAST_DIGITS, ALL_DIGITS = 8, 32
WAY_NAMES: dict[str, Any] = dict(WAYS)


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # subscripting fails at run time
    """Counts no further than `MOST_COUNTED`: who looks for older rows filters."""

    @cached_property
    def count(self) -> int:
        rows = cast("QuerySet[Call]", self.object_list)
        return rows.order_by().values("pk")[:MOST_COUNTED].count()


@admin.register(Call)
class CallAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    list_display = [
        "moment",
        "short",
        "tier_badge",
        "outcome_badge",
        "reason",
        "tokens",
        "paid",
        "total_ms",
        "chat",
    ]
    list_filter = [
        "at",
        EndedFilter,
        "outcome",
        LeftFilter,
        PurposeFilter,
        ModelFilter,
        "tier",
        "provider",
        "site",
    ]
    list_per_page = 50
    actions_list = ["as_csv"]
    show_full_result_count = False
    paginator = BoundedPaginator
    search_fields = ["session"]
    search_help_text = _("At least 8 characters of a session's number, from its start")
    list_before_template = "admin/llm/totals.html"
    change_form_outer_after_template = "admin/llm/sent.html"
    fields = [
        ("moment", "chat"),
        ("provider_name", "asked"),
        ("tier", "purpose"),
        ("outcome", "reason"),
        ("tokens", "paid"),
        ("times", "attempt"),
        ("way_shown", "prompt_version"),
    ]

    class Media:
        css = {"all": ["admin/knowledge.css", "admin/models.css"]}

    @display(description=_("time"), ordering="at")  # type: ignore[untyped-decorator]
    def moment(self, call: Call) -> SafeString:
        return unbroken(local(call.at))

    @display(description=_("model"), ordering="model_name")  # type: ignore[untyped-decorator]
    def short(self, call: Call) -> SafeString:
        return unbroken(Truncator(call.model_name).chars(LONGEST_NAME))

    @display(description=_("model"))  # type: ignore[untyped-decorator]
    def asked(self, call: Call) -> str:
        """And who answered, where that is another."""
        other = call.served if call.served and call.served != call.model_name else ""
        return f"{call.model_name} ({other})" if other else call.model_name

    @display(description=_("tier"), label=TIER_BADGES)  # type: ignore[untyped-decorator]
    def tier_badge(self, call: Call) -> tuple[str, str]:
        return call.tier, call.get_tier_display()

    @display(  # type: ignore[untyped-decorator]
        description=_("outcome"), label={"ok": "success", "soft": "warning", "bad": "danger"}
    )
    def outcome_badge(self, call: Call) -> tuple[str, str]:
        return tone(call), call.get_outcome_display()

    @display(description=_("asked because"))  # type: ignore[untyped-decorator]
    def reason(self, call: Call) -> str:
        return told_why(call.why)

    @display(description=_("tokens"))  # type: ignore[untyped-decorator]
    def tokens(self, call: Call) -> SafeString:
        return unbroken(told_tokens(call))

    @display(description=_("cost"), ordering="cost")  # type: ignore[untyped-decorator]
    def paid(self, call: Call) -> SafeString:
        return unbroken(told_cost(call))

    @display(description=_("first word / whole answer, ms"))  # type: ignore[untyped-decorator]
    def times(self, call: Call) -> SafeString:
        first = "" if call.first_token_ms is None else f"{call.first_token_ms} / "
        return unbroken(f"{first}{call.total_ms}")

    @display(description=_("session"))  # type: ignore[untyped-decorator]
    def chat(self, call: Call) -> Any:
        if call.session is None:
            return "–"
        link = reverse("admin:chat_session_change", args=[call.session])
        text = str(call.session)[:8]
        return format_html('<a class="text-link whitespace-nowrap" href="{}">{}</a>', link, text)

    @display(description=_("way to a structured answer"))  # type: ignore[untyped-decorator]
    def way_shown(self, call: Call) -> str:
        return str(WAY_NAMES.get(call.way, "–"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Call]:
        rows: QuerySet[Call] = super().get_queryset(request)
        at = request.resolver_match
        is_list = bool(at and str(at.url_name).endswith("_changelist"))
        # The texts are long, and no list shows them.
        return rows.defer("sent") if is_list else rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Call], search_term: str
    ) -> tuple[QuerySet[Call], bool]:
        """Those of sessions whose number starts so, by the index."""
        if not search_term.strip():
            return queryset, False
        bounds = session_bounds(search_term)
        return (queryset.filter(session__range=bounds) if bounds else queryset.none()), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("llm.view_call")

    @action(  # type: ignore[untyped-decorator]
        description=_("This list as CSV"),
        icon="download",
        permissions=["view"],
        url_path="export-csv",
    )
    def as_csv(self, request: HttpRequest) -> HttpResponseBase:
        """All rows that the list's filters leave, on all of its pages."""
        try:
            listed = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            # The list itself says what is wrong with a filter that is none.
            return HttpResponseRedirect(f"{reverse('admin:llm_call_changelist')}?e=1")
        rows = exported(listed, translation.get_language())
        return attachment(request, delimited(rows), "csv", "ledger")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        page = with_filters(super().changelist_view(request, extra_context), request)
        found = getattr(page, "context_data", {}).get("cl")
        if found is not None:
            page.context_data |= totals_of(found.queryset)
            page.context_data |= {
                "days": days_of(found.queryset),
                "leaves_out": leaves_out(request),
                "everything": found.get_query_string({"purpose": EVERYTHING}),
            }
        return cast("HttpResponse", page)


def session_bounds(term: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """The first and the last number that begin so; None for what no number can begin with."""
    digits = term.strip().replace("-", "").lower()
    if not LEAST_DIGITS <= len(digits) <= ALL_DIGITS or not set(digits) <= set("0123456789abcdef"):
        return None
    return uuid.UUID(digits.ljust(ALL_DIGITS, "0")), uuid.UUID(digits.ljust(ALL_DIGITS, "f"))


def unbroken(text: str) -> SafeString:
    """For a column of its own width."""
    return format_html('<span class="whitespace-nowrap">{}</span>', text)


def local(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}"
