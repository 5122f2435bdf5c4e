"""Verbs on sites."""

import secrets

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from apps.sites.models import Sighting, Site

LONGEST_PROPOSED = 40
# Anyone can ask for the script in the name of any page: strangers' rows are few and fleeting.
MOST_STRANGERS = 50
# Patterns such as http://localhost:* allow pages without end.
MOST_OF_A_SITE = 200


def proposed_key(name: str) -> str:
    """A public key that no site has: from the name, as far as it is written in Latin letters."""
    key = slugify(name)[:LONGEST_PROPOSED]
    while not key or Site.objects.filter(key=key).exists():
        key = f"{slugify(name)[:LONGEST_PROPOSED] or 'site'}-{secrets.token_hex(2)}"
    return key


@transaction.atomic
def see_widget(*, origin: str) -> list[Sighting]:
    """Notes that a page of this origin asked for the widget, for each active site that allows
    it; for none of them when no site does."""
    allowing: list[Site | None] = [site for site in Site.objects.active() if site.allows(origin)]
    return [_see(site, origin) for site in allowing or [None] if site or _has_room(None, origin)]


@transaction.atomic
def see_widget_of(*, site: Site, origin: str) -> Sighting | None:
    """Notes that a page of this origin asked for the widget of this very site, whether the site
    allows it or not; None if there are too many that it does not allow."""
    return _see(site, origin) if site.allows(origin) or _has_room(site, origin) else None


def forget_sightings() -> int:
    """Deletes those that are too old to tell anything; how many."""
    return Sighting.objects.exclude(pk__in=Sighting.objects.recent().values("pk")).delete()[0]


def _see(site: Site | None, origin: str) -> Sighting:
    """Notes it, in place of the one that was not seen for longest if the site has too many."""
    seen, is_new = Sighting.objects.update_or_create(
        site=site, origin=origin, defaults={"seen_at": timezone.now()}
    )
    if is_new and site:
        newest_first = site.sightings.order_by("-seen_at", "-pk").values_list("pk", flat=True)
        Sighting.objects.filter(pk__in=list(newest_first[MOST_OF_A_SITE:])).delete()
    return seen


def _has_room(site: Site | None, origin: str) -> bool:
    found = Sighting.objects.recent().filter(site=site)
    strangers = {seen.origin for seen in found if not (site and site.allows(seen.origin))}
    return len(strangers) < MOST_STRANGERS or origin in strangers
