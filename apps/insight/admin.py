"""Reports: numbers of a time that one chooses, each with the rows behind it."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from apps.handoff.models import Team
from apps.insight import charts, exports, links, pages
from apps.insight.figures import report
from apps.insight.models import Report
from apps.insight.scopes import MOST_DAYS, Scope, lately
from apps.sites.models import Site

EARLIEST = date(2000, 1, 1)
QUICK = (1, 7, 30, 90)


class ScopeForm(forms.Form):
    """Which days, site and team. `scope()` is what was asked for, or the last days if it was none."""

    first = forms.DateField(label=_("From"), widget=forms.DateInput({"type": "date"}))
    last = forms.DateField(label=_("To"), widget=forms.DateInput({"type": "date"}))
    site = forms.ModelChoiceField(
        Site.objects.order_by("name"), label=_("Site"), required=False, empty_label=_("All sites")
    )
    team = forms.ModelChoiceField(
        Team.objects.all(), label=_("Team"), required=False, empty_label=_("All teams")
    )

    def clean_first(self) -> date:
        first: date = self.cleaned_data["first"]
        if first < EARLIEST:
            raise forms.ValidationError(_("Nothing was counted so long ago."))
        return first

    def clean_last(self) -> date:
        last: date = self.cleaned_data["last"]
        if last > timezone.localdate():
            raise forms.ValidationError(_("This day has not come yet."))
        return last

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and first > last:
            self.add_error("last", _("This day is before the first one."))
        elif first and last and last - first >= timedelta(days=MOST_DAYS):
            self.add_error("last", _("At most %(days)d days at once.") % {"days": MOST_DAYS})
        return cleaned

    def scope(self) -> Scope:
        return Scope(**self.cleaned_data) if self.is_valid() else lately()


def asked(request: HttpRequest) -> ScopeForm:
    """The form with what the address says, and the days of before where it says none."""
    scope = lately()
    values = {"first": scope.first.isoformat(), "last": scope.last.isoformat()}
    names = ScopeForm.base_fields
    return ScopeForm(values | {name: request.GET[name] for name in names if name in request.GET})


@admin.register(Report)
class ReportAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        export = path("<slug:name>.csv", view, name="insight_report_export")
        return [export, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The one page that there is."""
        self._check(request)
        form = asked(request)
        scope = form.scope()
        found, rows = report(scope), links.Links(request, scope)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Reports"),
            "form": form,
            "quick": [_quick(days, scope) for days in QUICK],
            "query": scope.query(),
            "cards": pages.cards(found, rows),
            "charts": list(
                zip(charts.charts(found), pages.behind_charts(found, rows), strict=True)
            ),
            "teams": pages.teams(found, rows),
            "is_empty": not found.total.chats and not found.total.handoffs,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/insight/report.html", context)

    def export_view(self, request: HttpRequest, name: str) -> HttpResponse:
        self._check(request)
        scope = asked(request).scope()
        try:
            rows = exports.table(report(scope), name)
        except KeyError as error:
            raise Http404 from error
        file = f"{name}-{scope.first}-{scope.last}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{file}"'}
        return HttpResponse(
            exports.written(rows), content_type="text/csv; charset=utf-8", headers=headers
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        """It has no table."""
        return Report.objects.none()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("insight.view_report")

    def _check(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def _quick(days: int, scope: Scope) -> dict[str, Any]:
    chosen = lately(days, site=scope.site, team=scope.team)
    return {
        "days": days,
        "query": chosen.query(),
        "is_chosen": (chosen.first, chosen.last) == (scope.first, scope.last),
    }
