"""How the ledger is narrowed: by how calls ended, what they were for, whom they asked."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.llm.health import NO_FAILURE
from apps.llm.models import Call, Model
from apps.llm.models.providers import PURPOSES
from apps.llm.values import Outcome, Purpose, Tier

EVERYTHING = "all"
# Whoever comes for these wants all that was asked for them.
WHOLE = ("model", "q")
ENDED: dict[str, tuple[Any, Q]] = {
    "answered": (_("Answered"), Q(outcome=Outcome.OK)),
    "failed": (_("Failed"), ~Q(outcome__in=NO_FAILURE)),
    "cache": (_("Answered from the cache"), Q(outcome=Outcome.CACHE)),
    "not_asked": (_("Not asked"), Q(outcome__in=NO_FAILURE - {Outcome.OK, Outcome.CACHE})),
}
# Texts of entries are kept nowhere with their calls.
LEFT = Q(sent__isnull=False) | (
    ~Q(tier=Tier.LOCAL) & Q(purpose=Purpose.EMBEDDING, session=None, outcome=Outcome.OK)
)


class EndedFilter(admin.SimpleListFilter):
    title = _("how it ended")
    parameter_name = "ended"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, title) for name, (title, _narrow) in ENDED.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:
        found = ENDED.get(self.value() or "")
        return queryset.filter(found[1]) if found else queryset


class PurposeFilter(admin.SimpleListFilter):
    """Embeddings come in batches by the hundred: they are left out until somebody asks for them."""

    title = _("used for")
    parameter_name = "purpose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*PURPOSES, (EVERYTHING, _("All"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": _("All but embeddings")}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:
        if self.value() in dict(PURPOSES):
            return queryset.filter(purpose=self.value())
        return queryset.exclude(purpose=Purpose.EMBEDDING) if leaves_out(request) else queryset


class LeftFilter(admin.SimpleListFilter):
    title = _("left the house")
    parameter_name = "left"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:
        match self.value():
            case "yes":
                return queryset.filter(LEFT)
            case "no":
                return queryset.exclude(LEFT)
        return queryset


class ModelFilter(admin.SimpleListFilter):
    title = _("model")
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = Model.objects.select_related("provider").order_by("provider__name", "name")
        return [(str(row.pk), f"{row} ({row.provider})") for row in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:
        wanted, known = self.value() or "", {str(key) for key, _name in self.lookup_choices}
        return queryset.filter(model=UUID(wanted)) if wanted in known else queryset


def leaves_out(request: HttpRequest) -> bool:
    """Whether the list is without embeddings."""
    if request.GET.get(PurposeFilter.parameter_name):
        return False
    return not any(request.GET.get(name) for name in WHOLE)
