"""What a page that embeds the widget, and the widget itself, may know of a site."""

from typing import Any

from apps.chat.admission import UNSTORABLE
from apps.knowledge.models import Faq
from apps.sites.models import Site

STARTERS = 3
BLACK, WHITE = "#000000", "#ffffff"
# The luminance at which black and white stand out equally, each by 4.58 to 1.
EVEN = 0.179
# Characters that would end a source in a policy and begin another directive.
NEVER_IN_A_SOURCE = frozenset(" \t\r\n;,'\"")


def find_site(key: str) -> Site | None:
    """The site of a public key, when the widget may be shown for it somewhere."""
    site = None if UNSTORABLE.search(key) else Site.objects.active().filter(key=key).first()
    return site if site and ancestors(site) else None


def site_info(site: Site, language: str) -> dict[str, Any]:
    """The `site` of the wire protocol: nothing in it is secret. No database is asked."""
    return {
        "key": site.key,
        "name": site.title(language),
        "theme": {"accent": site.accent, "ink": ink_on(site.accent)},
        "texts": {"greeting": site.greeting(language)},
        "locales": list(site.languages),
    }


def ancestors(site: Site) -> list[str]:
    """The origins that may hold the frame, fit to stand in `frame-ancestors`."""
    return [page for page in site.allowed_pages if page and not NEVER_IN_A_SOURCE & set(page)]


def starters(site: Site, language: str) -> list[str]:
    """Questions to begin with: the first plain live entry of each of the first categories."""
    found = (
        Faq.objects.of(site.pk)
        .live()
        .filter(language=language, high_risk=False, category__isnull=False)
        .order_by("category__position", "category_id", "id")
        .distinct("category__position", "category_id")
    )
    return [faq.question for faq in found[:STARTERS]]


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on a colour such as #0b6e6e (WCAG 2.2)."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return BLACK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > EVEN else WHITE


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
