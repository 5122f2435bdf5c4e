"""What an entry and its phrasings must be like before they are stored."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.knowledge.models import Faq, FaqVariant
from apps.sites.models import Site


class FaqForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripting fails at run time
    class Meta:
        model = Faq
        fields: list[str] = []  # the admin's fieldsets say which
        widgets = {"answer": UnfoldAdminTextareaWidget({"rows": 6})}

    def clean(self) -> dict[str, Any]:
        """Site, category, language and translation must fit together."""
        cleaned = super().clean() or self.cleaned_data
        if site := cleaned.get("site"):
            self._check_language(site, cleaned.get("language"))
            self._check_category(site)
            self._check_translation(site, cleaned.get("language"))
        return cleaned

    def _check_language(self, site: Site, language: str | None) -> None:
        if language and language not in site.languages:
            self.add_error(
                "language",
                _("The site “%(site)s” does not speak this language.") % {"site": site.name},
            )

    def _check_category(self, site: Site) -> None:
        category = self.cleaned_data.get("category")
        if category and category.site_id != site.pk:
            self.add_error(
                "category",
                _("This category belongs to the site “%(site)s”.") % {"site": category.site.name},
            )

    def _check_translation(self, site: Site, language: str | None) -> None:
        original = self.cleaned_data.get("translation_of")
        if not original:
            return
        if original.pk == self.instance.pk:
            self.add_error("translation_of", _("An entry cannot be its own translation."))
        elif original.site_id != site.pk:
            self.add_error(
                "translation_of",
                _("That entry belongs to the site “%(site)s”.") % {"site": original.site.name},
            )
        elif original.language == language:
            self.add_error("translation_of", _("That entry is in the same language."))


class VariantForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripting fails at run time
    class Meta:
        model = FaqVariant
        fields = ["text"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].required = False


class VariantFormSet(PaginationInlineFormSet):  # type: ignore[misc]  # Unfold ships no types
    """Rows left blank are no rows, and a stored row that was emptied goes."""

    def _should_delete_form(self, form: "forms.ModelForm[FaqVariant]") -> bool:
        is_blank = not form.errors and not form.cleaned_data.get("text")
        return is_blank or bool(super()._should_delete_form(form))

    def validate_unique(self) -> None:
        """Says on the second row which phrasing stands there already."""
        seen: set[str] = set()
        for form in self.forms:
            text = getattr(form, "cleaned_data", {}).get("text")
            if not text or self._should_delete_form(form):
                continue
            if text.casefold() in seen:
                form.add_error("text", _("“%(text)s” stands here twice.") % {"text": text})
            seen.add(text.casefold())
