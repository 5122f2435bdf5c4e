"""The policy of a site, edited and checked as one table."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.forms import PaginationInlineFormSet

from apps.dialogue.flows import rules
from apps.dialogue.flows.services import books_changed, copy_default_policy, drop_policy
from apps.dialogue.models import PolicyRow, SitePolicy

MOST_ROWS = 50


class RowForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripting fails at run time
    class Meta:
        model = PolicyRow
        fields = ["position", "name", "when", "at", "then", "high_value_only", "enabled"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A count of turns is no 2.0.
        if (number := self.initial.get("at")) is not None and number == int(number):
            self.initial["at"] = int(number)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("when") and cleaned.get("then"):
            row = PolicyRow(when=cleaned["when"], then=cleaned["then"], at=cleaned.get("at"))
            for column, text in rules.row_problems(row).items():
                self.add_error(column, text)
        return cleaned


class RowFormSet(PaginationInlineFormSet):  # type: ignore[misc]  # Unfold ships no types
    def clean(self) -> None:
        """The table as it would stand: in order of the numbers, without what is deleted."""
        super().clean()
        kept = [
            form
            for form in self.forms
            if not self._should_delete_form(form) and (form.instance.pk or form.has_changed())
        ]
        if any(form.errors for form in kept):
            return
        # No rows at all: the shipped table holds again.
        rows = sorted((form.instance for form in kept), key=lambda row: row.position)
        if rows and (found := rules.problems(rows)):
            raise forms.ValidationError(found)


class RowInline(TabularInline):  # type: ignore[misc]  # Unfold ships no types
    model = PolicyRow
    form = RowForm
    formset = RowFormSet
    extra = 0
    max_num = MOST_ROWS
    ordering = ["position", "pk"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("dialogue.view_sitepolicy") or self._may(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request) and obj is not None and _has_own(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def _may(self, request: HttpRequest) -> bool:
        return request.user.has_perm("dialogue.change_sitepolicy")


@admin.register(SitePolicy)
class PolicyAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    """A site has its policy from the start: none is added or deleted."""

    list_display = ["name", "table"]
    change_form_outer_before_template = "admin/dialogue/policy.html"
    actions: list[str] = []

    class Media:
        css = {"all": ["admin/knowledge.css", "admin/flows.css"]}

    @display(description=_("table"))  # type: ignore[untyped-decorator]
    def table(self, site: Any) -> Any:
        if not site.row_count:
            return _("the defaults")
        return str(_("own, %d rows")) % site.row_count

    def get_queryset(self, request: HttpRequest) -> QuerySet[SitePolicy]:
        rows: Any = super().get_queryset(request)
        return cast("QuerySet[SitePolicy]", rows.annotate(row_count=Count("policy_rows")))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The rows only: what else the site is has its own page."""
        return []

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Nothing is edited where the defaults hold."""
        return [RowInline] if obj and _has_own(obj) else []

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(
                f"<int:key>/{name}/",
                self.admin_site.admin_view(view),
                name=f"dialogue_policy_{name}",
            )
            for name, view in (("copy", self.copy_view), ("defaults", self.defaults_view))
        ]
        return [*pages, *super().get_urls()]

    def copy_view(self, request: HttpRequest, key: int) -> HttpResponse:
        site = self._changeable(request, key)
        if request.method == "POST" and copy_default_policy(site=site):
            messages.success(request, _("The defaults are copied. Change them as you like."))
        return HttpResponseRedirect(reverse("admin:dialogue_sitepolicy_change", args=[site.pk]))

    def defaults_view(self, request: HttpRequest, key: int) -> HttpResponse:
        site = self._changeable(request, key)
        if request.method == "POST":
            drop_policy(site=site)
            self.log_change(request, site, str(_("Back to the defaults.")))
            messages.success(request, _("The site follows the defaults again."))
        return HttpResponseRedirect(reverse("admin:dialogue_sitepolicy_change", args=[site.pk]))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        site = kwargs["obj"]
        shown = {
            "site_row": site,
            "has_own": _has_own(site),
            "defaults": rules.defaults(site),
            "may_change": self.has_change_permission(request, site),
        }
        if not shown["has_own"]:
            shown |= {"show_save": False, "show_save_and_continue": False}
        page = super().render_change_form(request, {**context, **shown}, *args, **kwargs)
        return cast("HttpResponse", page)

    def save_related(
        self,
        request: HttpRequest,
        form: Any,
        formsets: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        super().save_related(request, form, formsets, change)
        books_changed(site_ids=[form.instance.pk])

    def _changeable(self, request: HttpRequest, key: int) -> SitePolicy:
        site = get_object_or_404(SitePolicy, pk=key)
        if not self.has_change_permission(request, site):
            raise PermissionDenied
        return site


def _has_own(site: Any) -> bool:
    return PolicyRow.objects.filter(site_id=site.pk).exists()
