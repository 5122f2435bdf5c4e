"""Who may do what with flows and the lists around them, and where."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


def may_read(request: HttpRequest) -> bool:
    return any(request.user.has_perm(f"dialogue.{verb}_flow") for verb in ("view", "change"))


def may_change(request: HttpRequest) -> bool:
    return request.user.has_perm("dialogue.change_flow")


def may_add(request: HttpRequest) -> bool:
    return may_change(request) and request.user.has_perm("dialogue.add_flow")


def may_publish(request: HttpRequest) -> bool:
    return may_change(request) and request.user.has_perm("dialogue.publish_flow")


def on_several_sites(keys: Iterable[str]) -> Any:
    """Why rows of these keys make no file that can be read again; None when they do."""
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            said = _("“%s” is there on several sites, and a file is for one of them. Filter the "
                     "list by site first.")  # fmt: skip
            return str(said) % key
        seen.add(key)
    return None
