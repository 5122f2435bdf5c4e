"""Skills as people tick them, and what apps above tell of flows."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from apps.sites.models import LANGUAGES

Names = Callable[[], Mapping[str, str]]


class Flows:
    """What the app of the flows knows: the names of flows by their keys, and of their details."""

    names: ClassVar[Names] = staticmethod(dict)
    slots: ClassVar[Names] = staticmethod(dict)


class TickedField(forms.MultipleChoiceField):
    """A JSON list as boxes; none ticked is all. What is stored and not offered any more stays on the
    page under its key, so that saving does not take it away."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, help_text=_("None ticked: all of them."), **options)

    def offer(self, known: Mapping[str, str], stored: list[str]) -> None:
        self.choices = [*known.items(), *((key, key) for key in stored if key not in known)]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return set(initial or []) != set(data or [])


class SkilledForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripting fails at run time
    """Of operators and teams."""

    languages = TickedField(label=_("Languages"))
    flows = TickedField(label=_("Flows"))

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        offered: dict[str, Mapping[str, str]] = {
            "languages": {key: str(name) for key, name in LANGUAGES},
            "flows": Flows.names(),
        }
        for name, known in offered.items():
            field = self.fields.get(name)
            if isinstance(field, TickedField):
                field.offer(known, getattr(self.instance, name) or [])
        if not Flows.names() and "flows" in self.fields:
            self.fields["flows"].help_text = _(
                "There are no flows yet: everybody sees to all of it."
            )
