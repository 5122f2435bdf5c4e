"""Files that are sent while they are made."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def attachment(
    request: HttpRequest, pieces: Iterator[bytes], kind: str, name: str
) -> StreamingHttpResponse:
    """The pieces as a file of that kind ("csv", "xlsx") that the browser saves."""
    today = timezone.localdate().isoformat()
    # An ASGI handler would gather a plain iterator in memory before it sends anything.
    is_async = isinstance(request, ASGIRequest)
    return StreamingHttpResponse(
        _in_a_thread(pieces) if is_async else pieces,
        content_type=TYPES[kind],
        headers={
            "Content-Disposition": f'attachment; filename="{name}-{today}.{kind}"',
            "Cache-Control": "no-store",
        },
    )


async def _in_a_thread(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await sync_to_async(_next)(pieces)) is not None:
        yield piece


def _next(pieces: Iterator[bytes]) -> bytes | None:
    """A browser may read as slowly as it likes: no connection waits for it between two pieces."""
    try:
        return next(pieces, None)
    finally:
        close_old_connections()
