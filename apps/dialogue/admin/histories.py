"""Publishing a flow, and what it was before: versions, their differences, and the way back."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from apps.dialogue.admin import panels
from apps.dialogue.admin.access import may_change, may_publish, may_read
from apps.dialogue.flows import review
from apps.dialogue.flows.services import OutdatedError, publish, restore
from apps.dialogue.flows.specs import spec_of
from apps.dialogue.models import Flow, FlowVersion
from apps.engine.flows import FlowSpec
from apps.knowledge.difference import INSERTED, REMOVED, SAME, Piece

VERSIONS_SHOWN = 20
LONGEST_NOTE = 300
SOON = _("Version %d is published. Visitors meet it within 5 seconds; who is inside the flow "
         "finishes on the version they began with.")  # fmt: skip
_TAGS = {
    SAME: "{}",
    INSERTED: '<ins class="hd-ins">{}</ins>',
    REMOVED: '<del class="hd-del">{}</del>',
}


class Histories:
    """Mixed into the admin of flows."""

    admin_site: Any
    opts: Any
    media: Any
    log_change: Callable[..., Any]

    def get_urls(self) -> list[URLPattern]:
        page = path(
            "<int:key>/publish/",
            self.admin_site.admin_view(self.publish_view),
            name="dialogue_flow_publish",
        )
        return [page, *super().get_urls()]  # type: ignore[misc]  # the admin's, behind us

    def publish_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """What would change for visitors; a POST publishes it."""
        if not may_read(request):
            raise PermissionDenied
        flow = get_object_or_404(Flow.objects.select_related("site"), pk=key)
        shown = panels.context(request, flow)
        if request.method == "POST":
            if not may_publish(request):
                raise PermissionDenied
            return self._publish(request, flow, blocked=bool(shown["blocking"]))
        live = review.live_version(flow)
        moved = _between(_spec(live), _draft(flow))
        context = {
            **shown,
            "title": _("Publish: %s") % flow,
            "live": live,
            "moved": moved,
            "is_new": bool(moved or not live),
        }
        return self._shown(request, "publish", context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The versions of one flow, each with what it changed; a POST restores the one it names."""
        if not may_read(request):
            raise PermissionDenied
        key = int(object_id) if object_id.isdecimal() and len(object_id) < 19 else 0
        flow = get_object_or_404(Flow.objects.select_related("site"), pk=key)
        # Of the name: versions of a flow that had it before count as well.
        versions = FlowVersion.objects.filter(site_id=flow.site_id, key=flow.key)
        if request.method == "POST":
            return self._restore(request, flow, versions)
        rows = versions.select_related("author").order_by("-number")
        page = Paginator(rows, VERSIONS_SHOWN).get_page(request.GET.get("page"))
        context = {
            "title": _("Versions: %s") % flow,
            "flow": flow,
            "page": page,
            "changes": _changes(list(page.object_list), versions),
            "may_restore": may_change(request),
        }
        return self._shown(request, "history", context)

    def _publish(self, request: HttpRequest, flow: Flow, *, blocked: bool) -> HttpResponse:
        page = HttpResponseRedirect(request.path)
        seen = request.POST.get("seen", "")
        if blocked:
            messages.error(request, _("It cannot be published yet: see what is missing below."))
            return page
        try:
            version = publish(
                flow=flow,
                author=cast("Any", request.user),
                note=request.POST.get("note", "").replace("\0", "").strip()[:LONGEST_NOTE],
                seen=int(seen) if seen.isdecimal() and len(seen) < 10 else 0,
            )
        except OutdatedError:
            messages.error(request, _("It was changed while you were reading. Look again."))
            return page
        self.log_change(request, flow, str(_("Published version %d.")) % version.number)
        messages.success(request, str(SOON) % version.number)
        return HttpResponseRedirect(reverse("admin:dialogue_flow_change", args=[flow.pk]))

    def _restore(self, request: HttpRequest, flow: Flow, versions: Any) -> HttpResponse:
        if not may_change(request):
            raise PermissionDenied
        number = request.POST.get("version", "")
        is_number = number.isdecimal() and len(number) < 10
        version = versions.filter(number=int(number) if is_number else 0).first()
        if version is None:
            raise Http404
        try:
            restore(flow=flow, version=version)
        except ValidationError:
            messages.error(request, _("This version was made by another release: it is not read."))
            return HttpResponseRedirect(request.path)
        self.log_change(request, flow, str(_("Went back to version %d.")) % version.number)
        text = _("The draft now says what version %d said. Publish it, and visitors meet it again.")
        messages.success(request, str(text) % version.number)
        name = "publish" if may_publish(request) else "change"
        return HttpResponseRedirect(reverse(f"admin:dialogue_flow_{name}", args=[flow.pk]))

    def _shown(self, request: HttpRequest, name: str, shown: dict[str, Any]) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            **shown,
        }
        return TemplateResponse(request, f"admin/dialogue/flow/{name}.html", context)


def _changes(shown: list[FlowVersion], versions: Any) -> list[dict[str, Any]]:
    """Each version with what it changed in the one before."""
    earliest = min((version.number for version in shown), default=0)
    before = versions.filter(number__gte=earliest - 1, number__lte=earliest).order_by("-number")
    specs = {version.number: _spec(version) for version in (*shown, *before)}
    return [
        {
            "version": version,
            "is_live": version.retired_at is None,
            "is_first": version.number - 1 not in specs,
            "spec": specs[version.number],
            "moved": _between(specs.get(version.number - 1), specs[version.number]),
        }
        for version in shown
    ]


def _between(before: FlowSpec | None, after: FlowSpec | None) -> list[dict[str, Any]]:
    return _marked(review.moved(before, after)) if before and after else []


def _draft(flow: Flow) -> FlowSpec | None:
    """None for one that is no spec; what is missing says so."""
    try:
        return spec_of(flow, list(flow.slots.all()))
    except ValidationError:
        return None


def _spec(version: FlowVersion | None) -> FlowSpec | None:
    """None for what another release wrote."""
    try:
        return FlowSpec.model_validate(version.spec) if version else None
    except ValidationError:
        return None


def _marked(found: Sequence[review.Moved]) -> list[dict[str, Any]]:
    return [{"slot": one.slot, "title": one.title, "both": _pieces(one.pieces)} for one in found]


def _pieces(pieces: Sequence[Piece]) -> SafeString:
    """Inserted and removed stretches as `ins` and `del`, which are read out and styled."""
    return format_html_join("", "{}", ((format_html(_TAGS[p.kind], p.text),) for p in pieces))
