"""Sites in the admin: who may embed the widget, how it greets, and the code to embed it."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminColorInputWidget,
    UnfoldAdminTextareaWidget,
)

from apps.sites.models import LANGUAGES, Site


class OriginsField(forms.CharField):
    """One origin a line, or with commas between them. Each bad one is named."""

    widget = UnfoldAdminTextareaWidget({"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        words = (super().to_python(value) or "").replace(",", "\n").split()
        return list(dict.fromkeys(word.rstrip("/").lower() for word in words))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(list(initial or []) != self.to_python(data))

    def run_validators(self, value: Any) -> None:
        errors = []
        for origin in value:
            try:
                super().run_validators(origin)
            except ValidationError as error:
                errors += [f"“{origin}”: {message}" for message in error.messages]
        if errors:
            raise ValidationError(errors)


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripting fails at run time
    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=LANGUAGES, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    allowed_pages = OriginsField(
        label=_("Pages that may embed the widget"),
        required=False,
        help_text=_("One origin a line, such as https://shop.example. Empty: no page may."),
        validators=Site._meta.get_field("allowed_pages").base_field.validators,
    )

    class Meta:
        model = Site
        fields = [
            "name",
            "name_zh_hans",
            "key",
            "is_active",
            "languages",
            "default_language",
            "allowed_pages",
            "greeting_en",
            "greeting_zh_hans",
            "accent",
        ]
        widgets = {
            "accent": UnfoldAdminColorInputWidget,
            "greeting_en": UnfoldAdminTextareaWidget({"rows": 3}),
            "greeting_zh_hans": UnfoldAdminTextareaWidget({"rows": 3}),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        default = cleaned.get("default_language")
        if default and "languages" in cleaned and default not in cleaned["languages"]:
            self.add_error("default_language", _("Tick this language above as well."))
        return cleaned


@admin.register(Site)
class SiteAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    form = SiteForm
    list_display = ["name", "key", "speaks", "is_active"]
    search_fields = ["name", "key"]
    readonly_fields = ["embed_code"]
    warn_unsaved_form = True
    fieldsets = [
        (None, {"fields": [("name", "name_zh_hans"), ("key", "is_active")]}),
        (_("Languages"), {"fields": ["languages", "default_language"]}),
        (_("Widget"), {"fields": ["greeting_en", "greeting_zh_hans", "accent", "allowed_pages"]}),
    ]
    embedding = (_("Embed it"), {"fields": ["embed_code"]})

    @display(description=_("languages"))  # type: ignore[untyped-decorator]
    def speaks(self, site: Site) -> str:
        names = dict(LANGUAGES)
        return ", ".join(str(names.get(language, language)) for language in site.languages)

    @display(description=_("code for your pages"))  # type: ignore[untyped-decorator]
    def embed_code(self, site: Site) -> str:
        return render_to_string(
            "admin/sites/embed.html", {"site": site, "address": settings.PUBLIC_URL}
        )

    def get_fieldsets(self, request: HttpRequest, obj: Site | None = None) -> list[Any]:
        return [*self.fieldsets, self.embedding] if obj else self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Site | None = None) -> list[str]:
        """The key stands in the pages that embed the widget: changing it would cut them off."""
        return ["embed_code", "key"] if obj else ["embed_code"]

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Site | None = None
    ) -> dict[str, list[str]]:
        return {} if obj else {"key": ["name"]}
