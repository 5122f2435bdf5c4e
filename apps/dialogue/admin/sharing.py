"""Flows in and out: a file, and those that ship."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from apps.dialogue.admin.access import may_add, may_publish, may_read, on_several_sites
from apps.dialogue.flows import offered, services, sharing
from apps.dialogue.flows.specs import spec_of
from apps.dialogue.models import Flow
from apps.sites.admin.chosen import carried, site_initial
from apps.sites.models import Site

LIST = "admin:dialogue_flow_changelist"


class ImportForm(forms.Form):
    site = forms.ModelChoiceField(
        Site.objects.order_by("name"), label=_("Site"), widget=UnfoldAdminSelectWidget
    )
    file = forms.FileField(
        label=_("File"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("A JSON file that was exported here."),
    )


class Sharing:
    """Mixed into the admin of flows."""

    admin_site: Any
    get_changelist_instance: Any
    _shown: Callable[..., HttpResponse]

    def get_urls(self) -> list[URLPattern]:
        views = {
            "export": self.export_view,
            "import": self.import_view,
            "standard": self.standard_view,
        }
        pages = [
            path(f"{name}/", self.admin_site.admin_view(view), name=f"dialogue_flow_{name}")
            for name, view in views.items()
        ]
        return [*pages, *super().get_urls()]  # type: ignore[misc]  # the admin's, behind us

    @admin.action(permissions=["read"], description=_("Export"))
    def export_chosen(self, request: HttpRequest, flows: QuerySet[Flow]) -> HttpResponse:
        return _file(request, flows)

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """What the list shows: its search and filters are in the address."""
        if not may_read(request):
            raise PermissionDenied
        try:
            listed = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(f"{reverse(LIST)}?e=1")
        return _file(request, listed)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Stores every flow of a file as a draft, or none of them."""
        if not may_add(request):
            raise PermissionDenied
        sent = request.method == "POST"
        initial = site_initial(request)
        form = ImportForm(request.POST if sent else None, request.FILES or None, initial=initial)
        shown: dict[str, Any] = {"title": _("Import flows"), "form": form}
        if sent and form.is_valid():
            try:
                # One byte more than may be: a larger file is refused unread.
                file = sharing.read(form.cleaned_data["file"].read(sharing.MOST_BYTES + 1))
            except sharing.UnreadableError as error:
                form.add_error("file", str(error.args[0]))
            else:
                if not file.complaints:
                    return _stored(request, form.cleaned_data["site"], file)
                shown["complaints"] = file.complaints
        return self._shown(request, "import", shown)

    def standard_view(self, request: HttpRequest) -> HttpResponse:
        if not may_add(request):
            raise PermissionDenied
        if request.method == "POST":
            site = get_object_or_404(Site, pk=_number(request.POST.get("site", "")))
            return _added(request, site)
        sites = [
            {"site": site, "missing": _shown_missing(site)}
            for site in Site.objects.order_by("name")
        ]
        shown = {
            "title": _("Add the standard flows"),
            "sites": sites,
            "shipped": bool(services.standard_specs()),
            "may_publish": may_publish(request),
        }
        return self._shown(request, "standard", shown)


def _file(request: HttpRequest, flows: Iterable[Flow]) -> HttpResponse:
    rows = cast("QuerySet[Flow]", flows).order_by("site", "position", "pk")
    if said := on_several_sites(flow.key for flow in rows):
        messages.error(request, said)
        return HttpResponseRedirect(carried(reverse(LIST), request))
    specs = [spec_of(flow, list(flow.slots.all())) for flow in rows.prefetch_related("slots")]
    name = f"flows-{timezone.localdate().isoformat()}.json"
    return HttpResponse(
        sharing.dump(specs),
        content_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _stored(request: HttpRequest, site: Site, file: sharing.File) -> HttpResponse:
    same = sharing.same_as_stored(file.specs, site)
    specs = [spec for spec in file.specs if spec.key not in same]
    flows = services.save_drafts(site=site, specs=specs)
    if flows:
        text = ngettext(
            "%(count)d flow is stored as a draft. Look at it, then publish it: %(names)s.",
            "%(count)d flows are stored as drafts. Look at them, then publish them: %(names)s.",
            len(flows),
        )
        names = {"count": len(flows), "names": ", ".join(map(str, flows))}
        messages.success(request, text % names)
    if same:
        text = ngettext(
            "%(count)d flow is unchanged: it says what the site's says already.",
            "%(count)d flows are unchanged: they say what the site's say already.",
            len(same),
        )
        messages.info(request, text % {"count": len(same)})
    if lost := [
        str(flow)
        for flow in flows
        if not offered.can_run(flow.action, lookup=flow.lookup, site=site)
    ]:
        said = _("What is done at the end is not there on this site; choose it anew in: %s.")
        messages.warning(request, said % ", ".join(lost))
    return HttpResponseRedirect(reverse(LIST))


def _shown_missing(site: Site) -> list[dict[str, Any]]:
    return [
        {"names": spec.names.values(), "does": offered.title_of(spec.action)}
        for spec in services.missing_standard(site)
    ]


def _added(request: HttpRequest, site: Site) -> HttpResponse:
    if "publish" in request.POST and may_publish(request):
        added = services.add_standard_flows(site=site, by=cast("Any", request.user))
        text = ngettext(
            "%(count)d flow is added and published.",
            "%(count)d flows are added and published.",
            len(added),
        )
    else:
        added = services.add_drafts_of_standard(site=site)
        text = ngettext(
            "%(count)d flow is added as a draft. Look at it, then publish it.",
            "%(count)d flows are added as drafts. Look at them, then publish them.",
            len(added),
        )
    messages.success(request, text % {"count": len(added)})
    return HttpResponseRedirect(reverse(LIST))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0
