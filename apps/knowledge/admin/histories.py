"""What entries were before: the history of one, and the latest changes of all."""

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from apps.knowledge.admin import compare
from apps.knowledge.admin.access import may_publish, may_read
from apps.knowledge.admin.columns import badge
from apps.knowledge.contents import Content
from apps.knowledge.models import Faq, FaqVersion
from apps.knowledge.services import restore

VERSIONS_SHOWN = 20
TOO_LATE = _("Somebody else has brought it back at the same moment. Look at how it stands now.")
TONES = {FaqVersion.Origin.DELETE: "danger", FaqVersion.Origin.RESTORE: "warning"}


class Histories:
    """Mixed into the admin of entries."""

    admin_site: Any
    opts: Any
    media: Any

    def get_urls(self) -> list[URLPattern]:
        changes = path(
            "changes/", self.admin_site.admin_view(self.changes_view), name="knowledge_faq_changes"
        )
        return [changes, *super().get_urls()]  # type: ignore[misc]  # the admin's, behind us

    @action(  # type: ignore[untyped-decorator]
        description=_("Latest changes"), icon="history", permissions=["read"]
    )
    def latest_changes(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:knowledge_faq_changes"))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The versions of one entry, deleted ones too; a POST restores the one it names."""
        if not may_read(request):
            raise PermissionDenied
        key = int(object_id) if object_id.isdecimal() and len(object_id) < 19 else 0
        faq = Faq.objects.filter(pk=key).first()
        versions = FaqVersion.objects.filter(faq_id=key)
        if faq is None and not versions.exists():
            raise Http404
        if request.method == "POST":
            return self._restore(request, faq, versions)
        title = faq or Content.from_json(versions[0].content).question
        shown = _told(_page(request, versions))
        return self._shown(
            request,
            "history",
            {
                "title": _("History: %s") % title,
                "faq": faq,
                "may_restore": _may(request, faq),
                **shown,
            },
        )

    def changes_view(self, request: HttpRequest) -> HttpResponse:
        if not may_read(request):
            raise PermissionDenied
        deleted = request.GET.get("only") == "deleted"
        changes = FaqVersion.objects.exclude(origin=FaqVersion.Origin.START)
        versions = changes.deletions() if deleted else changes
        shown = _told(_page(request, versions))
        there = Faq.objects.in_bulk([version.faq_id for version in shown["page"].object_list])
        for row in shown["changes"]:
            row["faq"] = there.get(row["version"].faq_id)
        title = _("Deleted entries") if deleted else _("Latest changes")
        return self._shown(request, "changes", {"title": title, "deleted": deleted, **shown})

    def _restore(
        self, request: HttpRequest, faq: Faq | None, versions: QuerySet[FaqVersion]
    ) -> HttpResponse:
        number = request.POST.get("version", "")
        is_number = number.isdecimal() and len(number) < 10
        version = versions.filter(number=int(number) if is_number else 0).first()
        try:
            back = _restored(request, faq, version)
        except IntegrityError:
            # One that was deleted comes back under its number, and somebody else was faster.
            messages.error(request, TOO_LATE)
            key = versions[0].faq_id
            return HttpResponseRedirect(reverse("admin:knowledge_faq_change", args=[key]))
        text = _("Version %(number)d is back.") if faq else _("The entry is back, as a draft.")
        messages.success(request, str(text) % {"number": int(number)})
        return HttpResponseRedirect(reverse("admin:knowledge_faq_change", args=[back.pk]))

    def _shown(self, request: HttpRequest, name: str, shown: dict[str, Any]) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            **shown,
        }
        return TemplateResponse(request, f"admin/knowledge/faq/{name}.html", context)


@transaction.atomic
def _restored(request: HttpRequest, faq: Faq | None, version: FaqVersion | None) -> Faq:
    # Held: an entry that goes live meanwhile is not for everyone to restore.
    held = faq and Faq.objects.select_for_update(no_key=True).filter(pk=faq.pk).first()
    if not _may(request, held):
        raise PermissionDenied
    if version is None:
        raise Http404
    return restore(version=version, author=cast("Any", request.user))


def _may(request: HttpRequest, faq: Faq | None) -> bool:
    """A live entry is restored by those who may publish; a deleted one comes back as a draft."""
    if faq is None:
        return request.user.has_perm("knowledge.add_faq")
    return request.user.has_perm("knowledge.change_faq") and (
        not faq.is_live or may_publish(request)
    )


def _page(request: HttpRequest, versions: QuerySet[FaqVersion]) -> Page[FaqVersion]:
    rows = versions.select_related("author", "proposed_by").order_by("-pk")
    return Paginator(rows, VERSIONS_SHOWN).get_page(request.GET.get("page"))


def _told(page: Page[FaqVersion]) -> dict[str, Any]:
    """Each version with what it changed in the one before."""
    versions = list(page.object_list)
    befores = FaqVersion.objects.none()
    for version in versions:
        befores |= FaqVersion.objects.filter(faq_id=version.faq_id, number=version.number - 1)
    before = {(row.faq_id, row.number): Content.from_json(row.content) for row in befores}
    names = compare.Names([*before.values(), *(Content.from_json(v.content) for v in versions)])
    newest: set[int] = set()
    changes = []
    for version in versions:
        after = Content.from_json(version.content)
        was = before.get((version.faq_id, version.number - 1))
        changes.append(
            {
                "version": version,
                "what": badge(version.get_origin_display(), _tone(version)),
                "content": after,
                "rows": compare.rows(was, after, names) if was else [],
                "is_first": was is None,
                "is_current": page.number == 1 and version.faq_id not in newest,
            }
        )
        newest.add(version.faq_id)
    return {"page": page, "changes": changes}


def _tone(version: FaqVersion) -> str:
    return TONES.get(FaqVersion.Origin(version.origin), "")
