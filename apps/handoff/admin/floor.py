"""The supervisors' page: who is on, what they have, what waits. It looks again by itself."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from apps.handoff.floor import floor
from apps.handoff.models import Operator, Presence

# How often an open page asks.
AGAIN_S = 10
BADGES = {
    Presence.State.AVAILABLE: "success",
    Presence.State.IDLE: "warning",
    Presence.State.AWAY: "warning",
    Presence.State.OFFLINE: "info",
}


class FloorPage:
    """Mixed into the admin of operators."""

    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.floor_view)
        return [path("floor/", page, name="handoff_floor"), *super().get_urls()]  # type: ignore[misc]  # the admin's, behind us

    def floor_view(self, request: HttpRequest) -> HttpResponse:
        """The page, or for the page itself only what changes on it."""
        if not may_supervise(request):
            raise PermissionDenied
        now = floor()
        context = {
            "floor": now,
            "available": now.count(Presence.State.AVAILABLE),
            "badges": BADGES,
            "is_set_up": Operator.objects.exists(),
            "may_add": request.user.has_perm("handoff.add_operator"),
            "may_open": request.user.has_perm("handoff.view_ticket"),
        }
        if "part" in request.GET:
            return TemplateResponse(request, "admin/handoff/floor_now.html", context)
        request.current_app = self.admin_site.name
        around = {
            **self.admin_site.each_context(request),
            "title": _("Who is on"),
            "again_s": AGAIN_S,
        }
        return TemplateResponse(request, "admin/handoff/floor.html", around | context)


def may_supervise(request: HttpRequest) -> bool:
    return request.user.has_perm("handoff.supervise")
