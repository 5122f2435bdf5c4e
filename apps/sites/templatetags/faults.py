"""Above a form: `{% faults_of adminform inline_admin_formsets as found %}`."""

from collections.abc import Iterable
from typing import Any

from django import template

from apps.sites import faults

register = template.Library()


@register.simple_tag
def faults_of(adminform: Any, inlines: Iterable[Any] = ()) -> list[faults.Fault]:
    """What `admin/change_form.html` has at hand, as links to the fields."""
    return faults.of_forms(adminform.form, (inline.formset for inline in inlines or ()))
