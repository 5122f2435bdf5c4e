"""The admin site, in Unfold's look. What it shows around the lists is in `overview.py`."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import sites
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite


class HelpdeskAdminSite(UnfoldAdminSite):  # type: ignore[misc]  # Unfold ships no types
    index_title = _("Overview")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **super().each_context(request),
            "templates": {"navigation": "admin/navigation.html"},
        }


class HelpdeskAdminConfig(AdminConfig):
    default_site = "helpdesk.admin.HelpdeskAdminSite"

    def ready(self) -> None:
        # Unfold's own ready() has put a plain site of its own in place, past `default_site`.
        admin.site = sites.site = HelpdeskAdminSite()
        super().ready()
        # After django.contrib.auth has registered its own: people.py replaces them.
        autodiscover_modules("people")
