"""FAQ entries in the admin. What is live changes only by those who may publish."""

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin, messages
from django.db import models, transaction
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display

from apps.knowledge.admin import prefill
from apps.knowledge.admin.forms import FaqForm, VariantForm, VariantFormSet
from apps.knowledge.models import Faq, FaqVariant, IndexState
from apps.knowledge.services import knowledge_changed, set_status
from apps.sites.models import Site

BADGES = {Faq.Status.DRAFT: "", Faq.Status.REVIEW: "warning", Faq.Status.LIVE: "success"}
SOON = _("Searchable within 5 seconds.")


class VariantInline(TabularInline):  # type: ignore[misc]  # Unfold ships no types
    """Its permissions are those of the entry; where that is read-only, Django makes this so."""

    model = FaqVariant
    form = VariantForm
    formset = VariantFormSet
    fields = ["text"]
    hide_title = True
    template_before = "admin/knowledge/faq/variants_hint.html"

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 1 if obj else max(5, len(prefill.variants(request)) + 1)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return any(
            request.user.has_perm(f"knowledge.{verb}_faq") for verb in ("view", "change", "add")
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(f"knowledge.{'change' if obj else 'add'}_faq")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("knowledge.change_faq")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request, obj)


@admin.register(Faq)
class FaqAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    form = FaqForm
    inlines = [VariantInline]
    list_display = ["entry", "state", "language", "category", "updated_at"]
    list_filter = [
        "status",
        "language",
        "category",
        "site",
        "high_risk",
        ("owner", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["category", "site"]
    list_per_page = 50
    list_before_template = "admin/knowledge/faq/index_state.html"
    change_form_outer_before_template = "admin/knowledge/faq/locked.html"
    search_fields = ["question", "answer", "variants__text"]
    autocomplete_fields = ["translation_of"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    actions = ["publish", "send_to_review", "back_to_draft"]
    actions_detail = ["copy_to_draft"]
    warn_unsaved_form = True
    fieldsets = [
        (None, {"fields": [("site", "language"), "question", "answer", "source_url"]}),
        (_("Publishing"), {"fields": [("status", "owner"), "valid_from", "valid_until"]}),
        (_("Place and care"), {"fields": [("category", "translation_of"), "high_risk"]}),
    ]

    @display(description=_("entry"), ordering="question", header=True)  # type: ignore[untyped-decorator]
    def entry(self, faq: Faq) -> list[str]:
        return [faq.question, Truncator(" ".join(faq.answer.split())).chars(120)]

    @display(description=_("status"), ordering="status", label=BADGES)  # type: ignore[untyped-decorator]
    def state(self, faq: Faq) -> tuple[str, str]:
        return faq.status, faq.get_status_display()

    @admin.action(permissions=["publish"], description=_("Publish"))
    def publish(self, request: HttpRequest, entries: QuerySet[Faq]) -> None:
        self._move(request, entries, Faq.Status.LIVE)

    @admin.action(permissions=["change"], description=_("Send to review"))
    def send_to_review(self, request: HttpRequest, entries: QuerySet[Faq]) -> None:
        self._move(request, entries, Faq.Status.REVIEW)

    @admin.action(permissions=["change"], description=_("Back to draft"))
    def back_to_draft(self, request: HttpRequest, entries: QuerySet[Faq]) -> None:
        self._move(request, entries, Faq.Status.DRAFT)

    @action(  # type: ignore[untyped-decorator]
        description=_("Copy to a draft"), icon="content_copy", permissions=["copy"]
    )
    def copy_to_draft(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse('admin:knowledge_faq_add')}?copy_of={object_id}")

    def has_copy_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        # Named with a dot, the permission would be looked up in the database by Unfold's checks,
        # which fails before the first migration.
        return request.user.has_perm("knowledge.add_faq")

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return may_publish(request) and self.has_change_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Faq | None = None) -> bool:
        return super().has_change_permission(request, obj) and may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Faq | None = None) -> bool:
        return super().has_delete_permission(request, obj) and may_touch(request, obj)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Faq | None:
        """A write holds the row: whether it is live must stay true until it is stored."""
        faq = super().get_object(request, object_id, from_field)
        if faq and request.method == "POST" and transaction.get_connection().in_atomic_block:
            return Faq.objects.select_for_update(no_key=True).filter(pk=faq.pk).first()
        return cast("Faq | None", faq)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "status" and not may_publish(request):
            kwargs["choices"] = [c for c in Faq.Status.choices if c[0] != Faq.Status.LIVE]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        sites = list(Site.objects.values_list("pk", flat=True)[:2])
        known = {"owner": request.user.pk, **({"site": sites[0]} if len(sites) == 1 else {})}
        asked = super().get_changeform_initial_data(request)
        return {**known, **asked, **prefill.fields(request)}

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Faq, inline: VariantInline, prefix: str
    ) -> dict[str, Any]:
        found: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if request.method == "GET" and (texts := prefill.variants(request)):
            found["initial"] = [{"text": text} for text in texts]
        return found

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        states = IndexState.objects.select_related("site").defer("body").order_by("site__name")
        page = super().changelist_view(request, {"indexes": states, **(extra_context or {})})
        return cast("HttpResponse", page)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        faq = kwargs.get("obj")
        wishes = request.user.has_perm("knowledge.change_faq") and not may_touch(request, faq)
        page = super().render_change_form(request, {**context, "locked": wishes}, *args, **kwargs)
        return cast("HttpResponse", page)

    def save_model(
        self,
        request: HttpRequest,
        obj: Faq,
        form: "ModelForm[Faq]",
        change: bool,  # noqa: FBT001
    ) -> None:
        if not change and obj.owner is None:
            obj.owner = cast("Any", request.user)
        super().save_model(request, obj, form, change)

    def save_related(
        self,
        request: HttpRequest,
        form: "ModelForm[Faq]",
        formsets: "Iterable[BaseInlineFormSet[FaqVariant, Faq, Any]]",
        change: bool,  # noqa: FBT001
    ) -> None:
        super().save_related(request, form, formsets, change)
        faq = form.instance
        knowledge_changed(site_ids=[faq.site_id, form.initial.get("site") or faq.site_id])
        if not change:
            prefill.done(request)
        if faq.is_live:
            self.message_user(request, SOON)

    def delete_model(self, request: HttpRequest, obj: Faq) -> None:
        super().delete_model(request, obj)
        knowledge_changed(site_ids=[obj.site_id])

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Faq]) -> None:
        sites = set(queryset.order_by().values_list("site_id", flat=True))
        super().delete_queryset(request, queryset)
        knowledge_changed(site_ids=sites)

    def _move(self, request: HttpRequest, entries: QuerySet[Faq], status: Faq.Status) -> None:
        """Moves those that this user may move, and says how many stayed where they are."""
        with transaction.atomic():
            chosen = Faq.objects.filter(pk__in=entries.values("pk")).order_by("pk")
            rows = list(chosen.select_for_update(no_key=True))
            ours = [faq for faq in rows if may_touch(request, faq)]
            moved = [faq for faq in ours if faq.status != status]
            set_status(entries=moved, status=status)
            for faq in moved:
                self.log_change(request, faq, f"{faq.get_status_display()} → {status.label}")
        self.message_user(request, _told(moved, status))
        if kept := len(rows) - len(ours):
            text = ngettext(
                "%(count)d live entry was left as it is: you may not publish.",
                "%(count)d live entries were left as they are: you may not publish.",
                kept,
            )
            self.message_user(request, text % {"count": kept}, messages.WARNING)


def may_publish(request: HttpRequest) -> bool:
    return request.user.has_perm("knowledge.publish_faq")


def may_touch(request: HttpRequest, faq: Faq | None) -> bool:
    """Whether the entry is not live, or the user may change what is live."""
    return faq is None or not faq.is_live or may_publish(request)


def _told(moved: list[Faq], status: Faq.Status) -> str:
    text = ngettext(
        "%(count)d entry is now: %(status)s.", "%(count)d entries are now: %(status)s.", len(moved)
    ) % {"count": len(moved), "status": status.label}
    return f"{text} {SOON}" if moved and status == Faq.Status.LIVE else text
