"""The secret with which a site's own server signs: made here, shown once, and forgotten."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from apps.sites import signing
from apps.sites.models import IdentitySecret, Site


class SecretPages:
    """Mixed into the admin of sites. Nothing happens but by a form that says what will."""

    admin_site: Any
    has_change_permission: Callable[..., bool]
    log_change: Callable[..., Any]

    def get_urls(self) -> list[URLPattern]:
        views = {"new-secret": self.new_secret_view, "forget-secret": self.forget_secret_view}
        pages = [
            path(
                f"<int:key>/{name}/",
                self.admin_site.admin_view(view),
                name=f"sites_site_{name.replace('-', '_')}",
            )
            for name, view in views.items()
        ]
        return [*pages, *super().get_urls()]  # type: ignore[misc]  # the admin's, behind us

    def new_secret_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """The answer to the form is the only page that ever shows the secret."""
        site = self._changeable(request, key)
        context: dict[str, Any] = {"title": _("New secret for signed visitors")}
        if request.method == "POST":
            try:
                seen = request.POST.get("seen", "")
                context["secret"] = signing.make_secret(site=site, seen=seen)
            except signing.OutdatedError:
                return _changed_meanwhile(request)
            self.log_change(request, site, str(_("New secret for signed visitors.")))
        return self._page(request, site, "new_secret", context)

    def forget_secret_view(self, request: HttpRequest, key: int) -> HttpResponse:
        site = self._changeable(request, key)
        if request.method != "POST":
            title = _("Forget the previous secret")
            return self._page(request, site, "forget_secret", {"title": title})
        try:
            count = signing.forget_previous(site=site, seen=request.POST.get("seen", ""))
        except signing.OutdatedError:
            return _changed_meanwhile(request)
        if count:
            self.log_change(request, site, str(_("Previous secret forgotten.")))
            messages.success(request, _("The previous secret is not valid any more."))
        return HttpResponseRedirect(reverse("admin:sites_site_change", args=[site.pk]))

    def _changeable(self, request: HttpRequest, key: int) -> Site:
        site = get_object_or_404(Site, pk=key)
        if not self.has_change_permission(request, site):
            raise PermissionDenied
        return site

    def _page(
        self, request: HttpRequest, site: Site, name: str, context: dict[str, Any]
    ) -> HttpResponse:
        rows = _rows(site)
        context = {
            **self.admin_site.each_context(request),
            **context,
            "site_row": site,
            "current": rows[0] if rows else None,
            "previous": rows[1] if len(rows) > 1 else None,
        }
        # The admin's pages are kept by no cache.
        return TemplateResponse(request, f"admin/sites/{name}.html", context)


def secret_state(site: Site, *, may_change: bool) -> str:
    """Which secrets are valid, and what can be done; never what they are."""
    rows = [{"row": row, "opens": signing.can_be_read(row)} for row in _rows(site)]
    context = {"site": site, "rows": rows, "may_change": may_change}
    return render_to_string("admin/sites/secret_state.html", context)


def _rows(site: Site) -> list[IdentitySecret]:
    return list(signing.secrets_of(site))


def _changed_meanwhile(request: HttpRequest) -> HttpResponse:
    messages.error(request, _("The secrets were changed meanwhile. Look again."))
    return HttpResponseRedirect(request.path)
