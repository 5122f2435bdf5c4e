"""Addresses of files: nobody can guess one, each works for a while, and none needs a login.

Whoever may read the line gets an address with it. It is made anew each time, and kept nowhere.
"""

from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse

_signer: Final = TimestampSigner(salt="chat.attachments")


def link(attachment: UUID | str) -> str:
    """A path on our origin that works for ATTACHMENTS.link_s seconds."""
    return reverse("attachment", args=[_signer.sign(str(attachment))])


def opened(token: str) -> UUID | None:
    """The attachment of a link; None for one that was made up, changed, or is too old."""
    try:
        return UUID(_signer.unsign(token, max_age=settings.ATTACHMENTS.link_s))
    except (BadSignature, ValueError):
        return None


def linked(meta: dict[str, Any]) -> dict[str, Any]:
    """A line's `meta` as it travels: each of its attachments with its `url`. Every door that shows
    lines sends them through here."""
    kept = meta.get("attachments")
    if not kept:
        return meta
    return {**meta, "attachments": [{**one, "url": link(one["id"])} for one in kept]}
