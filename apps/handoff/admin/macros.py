"""Ready-made answers. What nothing would fill in is refused where it stands."""

import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.handoff.admin.skills import Flows
from apps.handoff.models import Macro
from apps.handoff.texts import LONGEST_ANSWER

FILLED = {
    "visitor.name": _("the visitor's name"),
    "operator.name": _("the operator's name"),
    "site.name": _("the site's name"),
}
IN_BRACES = re.compile(r"\{([^{}\n]*)\}")
UNKNOWN = _("Line %(line)d, character %(place)d: nothing fills in {%(name)s}. Known are %(known)s.")
TEXTS = ("text_zh", "text_en")


def unknown(text: str, known: set[str]) -> Iterator[tuple[str, int, int]]:
    """Names in braces that are none of those known, each with its line and its character there,
    both from 1."""
    for number, line in enumerate(text.splitlines(), 1):
        for found in IN_BRACES.finditer(line):
            if found[1] not in known:
                yield found[1], number, found.start() + 1


class MacroForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripting fails at run time
    class Meta:
        model = Macro
        fields: list[str] = []  # the admin's fieldsets say which
        widgets = {name: UnfoldAdminTextareaWidget({"rows": 6}) for name in TEXTS}

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for name in TEXTS:
            if name in self.fields:
                self.fields[name].max_length = LONGEST_ANSWER  # type: ignore[attr-defined]  # stubs know no field by its name
        if field := self.fields.get("shortcut"):
            field.help_text = _("Operators type “/” and this. Letters, digits and hyphens.")
        if field := self.fields.get("name_en"):
            field.help_text = _("What it is found by in English as well.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        known, texts = variables(), {name: cleaned.get(name) or "" for name in TEXTS}
        for name, text in texts.items():
            if len(text) > LONGEST_ANSWER:
                self.add_error(name, _("At most %(most)d characters.") % {"most": LONGEST_ANSWER})
            for error in _unknown(text, known):
                self.add_error(name, error)
        if not any(text.strip() for text in texts.values()):
            self.add_error(TEXTS[0], _("Write the text in one language at least."))
        return cleaned


def variables() -> dict[str, str]:
    """What can be filled in, with what it is; details of flows after those that are always there."""
    return {name: str(what) for name, what in FILLED.items()} | dict(Flows.slots())


def _unknown(text: str, known: dict[str, str]) -> Iterator[str]:
    names = pgettext("between words of a list", ", ").join(f"{{{name}}}" for name in known)
    for name, line, place in unknown(text, set(known)):
        yield str(UNKNOWN) % {"line": line, "place": place, "name": name, "known": names}


@admin.register(Macro)
class MacroAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    form = MacroForm
    list_display = ["entry", "shortcut_shown", "team_shown", "uses", "active"]
    list_filter = ["active", "team"]
    search_fields = ["name", "name_en", "shortcut", "text_zh", "text_en"]
    search_help_text = _("A name, a shortcut, or words of the text")
    ordering = ["-uses", "name"]
    readonly_fields = ["uses"]
    change_form_before_template = "admin/handoff/macro.html"
    fieldsets = [
        (None, {"fields": ["name", "name_en", "shortcut"]}),
        (_("Text"), {"fields": ["text_zh", "text_en"]}),
        (_("Who has it"), {"fields": ["team", "active", "uses"]}),
    ]

    class Media:
        css = {"all": ["admin/team.css"]}

    @display(description=_("macro"), ordering="name", header=True)  # type: ignore[untyped-decorator]
    def entry(self, macro: Macro) -> list[str]:
        return [macro.name, Truncator(macro.text_zh or macro.text_en).chars(100)]

    @display(description=_("shortcut"), ordering="shortcut")  # type: ignore[untyped-decorator]
    def shortcut_shown(self, macro: Macro) -> str:
        return f"/{macro.shortcut}" if macro.shortcut else "–"

    @display(description=_("team"), ordering="team")  # type: ignore[untyped-decorator]
    def team_shown(self, macro: Macro) -> str:
        return str(macro.team or _("All"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Macro]:
        rows: QuerySet[Macro] = super().get_queryset(request)
        return rows.select_related("team")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        context = {**context, "variables": variables()}
        return super().render_change_form(request, context, *args, **kwargs)
