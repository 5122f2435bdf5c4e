"""Who may do what with flows and the lists around them, and where."""

from typing import Any

from django.http import HttpRequest

from apps.sites.models import Site


def may_read(request: HttpRequest) -> bool:
    return any(request.user.has_perm(f"dialogue.{verb}_flow") for verb in ("view", "change"))


def may_change(request: HttpRequest) -> bool:
    return request.user.has_perm("dialogue.change_flow")


def may_add(request: HttpRequest) -> bool:
    return may_change(request) and request.user.has_perm("dialogue.add_flow")


def may_publish(request: HttpRequest) -> bool:
    return may_change(request) and request.user.has_perm("dialogue.publish_flow")


def only_site() -> dict[str, Any]:
    """What a new row begins with: nobody chooses among one."""
    sites = list(Site.objects.order_by("pk")[:2])
    return {"site": sites[0].pk} if len(sites) == 1 else {}
