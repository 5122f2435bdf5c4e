"""When the database cannot keep up: how many staff pages may ask it at once, and what those are
told that took too long or found no place.

Visitors are not held up by it: the chat's threads have connections of their own
(`apps.chat.threads`), and staff leave some of the pool to the other pages that visitors load.
"""

import sys
from collections.abc import Callable
from functools import wraps
from threading import BoundedSemaphore
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.template.response import SimpleTemplateResponse
from django.utils.deprecation import MiddlewareMixin
from django.views.defaults import server_error as broken
from psycopg.errors import QueryCanceled
from psycopg_pool import PoolTimeout

from helpdesk.filters import View

STAFF_AT_ONCE = 4
SIGN_INS_AT_ONCE = 2
PATIENCE_S = 5
RETRY_AFTER_S = 5
# Apart from each other: whoever tries passwords must not keep those out who are in.
staff = BoundedSemaphore(STAFF_AT_ONCE)
sign_ins = BoundedSemaphore(SIGN_INS_AT_ONCE)


def in_turn(places: BoundedSemaphore) -> Callable[[View], View]:
    """Bounds how many of the decorated views run at once, rendering included.

    In the view's own thread: a request whose browser has gone ends for the event loop, while its
    thread, and what that asked of the database, go on.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not places.acquire(timeout=PATIENCE_S):
                return unavailable(is_slow=False)
            try:
                response = view(request, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse):
                    response.render()
                return response
            finally:
                places.release()

        return answer

    return decorate


class Overload(MiddlewareMixin):
    """Middleware: a statement that was stopped for its time, or a pool without a free connection,
    is answered with 503."""

    def process_exception(self, _request: HttpRequest, error: Exception) -> HttpResponse | None:
        return _told(error)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """The handler of what no view has answered: sessions are stored after the view."""
    error = sys.exc_info()[1]
    return (_told(error) if error else None) or broken(request)


def unavailable(*, is_slow: bool) -> HttpResponse:
    """The page for it. What took too long would do so again: no time to come back is named."""
    # Without the request: nothing that asks the database may stand in it.
    response = HttpResponse(render_to_string("503.html", {"is_slow": is_slow}), status=503)
    if not is_slow:
        response["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _told(error: BaseException) -> HttpResponse | None:
    if isinstance(error.__cause__, QueryCanceled):
        return unavailable(is_slow=True)
    return unavailable(is_slow=False) if isinstance(error.__cause__, PoolTimeout) else None
