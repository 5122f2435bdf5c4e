"""Who is on: operators with their state and load, teams and sites, as consoles are told."""

from typing import Any, cast

from django.conf import settings
from django.utils import timezone

from apps.console.people import Person
from apps.dialogue import by_operators
from apps.handoff.models import Operator, Team
from apps.handoff.texts import LONGEST_ANSWER, LONGEST_NOTE
from apps.sites.models import Site

Frame = dict[str, Any]
SEND_WITH = ("mod_enter", "enter")
# What each setting of an operator is as long as they have said nothing.
SETTINGS: dict[str, Any] = {
    "send_with": SEND_WITH[0],
    "keys": True,
    "sound": True,
    "notices": False,
}


def operators() -> list[Frame]:
    """All who may work, in two queries. `load`: open tickets that are theirs."""
    now = timezone.now()
    found = Operator.objects.active().with_load().select_related("presence").order_by("name", "pk")
    return [
        {
            "id": one.pk,
            "name": one.name,
            "presence": str(one.state(now)),
            "load": cast("Any", one).load,
            "capacity": one.capacity,
        }
        for one in found
    ]


def welcome(person: Person, epoch: str) -> Frame:
    me = Operator.objects.select_related("presence").get(pk=person.operator)
    sites = Site.objects.order_by("name", "pk").values("id", "name")
    return {
        "type": "welcome",
        "epoch": epoch,
        "me": {
            "id": me.pk,
            "name": me.name,
            "rights": sorted(person.rights),
            "presence": str(me.state()),
        },
        "sites": [
            {**site, "model": by_operators.has_model(site["id"])}
            for site in sites
            if person.may_see(site["id"])
        ],
        "teams": list(Team.objects.order_by("name", "pk").values("id", "name")),
        "operators": operators(),
        "settings": settings_of(me),
        "limits": limits(),
        "now": timezone.now().isoformat(),
    }


def settings_of(operator: Operator) -> Frame:
    """What is stored that a console still knows, over the defaults."""
    kept = {name: value for name, value in operator.preferences.items() if fits(name, value)}
    return {**SETTINGS, **kept}


def fits(name: str, value: object) -> bool:
    """Whether a setting of that name may have this value."""
    if name == "send_with":
        return value in SEND_WITH
    return name in SETTINGS and isinstance(value, bool)


def limits() -> Frame:
    """Characters of a reply and of a note, bytes of a file."""
    file_bytes = settings.ATTACHMENTS.file_bytes
    return {"reply": LONGEST_ANSWER, "note": LONGEST_NOTE, "file_bytes": file_bytes}
