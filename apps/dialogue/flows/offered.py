"""What a flow may do in the end: the shop's functions, its webhooks, a ticket, or nothing."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.dialogue.actions.registry import (
    PYTHON,
    TICKET,
    WEBHOOK,
    UnknownActionError,
    find,
    registered,
    webhook_of,
)
from apps.dialogue.models import Webhook
from apps.sites.models import Site

Choices = list[tuple[Any, Any]]


def choices(site: Site | None, stored: str = "") -> Choices:
    """For a select box, in groups; of one site or, without it, of all. What is `stored` stays to be
    seen, though it is another site's or not there any more."""
    reads = _("%s (only reads)")
    functions = [
        (f"{PYTHON}{one.name}", reads % one.title if one.lookup else one.title)
        for one in registered()
        if site is None or one.only_on in ("", site.key)
    ]
    rows = Webhook.objects.select_related("site").order_by("name")
    rows = rows.filter(site=site) if site else rows
    hooks = [(f"{WEBHOOK}{row.pk}", f"{row.name} ({row.site})") for row in rows]
    plain = [("", _("Nothing: the visitor only reads the last text")), (TICKET, _("Make a ticket"))]
    found: Choices = [*plain]
    found += [(_("Functions of the shop"), functions)] if functions else []
    found += [(_("Webhooks"), hooks)] if hooks else []
    known = {"", TICKET, *(value for value, _title in (*functions, *hooks))}
    return found if stored in known else [*found, (stored, _stale_title(stored))]


def title_of(action: str) -> str:
    """What an action is called by those who made it; "" for none."""
    if action.startswith(WEBHOOK):
        key = webhook_of(action)
        names = Webhook.objects.filter(pk=key).values_list("name", flat=True) if key else []
        return webhook_title(next(iter(names), None))
    return _plain_title(action)


def webhook_title(name: str | None) -> str:
    return str(_("Webhook: %(name)s") % {"name": name or _("deleted")})


def _plain_title(action: str) -> str:
    if action == TICKET:
        return str(_("A ticket"))
    try:
        return str(find(action.removeprefix(PYTHON)).title)
    except UnknownActionError:
        return str(_("%s (not there)") % action) if action else ""


def _stale_title(action: str) -> str:
    title = _plain_title(action)
    return str(_("%s (of another site)") % title) if owner_of(action) else title


def owner_of(action: str) -> str:
    """The key of the one site whose orders the function knows; "" for every other action."""
    if not action.startswith(PYTHON):
        return ""
    try:
        return find(action.removeprefix(PYTHON)).only_on
    except UnknownActionError:
        return ""


def is_foreign(action: str, site: Site) -> bool:
    """Whether it is a function that only another site has."""
    return owner_of(action) not in ("", site.key)


def can_run(action: str, *, lookup: bool, site: Site) -> bool:
    """Whether it does on this site what the flow is for. Nothing to do always can."""
    is_there = not action or is_offered(action, lookup=lookup, site_id=site.pk)
    return is_there and not is_foreign(action, site)


def is_offered(action: str, *, lookup: bool, site_id: int) -> bool:
    """Whether it can be run: what looks up must only read, what a yes sets off must not."""
    if action.startswith(PYTHON):
        try:
            return find(action.removeprefix(PYTHON)).lookup is lookup
        except UnknownActionError:
            return False
    if action.startswith(WEBHOOK):
        key = webhook_of(action)
        return key is not None and Webhook.objects.filter(pk=key, site_id=site_id).exists()
    return action in ("", TICKET) and not lookup
