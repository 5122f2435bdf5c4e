"""What a flow may do in the end: the shop's functions, its webhooks, a ticket, or nothing."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.dialogue.actions.answers import key_of
from apps.dialogue.actions.registry import (
    PYTHON,
    TICKET,
    WEBHOOK,
    UnknownActionError,
    find,
    registered,
)
from apps.dialogue.models import Webhook

Choices = list[tuple[Any, Any]]


def choices(site_id: int | None, stored: str = "") -> Choices:
    """For a select box, in groups; the webhooks of one site or, without it, of all. What is
    `stored` and not there any more stays to be seen."""
    reads = _("%s (only reads)")
    functions = [
        (f"{PYTHON}{one.name}", reads % one.title if one.lookup else one.title)
        for one in registered()
    ]
    rows = Webhook.objects.select_related("site").order_by("name")
    rows = rows.filter(site_id=site_id) if site_id else rows
    hooks = [(f"{WEBHOOK}{row.pk}", f"{row.name} ({row.site.name})") for row in rows]
    plain = [("", _("Nothing: the visitor only reads the last text")), (TICKET, _("Make a ticket"))]
    found: Choices = [*plain]
    found += [(_("Functions of the shop"), functions)] if functions else []
    found += [(_("Webhooks"), hooks)] if hooks else []
    known = {"", TICKET, *(value for value, _title in (*functions, *hooks))}
    return found if stored in known else [*found, (stored, _("%s (not there)") % stored)]


def title_of(action: str) -> str:
    """What an action is called by those who made it; "" for none."""
    if action.startswith(WEBHOOK):
        key = key_of(action)
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


def is_offered(action: str, *, lookup: bool, site_id: int) -> bool:
    """Whether it can be run: what looks up must only read, what a yes sets off must not."""
    if action.startswith(PYTHON):
        try:
            return find(action.removeprefix(PYTHON)).lookup is lookup
        except UnknownActionError:
            return False
    if action.startswith(WEBHOOK):
        return is_webhook(action.removeprefix(WEBHOOK), site_id)
    return action in ("", TICKET) and not lookup


def is_webhook(key: str, site_id: int) -> bool:
    try:
        return Webhook.objects.filter(pk=UUID(key), site_id=site_id).exists()
    except ValueError:
        return False
