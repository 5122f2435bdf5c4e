"""What a site must be like before it is stored."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminColorInputWidget,
    UnfoldAdminTextareaWidget,
)

from apps.sites import colours
from apps.sites.models import (
    CHINESE,
    ENGLISH,
    LANGUAGES,
    MOST_QUICK_REPLIES,
    Algorithm,
    Ink,
    Site,
    both_languages,
    without_default_port,
)
from apps.sites.services import proposed_key
from apps.sites.signing import KeyFormatError, check_public_key

ADDRESS = re.compile(r"(https?://[^/?#]+)[/?#]", re.IGNORECASE)


class LinesField(forms.CharField):
    """A list, one value a line. Each bad value is named."""

    widget = UnfoldAdminTextareaWidget({"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = (super().to_python(value) or "").splitlines()
        return list(dict.fromkeys(filter(None, (" ".join(line.split()) for line in lines))))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(list(initial or []) != self.to_python(data))

    def run_validators(self, value: Any) -> None:
        errors = []
        for line in value:
            try:
                super().run_validators(line)
            except ValidationError as error:
                errors += [f"“{line}”: {message}" for message in error.messages]
        if errors:
            raise ValidationError(errors)


class OriginsField(LinesField):
    """One origin a line, or with commas or spaces between them. Of a page's address the origin
    counts."""

    def to_python(self, value: Any) -> Any:
        words = (forms.CharField.to_python(self, value) or "").replace(",", "\n").split()
        origins = (without_default_port(_origin(word).lower()) for word in words)
        return list(dict.fromkeys(origins))


def _origin(address: str) -> str:
    found = ADDRESS.match(address)
    return found[1] if found else address


class QuickRepliesField(LinesField):
    def __init__(self, **options: Any) -> None:
        validators = Site._meta.get_field("quick_replies_en").base_field.validators
        super().__init__(required=False, validators=validators, **options)

    def run_validators(self, value: Any) -> None:
        super().run_validators(value)
        if len(value) > MOST_QUICK_REPLIES:
            text = _("%(count)d lines are too many: at most %(most)d fit above the text box.")
            raise ValidationError(text % {"count": len(value), "most": MOST_QUICK_REPLIES})


PUBLIC_KEYS = ["identity_key", "identity_key_previous"]


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripting fails at run time
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=LANGUAGES,
        initial=both_languages,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    allowed_pages = OriginsField(
        label=_("Pages that may embed the widget"),
        required=False,
        help_text=_("One origin a line, such as https://shop.example. Empty: no page may."),
        validators=Site._meta.get_field("allowed_pages").base_field.validators,
    )
    quick_replies_en = QuickRepliesField(
        label=_("First questions (English)"),
        help_text=_("One a line, at most 4. Empty: the first entry of each category."),
    )
    quick_replies_zh_hans = QuickRepliesField(label=_("First questions (Chinese)"))

    class Meta:
        model = Site
        fields: list[str] = []  # the admin's fieldsets say which
        error_messages = {
            "key": {
                "invalid": _(
                    "Only the letters a to z, digits, hyphens and underscores may be in it."
                ),
                "unique": _("Another site has this key. Choose a different one."),
            }
        }
        widgets = {
            "accent": UnfoldAdminColorInputWidget,
            **{
                name: UnfoldAdminTextareaWidget({"rows": 3})
                for name in ["greeting_en", "greeting_zh_hans", "privacy_en", "privacy_zh_hans"]
            },
            **{
                name: UnfoldAdminTextareaWidget(
                    {"rows": 4, "spellcheck": "false", "autocomplete": "off"}
                )
                for name in PUBLIC_KEYS
            },
        }

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Of a stored site it cannot be changed, so it is no field.
        if "key" in self.fields:
            self.fields["key"].required = False
            self.fields["key"].help_text = _(
                "Stands in the embed code; it is no secret. It cannot be changed later. "
                "Left empty, it is made from the name."
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "key" in cleaned and not cleaned["key"]:
            cleaned["key"] = proposed_key(cleaned.get("name", ""))
        default = cleaned.get("default_language")
        if default and "languages" in cleaned and default not in cleaned["languages"]:
            self.add_error("default_language", _("Tick this language above as well."))
        self._check_contrast(cleaned.get("accent"), cleaned.get("ink"))
        self._check_consent(cleaned)
        self._check_public_keys(cleaned)
        return cleaned

    def _check_contrast(self, accent: str | None, ink: str | None) -> None:
        if not accent or not ink or ink == Ink.AUTO:
            return
        ratio = colours.contrast(accent, ink)
        if ratio < colours.ENOUGH:
            text = _(
                "%(ink)s text on %(accent)s has a contrast of %(ratio).1f to 1; 4.5 to 1 is needed "
                "to be readable. The nearest colour that has it is %(nearest)s."
            )
            values = {
                "ink": Ink(ink).label,
                "accent": accent,
                "ratio": ratio,
                "nearest": colours.nearest_readable(accent, ink),
            }
            self.add_error("accent", text % values)

    def _check_consent(self, cleaned: dict[str, Any]) -> None:
        """A visitor cannot agree to a notice that is not there in the language they read, and one
        that is there for some of them is there for all."""
        fields = {ENGLISH: "privacy_en", CHINESE: "privacy_zh_hans"}
        spoken = [fields[one] for one in cleaned.get("languages", []) if one in fields]
        is_written = any(cleaned.get(field) for field in spoken)
        for field in spoken:
            if cleaned.get(field):
                continue
            if cleaned.get("consent"):
                self.add_error(field, _("Write the notice that visitors shall agree to."))
            elif is_written:
                self.add_error(field, _("Write the notice in this language too, or in none: "
                                        "visitors who read it would see none."))  # fmt: skip

    def _check_public_keys(self, cleaned: dict[str, Any]) -> None:
        """Keys that a site does not use may stay, but no private one."""
        algorithm = cleaned.get("identity_algorithm", "")
        is_used = algorithm in {Algorithm.RS256, Algorithm.ES256}
        for field in PUBLIC_KEYS:
            pem = cleaned.get(field, "")
            if not pem or not (is_used or "PRIVATE" in pem):
                continue
            try:
                check_public_key(pem, algorithm)
            except KeyFormatError as error:
                self.add_error(field, str(error))
        if is_used and not cleaned.get("identity_key") and "identity_key" not in self.errors:
            self.add_error("identity_key", _("Put your public key here, or choose HS256."))
