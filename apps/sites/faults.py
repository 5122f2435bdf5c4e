"""What is wrong with a form that was sent, each with the field where it stands."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

NAMED = _("%(about)s: %(text)s")


@dataclass(frozen=True, slots=True)
class Fault:
    """`target` is the id of an element of the page, "" for none; `about` names the row and the
    field, for where `text` does not stand at them."""

    target: str
    text: str
    about: str = ""

    def __str__(self) -> str:
        return str(NAMED % {"about": self.about, "text": self.text}) if self.about else self.text


def of_forms(form: Any, formsets: Iterable[Any] = ()) -> list[Fault]:
    """In the order of the page. Rows that are taken away need not be right."""
    found = list(_of_form(form))
    for formset in formsets:
        group = f"{formset.prefix}-group"
        found += [Fault(group, str(text)) for text in formset.non_form_errors()]
        for place, row in enumerate(formset.forms, 1):
            # `deleted_forms` knows of none while another row is wrong.
            if not (formset.can_delete and formset._should_delete_form(row)):
                found += _of_form(row, _title(row, place))
    return found


def _of_form(form: Any, before: str = "") -> Iterator[Fault]:
    first = next(iter(form.visible_fields()), None)
    for text in form.non_field_errors() if before else ():
        yield Fault(_id(first), str(text), before)
    for field in form:
        label = "" if field.is_hidden else capfirst(str(field.label))
        target = _id(first if field.is_hidden else field)
        about = " · ".join(filter(None, (before, label)))
        yield from (Fault(target, str(text), about) for text in field.errors)


def _id(field: Any) -> str:
    return (field.id_for_label or field.auto_id) if field else ""


def _title(row: Any, place: int) -> str:
    """What the row is called: as it was stored, else by its place."""
    return str(row.instance) if row.instance.pk else f"#{place}"
