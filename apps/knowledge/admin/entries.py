"""FAQ entries in the admin. What is live changes only by those who may publish; what others write
about it waits for them."""

from functools import partial
from typing import Any, cast

from django.contrib import admin, messages
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSplitDateTimeWidget

from apps.knowledge import similar
from apps.knowledge.admin import languages, meaning, panels, prefill
from apps.knowledge.admin.access import may_publish, may_read, may_touch
from apps.knowledge.admin.columns import Columns, with_site
from apps.knowledge.admin.exports import SheetsAdmin
from apps.knowledge.admin.filters import ReviewFilter, TranslationFilter, ValidityFilter
from apps.knowledge.admin.forms import FaqForm, MomentField
from apps.knowledge.admin.histories import Histories
from apps.knowledge.admin.listing import EntryList
from apps.knowledge.admin.reviews import Reviews
from apps.knowledge.admin.trials import Trials
from apps.knowledge.contents import Content, phrasings_of
from apps.knowledge.models import Faq, FaqVariant, IndexState
from apps.knowledge.services import delete_entries, propose, save_entry, set_status
from apps.sites.admin.chosen import chosen_site

SOON = _("Searchable within 5 seconds.")
KEPT = _("Your change waits for review. Until it is published, visitors get the live text.")


@admin.register(Faq)
class FaqAdmin(Columns, Histories, Reviews, Trials, SheetsAdmin):
    form = FaqForm
    list_display = ["entry", "state", "spoken", "category", "answered", "updated_at"]
    list_filter = [
        ReviewFilter,
        "status",
        "language",
        ValidityFilter,
        TranslationFilter,
        "category",
        "site",
        "high_risk",
        ("owner", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["site", "category", "translation_of", "proposal", "use"]
    list_per_page = 50
    list_before_template = "admin/knowledge/faq/index_state.html"
    change_form_outer_before_template = "admin/knowledge/faq/before.html"
    change_form_outer_after_template = "admin/knowledge/faq/beside.html"
    search_fields = ["question", "answer"]
    search_help_text = _("Words of the question, its phrasings or the answer")
    autocomplete_fields = ["translation_of"]
    formfield_overrides = {
        models.URLField: {"assume_scheme": "https"},
        models.DateTimeField: {
            "form_class": MomentField,
            "widget": UnfoldAdminSplitDateTimeWidget,
        },
    }
    actions = [
        "publish", "send_to_review", "back_to_draft", "chosen_as_csv", "chosen_as_xlsx",
    ]  # fmt: skip
    actions_list = ["try_it_out", "latest_changes", *SheetsAdmin.actions_list]
    actions_detail = ["copy_to_draft"]
    warn_unsaved_form = True
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("site", "language"), "question", "phrasings", "answer", "source_url",
                    "opened_on",
                ]
            },
        ),
        (_("Publishing"), {"fields": [("status", "owner"), "valid_from", "valid_until"]}),
        (_("Place and care"), {"fields": [("category", "translation_of"), "high_risk"]}),
    ]  # fmt: skip

    class Media:
        css = {"all": ["admin/knowledge.css"]}
        js = ["admin/trial.js"]

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

    def has_read_permission(self, request: HttpRequest) -> bool:
        return may_read(request)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return may_publish(request) and self.has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Faq | None = None) -> bool:
        return super().has_delete_permission(request, obj) and may_touch(request, obj)

    def phrasings(self, faq: Faq) -> str:
        """For those who may only read; others get the form's field of that name."""
        return format_html_join("\n", "{}<br>", ((text,) for text in phrasings_of(faq))) or "–"

    phrasings.short_description = _("Phrasings")  # type: ignore[attr-defined]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[EntryList]:
        return EntryList

    def get_list_display(self, request: HttpRequest) -> list[str]:
        return with_site(self.list_display)

    def get_fieldsets(self, request: HttpRequest, obj: Faq | None = None) -> Any:
        if obj is None or self.has_change_permission(request, obj):
            return self.fieldsets
        (title, first), *others = self.fieldsets
        return [(title, {"fields": [f for f in first["fields"] if f != "opened_on"]}), *others]

    def get_readonly_fields(self, request: HttpRequest, obj: Faq | None = None) -> list[str]:
        """A proposed change is about what the entry says."""
        proposes = obj is not None and not may_touch(request, obj)
        return ["site", "language", "status", "owner"] if proposes else []

    def get_form(
        self,
        request: HttpRequest,
        obj: Faq | None = None,
        change: bool = False,  # noqa: FBT001, FBT002
        **kwargs: Any,
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.proposes = not may_touch(request, obj)
        return form

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Faq | None:
        """A write holds the row: whether it is live must stay true until it is stored."""
        faq = super().get_object(request, object_id, from_field)
        if faq and request.method == "POST" and transaction.get_connection().in_atomic_block:
            return Faq.objects.select_for_update(no_key=True).filter(pk=faq.pk).first()
        return cast("Faq | None", faq)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Faq]:
        """The list asks of a source only whether it has moved on; its texts would be sorted too."""
        unread = ("question", "answer", "source_url", "review_note")
        rows: QuerySet[Faq] = super().get_queryset(request)
        return rows.defer(*(f"translation_of__{name}" for name in unread))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Faq], search_term: str
    ) -> tuple[QuerySet[Faq], bool]:
        """Every word in the question, the answer or one of the phrasings. Asked for as a join, the
        phrasings would cost a sort of all that match."""
        for word in search_term.split():
            phrased = FaqVariant.objects.filter(faq=OuterRef("pk"), text__icontains=word)
            said = Q(question__icontains=word) | Q(answer__icontains=word)
            queryset = queryset.filter(said | Exists(phrased))
        return queryset, False

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "status" and not may_publish(request):
            kwargs["choices"] = [c for c in Faq.Status.choices if c[0] != Faq.Status.LIVE]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        known = {"owner": request.user.pk, **prefill.place(chosen_site(request))}
        asked = super().get_changeform_initial_data(request)
        return {**known, **prefill.readable(asked), **prefill.fields(request)}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        rows = IndexState.objects.select_related("site__denseindex").order_by("site__name")
        indexes = list(rows.defer("body", "site__denseindex__body"))
        shown = {"indexes": indexes, **meaning.context(indexes)}
        page = super().changelist_view(request, {**shown, **(extra_context or {})})
        return cast("HttpResponse", page)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        shown = panels.context(request, kwargs.get("obj"), form)
        page = super().render_change_form(request, {**context, **shown}, *args, **kwargs)
        return cast("HttpResponse", page)

    def save_model(
        self,
        request: HttpRequest,
        obj: Faq,
        form: "ModelForm[Faq]",
        change: bool,  # noqa: FBT001
    ) -> None:
        author = cast("Any", request.user)
        texts = form.cleaned_data["phrasings"]
        if getattr(form, "proposes", False):
            propose(entry=obj, content=Content.of(obj, texts), author=author)
            return
        if not change and obj.owner is None:
            obj.owner = author
        save_entry(entry=obj, phrasings=texts, author=author)

    def save_related(
        self,
        request: HttpRequest,
        form: "ModelForm[Faq]",
        formsets: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        """The service has stored the phrasings; what is left is to tell about it."""
        faq = form.instance
        if not change:
            prefill.done(request)
        if getattr(form, "proposes", False):
            self.message_user(request, KEPT)
        elif faq.is_live:
            self.message_user(request, SOON)
        texts = form.cleaned_data["phrasings"]
        if doubt := languages.doubt(faq.language, [faq.question, *texts], faq.answer):
            self.message_user(request, doubt, messages.WARNING)
        # Once the entry is free again for others; a hint that fails is none of the save.
        warn = partial(self._warn_of_similar, request, faq, texts)
        transaction.on_commit(warn, robust=True)

    def response_change(self, request: HttpRequest, obj: Faq) -> HttpResponse:
        """A proposed change is not told as a stored one."""
        if may_touch(request, obj):
            return cast("HttpResponse", super().response_change(request, obj))
        if "_continue" in request.POST:
            return HttpResponseRedirect(request.path)
        return cast("HttpResponse", self.response_post_save_change(request, obj))

    def delete_model(self, request: HttpRequest, obj: Faq) -> None:
        delete_entries(entries=[obj], author=cast("Any", request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Faq]) -> None:
        delete_entries(entries=queryset, author=cast("Any", request.user))

    def _warn_of_similar(self, request: HttpRequest, faq: Faq, texts: tuple[str, ...]) -> None:
        near = similar.similar(
            site_id=faq.site_id,
            language=faq.language,
            texts=[faq.question, *texts],
            besides=faq.pk,
            limit=3,
        )
        if near:
            links = format_html_join(
                " · ",
                '<a class="text-link" href="{}">{}</a>',
                ((reverse("admin:knowledge_faq_change", args=[n.faq.pk]), n.faq) for n in near),
            )
            text = str(_("Other entries are asked in much the same words: {links}"))
            self.message_user(request, format_html(text, links=links), messages.WARNING)

    def _move(self, request: HttpRequest, entries: QuerySet[Faq], status: Faq.Status) -> None:
        """Moves those that this user may move, and says how many stayed where they are."""
        with transaction.atomic():
            chosen = Faq.objects.filter(pk__in=entries.values("pk")).order_by("pk")
            rows = list(chosen.select_for_update(no_key=True))
            ours = [faq for faq in rows if may_touch(request, faq)]
            moved = [faq for faq in ours if faq.status != status]
            set_status(entries=moved, status=status, author=cast("Any", request.user))
            for faq in moved:
                # In this form it is shown in the language of whoever reads it.
                self.log_change(request, faq, [{"changed": {"fields": ["status"]}}])
        self.message_user(request, _told(moved, status))
        if kept := len(rows) - len(ours):
            text = ngettext(
                "%(count)d live entry was left as it is: you may not publish.",
                "%(count)d live entries were left as they are: you may not publish.",
                kept,
            )
            self.message_user(request, text % {"count": kept}, messages.WARNING)


def _told(moved: list[Faq], status: Faq.Status) -> str:
    text = ngettext(
        "%(count)d entry is now: %(status)s.", "%(count)d entries are now: %(status)s.", len(moved)
    ) % {"count": len(moved), "status": status.label}
    return f"{text} {SOON}" if moved and status == Faq.Status.LIVE else text
