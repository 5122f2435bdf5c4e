"""Phrases that staff add to the lists that ship."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from apps.dialogue.admin.access import only_site
from apps.dialogue.flows.services import books_changed
from apps.dialogue.models import Phrase


class PhraseForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripting fails at run time
    class Meta:
        model = Phrase
        fields: list[str] = []  # the admin's say which
        help_texts = {
            "text": _("A whole line, as visitors write it. It counts only when they write no more.")
        }

    def clean_text(self) -> str:
        """One spelling: what is compared has no blanks or capitals."""
        text = " ".join(self.cleaned_data["text"].split())
        site = self.cleaned_data.get("site") or getattr(self.instance, "site", None)
        others = Phrase.objects.exclude(pk=self.instance.pk).filter(site=site)
        if site and (same := others.filter(text__iexact=text).first()):
            said = _("The site has this phrase already, for: %s")
            raise forms.ValidationError(said % same.get_kind_display())
        return text


@admin.register(Phrase)
class PhraseAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    form = PhraseForm
    list_display = ["text", "kind", "language", "site"]
    list_filter = ["kind", "language", "site"]
    list_select_related = ["site"]
    search_fields = ["text"]
    fields = ["site", ("kind", "language"), "text"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {**only_site(), **super().get_changeform_initial_data(request)}

    def save_model(
        self,
        request: HttpRequest,
        obj: Phrase,
        form: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        super().save_model(request, obj, form, change)
        books_changed(site_ids={obj.site_id, form.initial.get("site") or obj.site_id})

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Phrase) -> None:
        super().delete_model(request, obj)
        books_changed(site_ids=[obj.site_id])

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Phrase]) -> None:
        sites = set(queryset.values_list("site", flat=True))
        super().delete_queryset(request, queryset)
        books_changed(site_ids=sites)
