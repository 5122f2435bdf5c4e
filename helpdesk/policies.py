"""What browsers are told about our pages: a content policy for each face, and shared headers.

Widget: `apps.widget.views`, since it depends on the site. Console: `apps.console.views`. Admin: here.
Any other page gets PLAIN unless its view has said something else.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse_lazy
from django.utils.decorators import sync_and_async_middleware

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)
Answer = Callable[[HttpRequest], HttpResponseBase]
LateAnswer = Callable[[HttpRequest], Awaitable[HttpResponseBase]]

CSP = "Content-Security-Policy"
CLOSED = "frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
PLAIN = f"default-src 'self'; img-src 'self' data:; object-src 'none'; {CLOSED}"
# Unfold's Alpine evaluates attributes, and its theme sets inline styles; no inline script runs.
ADMIN = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    f"img-src 'self' data:; frame-src 'self'; {CLOSED}"
)
ADMIN_PATHS = reverse_lazy("admin:index")
ELSEWHERE = {
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
        "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
    ),
}


@sync_and_async_middleware
def policies(get_response: Any) -> Answer | LateAnswer:
    """Gives every response the headers that its view has not set itself."""
    if iscoroutinefunction(get_response):

        async def late(request: HttpRequest) -> HttpResponseBase:
            return _told(request, await get_response(request))

        return late

    def answer(request: HttpRequest) -> HttpResponseBase:
        return _told(request, get_response(request))

    return answer


def no_referrer(view: Callable[P, R]) -> Callable[P, R]:
    """For an address that lets somebody in: no page is told it, no cache keeps it.

    Not for pages with forms: browsers then send "null" as their Origin, which Django refuses.
    """

    @wraps(view)
    def guarded(*arguments: P.args, **options: P.kwargs) -> R:
        response = view(*arguments, **options)
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "no-store"
        return response

    return guarded


def _told(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    for name, value in ELSEWHERE.items():
        response.headers.setdefault(name, value)
    if response.headers.get("Content-Type", "").startswith("text/html"):
        in_admin = request.path.startswith(str(ADMIN_PATHS))
        response.headers.setdefault(CSP, ADMIN if in_admin else PLAIN)
    return response
