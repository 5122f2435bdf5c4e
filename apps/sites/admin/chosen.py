"""Which site a page begins with, before anybody has chosen one."""

from typing import Any

from django.http import HttpRequest, QueryDict
from unfold.admin import ModelAdmin

from apps.sites.models import Site

# How an address names a site: its own parameter, and the filters of a list.
NAMES = ("site", "site__id__exact", "site__exact", "site__pk__exact", "site__in")
# What Django keeps of a list in the address of a form.
FILTERS = "_changelist_filters"


def chosen_site(request: HttpRequest) -> Site | None:
    """The one that the address or the filter of the list names, else the only one."""
    filters = QueryDict(request.GET.get(FILTERS, ""))
    named = (query.get(name, "") for query in (request.GET, filters) for name in NAMES)
    sites = {str(site.pk): site for site in Site.objects.order_by("pk")}
    found = next((sites[key] for key in named if key in sites), None)
    return found or (next(iter(sites.values())) if len(sites) == 1 else None)


def site_initial(request: HttpRequest) -> dict[str, Any]:
    """Initial values of a form with a field `site`."""
    site = chosen_site(request)
    return {"site": site.pk} if site else {}


def carried(path: str, request: HttpRequest) -> str:
    """The path with what the address of now asks for."""
    asked = request.GET.urlencode()
    return f"{path}?{asked}" if asked else path


def with_filters(page: Any, request: HttpRequest) -> Any:
    """The page of a list, whose buttons know what the list shows."""
    for button in (getattr(page, "context_data", None) or {}).get("actions_list", []):
        for one in (button, *button.get("items", [])):
            if one.get("path"):
                one["path"] = carried(one["path"], request)
    return page


class BeginsWithSite(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    """Base of admins of what belongs to a site: a new row begins with the site that is known, and
    the buttons above the list know what the list shows."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_changeform_initial_data(request), **site_initial(request)}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        return with_filters(super().changelist_view(request, extra_context), request)
