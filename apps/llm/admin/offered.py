"""Beside the field for a model's name: a button that asks the provider which ones it has."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.llm import offers
from apps.llm.admin.findings import SENTENCES
from apps.llm.findings import Code
from apps.llm.models import Provider

NOT_TOLD = _("The server does not tell which models it has. Write the name as its own pages do.")
# Sentences that speak of one model are none of a list.
OF_A_LIST: dict[str, str | Promise] = {
    Code.MISSING_MODEL: NOT_TOLD,
    Code.REFUSED: NOT_TOLD,
    Code.NO_STRUCTURE: NOT_TOLD,
    Code.TOO_SLOW: _("The server took too long. Write the name, or ask again."),
}
NONE = _("The server has no models yet.")
# In the place of a provider that is chosen later.
ANY = UUID(int=0)


@require_POST
def names_view(request: HttpRequest, key: UUID) -> JsonResponse:
    """`{"names": [...]}`, or `{"said": "..."}` for whoever has to write it by hand."""
    if not (request.user.has_perm("llm.add_model") or request.user.has_perm("llm.change_model")):
        raise PermissionDenied
    found = offers.names(provider=get_object_or_404(Provider, pk=key))
    if isinstance(found, list):
        return JsonResponse({"names": found} if found else {"said": str(NONE)})
    return JsonResponse({"said": str(OF_A_LIST.get(found.code, SENTENCES[found.code][0]))})


def asking_for_names() -> dict[str, Any]:
    """What the script of the page reads from the field."""
    return {
        "data-names": reverse("admin:llm_provider_names", args=[ANY]),
        "data-names-any": str(ANY),
        "data-names-ask": _("Ask the server"),
        "data-names-asking": _("Asking…"),
        "data-names-choose": _("Choose one, or go on typing to narrow them down."),
        "data-names-first": _("Choose the provider first."),
        "data-names-lost": _("Helpdesk does not answer. Try again."),
        "autocomplete": "off",
        "spellcheck": "false",
    }
