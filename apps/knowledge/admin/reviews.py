"""The reviewer's page: what would go live, beside what is live now."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.knowledge import similar
from apps.knowledge.admin import compare
from apps.knowledge.admin.access import may_read, may_review
from apps.knowledge.admin.columns import badges
from apps.knowledge.contents import PHRASINGS_AT_MOST, Content
from apps.knowledge.models import Faq, FaqVersion, Proposal
from apps.knowledge.services import ClashError, OutdatedError, publish, return_to_author, withdraw

FEW_PHRASINGS = 3
LIST = "admin:knowledge_faq_changelist"
CLASHES = {
    "dates": _("The end of validity must come after its start."),
    "phrasings": _(
        "With what was published since, the entry would have more than %(limit)s phrasings. Return "
        "the change, or take some away from the live entry."
    ),
}


class Reviews:
    """Mixed into the admin of entries."""

    admin_site: Any
    _shown: Callable[..., HttpResponse]

    def get_urls(self) -> list[URLPattern]:
        review = path(
            "<int:key>/review/",
            self.admin_site.admin_view(self.review_view),
            name="knowledge_faq_review",
        )
        return [review, *super().get_urls()]  # type: ignore[misc]  # the admin's, behind us

    def review_view(self, request: HttpRequest, key: int) -> HttpResponse:
        if not may_read(request):
            raise PermissionDenied
        rows = Faq.objects.select_related("proposal__author", "site", "category", "owner")
        faq = get_object_or_404(rows, pk=key)
        if request.method == "POST":
            return self._act(request, faq)
        return self._shown(request, "review", _context(request, faq))

    def _act(self, request: HttpRequest, faq: Faq) -> HttpResponse:
        author, seen = cast("Any", request.user), request.POST.get("seen", "")
        page = HttpResponseRedirect(request.path)
        if "withdraw" in request.POST:
            return _withdraw(request, faq, seen)
        if not may_review(request):
            raise PermissionDenied
        note = request.POST.get("note", "").strip()[:2000]
        try:
            if "publish" in request.POST:
                publish(entry=faq, seen=seen, author=author)
                messages.success(request, _("Published. Searchable within 5 seconds."))
            elif not note:
                messages.error(request, _("Write a note first: what should be different?"))
                return page
            else:
                return_to_author(entry=faq, seen=seen, note=note, author=author)
                messages.success(request, _("Returned with your note."))
        except ClashError as clash:
            messages.error(request, str(CLASHES[str(clash)]) % {"limit": PHRASINGS_AT_MOST})
            return page
        except OutdatedError:
            return _outdated(request, faq)
        return HttpResponseRedirect(f"{reverse(LIST)}?review=waiting")


def _withdraw(request: HttpRequest, faq: Faq, seen: str) -> HttpResponse:
    with transaction.atomic():
        # Held: another may put a change of their own in its place meanwhile.
        Faq.objects.select_for_update(no_key=True).filter(pk=faq.pk).first()
        proposal = Proposal.objects.filter(faq=faq.pk).first()
        if not request.user.has_perm("knowledge.change_faq"):
            raise PermissionDenied
        if proposal and not _may_withdraw(request, proposal):
            raise PermissionDenied
        try:
            dropped = withdraw(entry=faq, seen=seen)
        except OutdatedError:
            dropped = False
    if not dropped:
        return _outdated(request, faq)
    messages.success(request, _("The change is dropped. The live entry stays as it is."))
    return HttpResponseRedirect(reverse("admin:knowledge_faq_change", args=[faq.pk]))


def _may_withdraw(request: HttpRequest, proposal: Proposal) -> bool:
    """Its author takes a change back; a reviewer may as well."""
    return proposal.author_id == request.user.pk or may_review(request)


def _outdated(request: HttpRequest, faq: Faq) -> HttpResponse:
    messages.error(request, _("It was changed while you were reading. Look again."))
    is_there = Faq.objects.filter(pk=faq.pk).exists()
    return HttpResponseRedirect(request.path if is_there else reverse(LIST))


def _context(request: HttpRequest, faq: Faq) -> dict[str, Any]:
    proposal = getattr(faq, "proposal", None)
    stored = Content.stored(faq)
    content, before = _sides(faq, stored, proposal)
    near = similar.similar(
        site_id=faq.site_id,
        language=faq.language,
        texts=[content.question, *content.phrasings],
        besides=faq.pk,
    )
    waiting = proposal.waiting if proposal else faq.status == Faq.Status.REVIEW
    return {
        "title": _("Review: %s") % content.question,
        "faq": faq,
        "standing": badges(faq),
        "proposal": proposal,
        "content": content,
        "is_new": before is None,
        "rows": compare.rows(before, content) if before else [],
        "clashes": _clashes(stored, content, proposal),
        "similar": near,
        "remarks": _remarks(content, near),
        "seen": faq.stamp(),
        "may_act": may_review(request) and (waiting or (not proposal and not faq.is_live)),
        "may_withdraw": proposal and _may_withdraw(request, proposal),
    }


def _sides(faq: Faq, stored: Content, proposal: Proposal | None) -> tuple[Content, Content | None]:
    """What would go live, and what visitors were told last; None when they never were."""
    if proposal:
        base = Content.from_json(proposal.base)
        return Content.from_json(proposal.content).over(stored, base), stored
    last = FaqVersion.objects.filter(faq=faq).once_live().first()
    return stored, Content.from_json(last.content) if last else None


def _clashes(stored: Content, content: Content, proposal: Proposal | None) -> list[Any]:
    """Fields that were published otherwise since the change was begun: it would replace them."""
    if not proposal:
        return []
    base, wish = Content.from_json(proposal.base), Content.from_json(proposal.content)
    moved = set(wish.changed_from(base)) & set(stored.changed_from(base)) - {"phrasings"}
    return [compare.label(name) for name in content.changed_from(stored) if name in moved]


def _remarks(content: Content, near: list[similar.Similar]) -> list[Any]:
    """What a reviewer should look at before publishing."""
    now = timezone.now().isoformat()
    checks = [
        (
            any(one.is_same and one.faq.is_live for one in near),
            _("A live entry is asked with the very same words: the bot could not tell them apart."),
        ),
        (
            len(content.phrasings) < FEW_PHRASINGS,
            _("Fewer than 3 phrasings: visitors who ask in other words may not find it."),
        ),
        (content.category is None, _("It has no category.")),
        (
            bool(content.valid_until and content.valid_until <= now),
            _("Its validity has ended: it would answer nobody."),
        ),
        (
            content.high_risk,
            _("High risk: it answers only when the bot is sure, and goes to a person otherwise."),
        ),
    ]
    return [text for applies, text in checks if applies]
