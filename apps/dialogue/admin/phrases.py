"""Phrases that staff add to the lists that ship."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.dialogue.admin.listed import ListOfASite
from apps.dialogue.models import Phrase
from apps.knowledge.admin import languages
from apps.sites.admin.chosen import chosen_site


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
class PhraseAdmin(ListOfASite):
    form = PhraseForm
    list_display = ["text", "kind", "language", "site"]
    list_filter = ["kind", "language", "site"]
    list_select_related = ["site"]
    search_fields = ["text"]
    fields = ["site", ("kind", "language"), "text"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """In the language of who writes, where the site speaks it."""
        initial = super().get_changeform_initial_data(request)
        site, own = chosen_site(request), languages.of_staff()
        return {"language": own, **initial} if site is None or own in site.languages else initial
