"""Which pages asked for the widget. Written rarely: a page seen a moment ago is not news."""

import logging
import time
from collections import OrderedDict
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError

from apps.guard import limits
from apps.sites.models import Site, without_default_port
from apps.sites.services import see_widget, see_widget_of

logger = logging.getLogger(__name__)

AGAIN_AFTER_S = 60.0
REMEMBERED = 1000
MOST_CHARACTERS = 200
# Pages that one address may have written down; anyone can ask in the name of any page.
BURST = 20
PER_SECOND = 1 / 60
_noted = limits.Buckets()
# By site and origin, when this process last wrote it down; the least recent first.
_seen: "OrderedDict[tuple[int | None, str], float]" = OrderedDict()


def note(address: str, *, by: str, site: Site | None = None) -> None:
    """Takes the address of a page, as `Referer` or the loader tells it, and keeps its origin. `by`
    is the network address of whoever tells it, `site` whose widget was asked for, if that is known.

    The script is served whatever happens here: a shop must not lose its chat to a statistic.
    """
    origin = origin_of(address)
    if not origin or origin == settings.PUBLIC_URL or not _is_news(origin, site, by):
        return
    try:
        if site:
            see_widget_of(site=site, origin=origin)
        else:
            see_widget(origin=origin)
    except DatabaseError as error:
        logger.warning("sightings: not stored (%s)", type(error).__name__)


def origin_of(address: str) -> str:
    """`https://shop.example` of `https://shop.example/a?b`, or nothing if it is no web address."""
    try:
        parts = urlsplit(address)
        name, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not name or not name.isascii():
        return ""
    host = f"[{name}]" if ":" in name else name
    origin = without_default_port(f"{parts.scheme}://{host}" + (f":{port}" if port else ""))
    return origin if origin.isprintable() and len(origin) <= MOST_CHARACTERS else ""


def _is_news(origin: str, site: Site | None, by: str) -> bool:
    page = (site.pk if site else None, origin)
    now = time.monotonic()
    if now - _seen.get(page, -AGAIN_AFTER_S) < AGAIN_AFTER_S:
        return False
    if not limits.is_trusted(by) and _noted.of(limits.holder(by), BURST, PER_SECOND).take():
        return False
    _seen[page] = now
    _seen.move_to_end(page)
    if len(_seen) > REMEMBERED:
        _seen.popitem(last=False)
    return True
