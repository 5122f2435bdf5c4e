"""Sites in the admin: who may embed the widget, how it looks and greets, and the code for it."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.sites.admin.forms import SiteForm
from apps.sites.admin.secrets import SecretPages, secret_state
from apps.sites.models import LANGUAGES, Site

SHOWN = 20
THEME = (
    "accent",
    "ink",
    "scheme",
    "font",
    "radius",
    "side",
    "offset_inline",
    "offset_block",
)
LOOKS = _("What it looks like")
LATER = _("The preview comes beside these fields once the site is saved.")
SIGNED = _(
    "Your own server can sign who a visitor is, so that the team knows whom they talk to. "
    "Without it names and addresses are what visitors typed."
)


@admin.register(Site)
class SiteAdmin(SecretPages, ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    form = SiteForm
    list_display = ["called", "key", "speaks", "is_active"]
    search_fields = ["name", "name_zh_hans", "key"]
    readonly_fields = ["embed_code", "seen_on", "preview", "identity_secret", "identity_secrets"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    warn_unsaved_form = True
    fieldsets = [
        (None, {"fields": [("name", "name_zh_hans"), ("key", "is_active")]}),
        (_("Languages"), {"fields": ["languages", "default_language"]}),
        (
            _("What it says"),
            {
                "fields": [
                    ("greeting_en", "greeting_zh_hans"),
                    ("quick_replies_en", "quick_replies_zh_hans"),
                ]
            },
        ),
        (
            _("Privacy"),
            {"fields": [("privacy_en", "privacy_zh_hans"), "privacy_url", "consent"]},
        ),
        (_("Where it may be"), {"fields": ["allowed_pages"]}),
    ]

    class Media:
        js = ["admin/site.js"]
        css = {"all": ["admin/site.css"]}

    @display(description=_("name"), ordering="name")  # type: ignore[untyped-decorator]
    def called(self, site: Site) -> str:
        return str(site)

    @display(description=_("languages"))  # type: ignore[untyped-decorator]
    def speaks(self, site: Site) -> str:
        names = dict(LANGUAGES)
        return ", ".join(str(names.get(language, language)) for language in site.languages)

    @display(description=_("code for your pages"))  # type: ignore[untyped-decorator]
    def embed_code(self, site: Site) -> str:
        context = {"site": site, "theme": site.theme, "address": settings.PUBLIC_URL}
        return render_to_string("admin/sites/embed.html", context)

    @display(description=_("seen on"))  # type: ignore[untyped-decorator]
    def seen_on(self, site: Site) -> str:
        context = {"seen": site.seen_on()[:SHOWN], "strangers": site.strangers()[:SHOWN]}
        return render_to_string("admin/sites/seen.html", context)

    @display(description=_("secret for HS256"))  # type: ignore[untyped-decorator]
    def identity_secret(self, site: Site) -> str:
        return secret_state(site, may_change=False)

    @display(description=_("secret for HS256"))  # type: ignore[untyped-decorator]
    def identity_secrets(self, site: Site) -> str:
        """For those who may make and forget them."""
        return secret_state(site, may_change=True)

    @display(description=_("the widget, as it would be"))  # type: ignore[untyped-decorator]
    def preview(self, site: Site) -> str:
        return render_to_string("admin/sites/preview.html", {"site": site})

    def get_fieldsets(self, request: HttpRequest, obj: Site | None = None) -> list[Any]:
        if obj is None:
            return [*self.fieldsets, (LOOKS, {"fields": THEME, "description": LATER})]
        secret = "identity_secrets" if self.has_change_permission(request) else "identity_secret"
        fields = ["identity_algorithm", secret, ("identity_key", "identity_key_previous")]
        signed = (_("Signed visitors"), {"fields": fields, "description": SIGNED})
        looks = (LOOKS, {"fields": [*THEME, "preview"], "classes": ["hd-looks"]})
        embed = (_("Embed it"), {"fields": ["embed_code", "seen_on"]})
        return [*self.fieldsets, looks, signed, embed]

    def get_readonly_fields(self, request: HttpRequest, obj: Site | None = None) -> list[str]:
        """The key stands in the pages that embed the widget: changing it would cut them off."""
        return [*self.readonly_fields, "key"] if obj else self.readonly_fields

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Site | None = None
    ) -> dict[str, list[str]]:
        return {} if obj else {"key": ["name"]}
