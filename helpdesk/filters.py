"""What stands in the addresses of staff pages, and what their lists are asked to do."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ERROR_FLAG, SEARCH_VAR
from django.core.exceptions import ValidationError
from django.db import DataError
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

View = Callable[..., HttpResponseBase]

LONGEST_TERM = 100
MOST_WORDS = 8
# Of a list, of a field that completes what is typed, and of the search over all lists.
TERMS = (SEARCH_VAR, "term", "s")


def bounded(view: View) -> View:
    """Cuts what is searched for: each word costs the database another look at every row. Around
    all views of the admin, so that no list can forget it."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asked = {name: request.GET[name] for name in TERMS if name in request.GET}
        cut = {name: short for name, term in asked.items() if (short := shortened(term)) != term}
        if cut:
            kept = request.GET.copy()
            for name, term in cut.items():
                kept[name] = term
            request.GET = kept  # type: ignore[assignment]  # the stubs know the immutable one only
            _tell(request)
        return view(request, *args, **kwargs)

    return answer


def shortened(term: str) -> str:
    """The term as it came if it is short enough, else as many of its words as may be searched."""
    words = term.split()
    if len(term.strip()) <= LONGEST_TERM and len(words) <= MOST_WORDS:
        return term
    return " ".join(words[:MOST_WORDS])[:LONGEST_TERM].strip()


def lenient(view: View) -> View:
    """A filter whose value the database cannot take, such as NUL, is answered as Django answers
    one that it cannot read: with the whole list. Rows are chosen by their numbers: what can be the
    number of none is told."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except (DataError, ValueError, ValidationError) as error:
            if request.method == "POST" and _chooses_nonsense(request):
                messages.error(request, _("The chosen rows are not there. Choose them again."))
                return HttpResponseRedirect(request.get_full_path())
            is_filter = isinstance(error, DataError) and set(request.GET) - {ERROR_FLAG}
            if request.method != "GET" or not is_filter:
                raise
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")

    return answer


def _tell(request: HttpRequest) -> None:
    """On the page of the list; other views show no messages."""
    at = request.resolver_match
    if request.method == "GET" and at and str(at.url_name).endswith("_changelist"):
        text = _(
            "At most %(characters)d characters and %(words)d words are searched for. "
            "The rest was left out."
        )
        messages.warning(request, text % {"characters": LONGEST_TERM, "words": MOST_WORDS})


def _chooses_nonsense(request: HttpRequest) -> bool:
    return not all(map(_is_key, request.POST.getlist(ACTION_CHECKBOX_NAME)))


def _is_key(value: str) -> bool:
    """Whether some row may have it as its number: a whole one of 64 bits, or a UUID."""
    if value.isascii() and value.isdecimal():
        return int(value[:20]) < 2**63
    try:
        return bool(UUID(value))
    except ValueError:
        return False
