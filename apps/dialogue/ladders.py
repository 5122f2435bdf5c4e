"""The models that may be asked, as this process last read them. `refresh` runs beside the sockets."""

import time

from apps.llm import endpoints
from apps.llm.endpoints import Ladder, Route
from apps.llm.values import Endpoint, Purpose

# Workers have nobody who refreshes: they look for themselves, and not for each site anew.
LOOK_S = 2.0

_known: Ladder | None = None
_looked_at = float("-inf")


def refresh() -> None:
    """Blocking: one small query, and the rows when they have moved."""
    global _known, _looked_at  # noqa: PLW0603 one for the process, like its books and indexes
    if _known is None or _known.version != endpoints.version():
        _known = endpoints.load()
    _looked_at = time.monotonic()


def answering(site_id: int, *, high_value: bool = False) -> tuple[Endpoint, ...]:
    """Those that may answer a site's visitors, the first to be asked first."""
    if _known is None:
        return ()
    return _known.steps(site_id, Purpose.ANSWER, high_value=high_value)


def any_answers(site_id: int) -> bool:
    """Whether there is one for any of a site's lines, if only for those of high value."""
    return bool(answering(site_id, high_value=True))


def embedding(site_id: int) -> tuple[Endpoint, ...]:
    """Those that may embed a site's texts, not older than LOOK_S. Blocking."""
    if _known is None or time.monotonic() - _looked_at > LOOK_S:
        refresh()
    return _known.steps(site_id, Purpose.EMBEDDING) if _known else ()


def route(site_id: int) -> Route:
    return _known.route(site_id) if _known else Route()
