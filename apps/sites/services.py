"""Verbs on sites."""

from django.db import transaction
from django.utils import timezone

from apps.sites.models import Sighting, Site

# Anyone can ask for the script in the name of any page: strangers' rows are few and fleeting.
MOST_STRANGERS = 50


@transaction.atomic
def see_widget(*, origin: str) -> list[Sighting]:
    """Notes that a page of this origin asked for the widget, for each active site that allows
    it; for none of them when no site does."""
    allowing: list[Site | None] = [site for site in Site.objects.active() if site.allows(origin)]
    if not allowing and _is_crowded(origin):
        return []
    return [
        Sighting.objects.update_or_create(
            site=site, origin=origin, defaults={"seen_at": timezone.now()}
        )[0]
        for site in allowing or [None]
    ]


def forget_sightings() -> int:
    """Deletes those that are too old to tell anything; how many."""
    return Sighting.objects.exclude(pk__in=Sighting.objects.recent().values("pk")).delete()[0]


def _is_crowded(origin: str) -> bool:
    strangers = Sighting.objects.recent().filter(site=None)
    return strangers.count() >= MOST_STRANGERS and not strangers.filter(origin=origin).exists()
