"""What a page that embeds the widget, and the widget itself, may know of a site."""

from typing import Any

from django.utils import timezone

from apps.chat.admission import UNSTORABLE
from apps.knowledge.models import Faq
from apps.sites.models import Site

STARTERS = 3
# Characters that would end a source in a policy and begin another directive.
NEVER_IN_A_SOURCE = frozenset(" \t\r\n;,'\"")


def active_site(key: str) -> Site | None:
    """The site of a public key."""
    return None if UNSTORABLE.search(key) else Site.objects.active().filter(key=key).first()


def site_info(site: Site, language: str) -> dict[str, Any]:
    """The `site` of the wire protocol: nothing in it is secret. No database is asked."""
    return {
        "key": site.key,
        "name": site.title(language),
        "theme": site.theme,
        "texts": {
            "greeting": site.greeting(language),
            "privacy": site.privacy(language),
            "privacy_url": site.privacy_url,
        },
        "locales": list(site.languages),
    }


def ancestors(site: Site) -> list[str]:
    """The origins that may hold the frame, fit to stand in `frame-ancestors`."""
    return [page for page in site.allowed_pages if page and not NEVER_IN_A_SOURCE & set(page)]


def privacy(site: Site, language: str) -> dict[str, Any] | None:
    """What a visitor is told, or has to agree to, before the first line."""
    text = site.privacy(language)
    return {"text": text, "url": site.privacy_url, "consent": site.consent} if text else None


def starters(site: Site, language: str) -> list[str]:
    """Questions to begin with: the site's own, else the first plain entry that answers today of
    each of the first categories."""
    if own := site.quick_replies(language):
        return own
    found = (
        Faq.objects.of(site.pk)
        .live()
        .valid_at(timezone.now())
        .filter(language=language, high_risk=False, category__isnull=False)
        .order_by("category__position", "category_id", "id")
        .distinct("category__position", "category_id")
    )
    return [faq.question for faq in found[:STARTERS]]
