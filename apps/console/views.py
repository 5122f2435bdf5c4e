"""The console's page. All that is in it comes over its socket."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.console import crew
from apps.console.people import WORK
from apps.console.words import page_words

# Shows text of strangers to people with a login: nothing runs or loads but our own files.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' blob:; media-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
SOCKET = "/ws/console/"


@require_safe
@never_cache
@permission_required(WORK, raise_exception=True)
def page(request: HttpRequest) -> HttpResponse:
    context = {"words": page_words(get_language() or settings.LANGUAGE_CODE), "setup": setup()}
    response = render(request, "console/page.html", context)
    response["Content-Security-Policy"] = POLICY
    return response


def setup() -> dict[str, Any]:
    """What the page's script has to know before it has heard anything."""
    return {
        "socket": SOCKET,
        "attachments": "",
        "admin": reverse("admin:index"),
        "language": get_language(),
        "limits": crew.limits(),
    }
