"""What a draft must be like before it is stored. What only stops it from being published is told
beside the form."""

from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from apps.dialogue.flows import offered, review, specs
from apps.dialogue.flows.problems import Level, Problem, at
from apps.dialogue.models import Flow, Slot
from apps.engine.flows import FlowSpec, SlotKind
from apps.sites.faults import Fault
from apps.sites.models import CHINESE, ENGLISH

ROWS = {"description": 2, "examples": 8, "confirm": 3, "done": 3}
# Field of a spec to the column, or the start of the columns of both languages.
COLUMNS = {**specs.FLOW_TEXTS, **specs.SLOT_TEXTS}
NUMBERS = (*specs.BOUNDS, "longest")


class FlowForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripting fails at run time
    """`opened_on` is the revision that the form was opened on: another one was stored since."""

    opened_on = forms.IntegerField(required=False, widget=forms.HiddenInput)
    action = forms.ChoiceField(
        label=_("What is done"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("After the visitor's yes, once."),
    )

    class Meta:
        model = Flow
        fields: list[str] = []  # the admin's fieldsets say which
        widgets = {
            f"{name}_{column}": UnfoldAdminTextareaWidget({"rows": rows})
            for name, rows in ROWS.items()
            for column in specs.COLUMNS.values()
        }
        help_texts = {
            "examples_en": _("One a line: 5–20 ways in which visitors really say it."),
            "confirm_en": _("Above the card with what will be done. {order_id} stands for a slot."),
            "done_en": _("The shop's own answer comes first, where it has one."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        flow = kwargs.get("instance")
        if flow and flow.pk:
            kwargs["initial"] = {"opened_on": flow.revision, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        if "action" in self.fields:
            site = flow.site if flow and flow.pk else None
            stored = flow.action if flow else ""
            field: Any = self.fields["action"]
            field.choices = offered.choices(site, stored)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        opened = cleaned.get("opened_on")
        if self.instance.pk and opened is not None and opened != self.instance.revision:
            sent: Any = cast("QueryDict", self.data).copy()
            sent["opened_on"] = str(self.instance.revision)
            self.data = sent
            self.add_error(
                None,
                _(
                    "Somebody else saved this flow while you were editing it. Nothing you typed is "
                    "stored yet. Save again to put yours in the place of theirs."
                ),
            )
        return cleaned

    def clean_examples_en(self) -> str:
        return "\n".join(specs.lines(self.cleaned_data["examples_en"]))

    def clean_examples_zh_hans(self) -> str:
        return "\n".join(specs.lines(self.cleaned_data["examples_zh_hans"]))


class SlotForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripting fails at run time
    class Meta:
        model = Slot
        fields = [
            "position", "name", "kind", "required", "proof", "label_en", "label_zh_hans",
            "prompt_en", "prompt_zh_hans", "example_en", "example_zh_hans", "reask_en",
            "reask_zh_hans", "options", "patterns", "minimum", "maximum", "earliest_days",
            "latest_days", "longest", "reask_limit",
        ]  # fmt: skip
        widgets = {
            "patterns": UnfoldAdminTextareaWidget(
                {"rows": 2, "spellcheck": "false", "autocomplete": "off"}
            ),
            "options": UnfoldAdminTextareaWidget({"rows": 4, "spellcheck": "false"}),
            "position": forms.HiddenInput,
        }
        help_texts = {
            "name": _(
                "Such as “order_id”; texts name its value as {order_id}. A choice called “reason” and "
                "a text called “wanted” also hear what visitors say in their own words."
            ),
            "options": _(
                "One a line: value | Chinese | English | other words, with commas. An option of the "
                "value “other” takes whatever answer fits none of them."
            ),
            "patterns": _(
                "Regular expressions, one a line, 5 at most. Empty: the usual shapes of order "
                "numbers."
            ),
        }

    def clean(self) -> dict[str, Any]:
        """What belongs to another kind is not looked at, and not lost."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") == SlotKind.CHOICE:
            for problem in specs.read_options(cleaned.get("options", "")).problems:
                self.add_error("options", problem)
        return cleaned


class SlotFormSet(PaginationInlineFormSet):  # type: ignore[misc]  # Unfold ships no types
    """The slots in the order of their positions. `spec` is the whole draft once it is valid;
    `of_flow` says, by column, what is wrong with the flow's own fields once its slots are known."""

    spec: FlowSpec | None = None
    of_flow: dict[str, list[Any]]

    def clean(self) -> None:
        self.of_flow = {}
        super().clean()
        if any(form.errors for form in self.forms):
            return
        kept = self.kept()
        slots = [form.instance for form in kept]
        if not self.instance.key or not self.instance.site_id:
            return
        try:
            self.spec = specs.spec_of(self.instance, slots)
        except ValueError:
            # Its own fields tell why.
            return
        found = at(Level.SAVE, review.problems_of(self.spec, self.instance.site))
        self._add(found, kept)

    def is_valid(self) -> bool:
        return bool(super().is_valid() and not self.of_flow)

    def kept(self) -> list[forms.ModelForm]:  # type: ignore[type-arg]  # as above
        """The forms of slots that stay, in order."""
        used = [
            form
            for form in self.forms
            if (form.instance.pk or form.has_changed()) and form not in self.deleted_forms
        ]
        return sorted(used, key=lambda form: form.cleaned_data.get("position") or 0)

    def _add(self, found: list[Problem], kept: list[Any]) -> None:
        others = []
        for problem in found:
            column = column_of(problem)
            if problem.slot is not None and column in kept[problem.slot].fields:
                kept[problem.slot].add_error(column, problem.text)
            elif problem.slot is None and column in _columns(Flow):
                self.of_flow.setdefault(column, []).append(problem.text)
            else:
                others.append(told(problem))
        if others:
            raise forms.ValidationError(others)


def column_of(problem: Problem) -> str:
    """The column that a problem is about; of texts, the one in its language or the reader's."""
    start = COLUMNS.get(problem.field)
    if problem.slot is None and problem.field == "examples":
        start = "examples"
    if start is None:
        return problem.field
    own = CHINESE if (get_language() or "").startswith("zh") else ENGLISH
    return f"{start}_{specs.COLUMNS[problem.language or own]}"


def target_of(problem: Problem) -> str:
    """The id of the form's element that a problem of the stored draft is about."""
    if problem.field == "slots":
        return "slots-group"
    row = "" if problem.slot is None else f"slots-{problem.slot}-"
    return f"id_{row}{column_of(problem)}"


def told(problem: Problem) -> str:
    """The problem with the place it is about."""
    return str(Fault("", str(problem.text), about(problem)))


def about(problem: Problem) -> str:
    """The name of the field; "" for none."""
    column = column_of(problem)
    model = Flow if problem.slot is None else Slot
    if column in _columns(model):
        field = model._meta.get_field(column)
        name = str(getattr(field, "verbose_name", column))
        return f"{name[:1].upper()}{name[1:]}"
    return ""


def put_at_fields(form: Any, formset: SlotFormSet) -> None:
    """What only the whole draft tells stands at the flow's own fields."""
    for column, found in getattr(formset, "of_flow", {}).items():
        form.add_error(column if column in form.fields else None, found)


def _columns(model: type[Flow | Slot]) -> set[str]:
    return {field.name for field in model._meta.concrete_fields}
