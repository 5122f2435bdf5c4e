"""Addresses of files: nobody can guess one, each works for a while, and none needs a login.

Whoever may read the line gets an address with it. It is made anew each time, and kept nowhere.
"""

import contextlib
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse
from django.utils import timezone

_signer: Final = TimestampSigner(salt="chat.attachments")
# Of another kind, so that none of the short ones lives as long as these.
_keeper: Final = TimestampSigner(salt="chat.attachments.kept")


def link(attachment: UUID | str) -> str:
    """A path on our origin that works for ATTACHMENTS.link_s seconds."""
    return reverse("attachment", args=[_signer.sign(str(attachment))])


def kept_link(attachment: UUID | str) -> str:
    """A whole address for what is read elsewhere and later, such as an e-mail; it works for
    ATTACHMENTS.kept_link_s seconds."""
    path = reverse("attachment", args=[_keeper.sign(str(attachment))])
    return f"{settings.PUBLIC_URL}{path}"


def kept_until() -> date:
    """The day on which a `kept_link` of now ends."""
    ends = timezone.now() + timedelta(seconds=settings.ATTACHMENTS.kept_link_s)
    return timezone.localdate(ends)


def opened(token: str) -> UUID | None:
    """The attachment of a link; None for one that was made up, changed, or is too old."""
    limits = settings.ATTACHMENTS
    for signer, lasts in ((_signer, limits.link_s), (_keeper, limits.kept_link_s)):
        with contextlib.suppress(BadSignature, ValueError):
            return UUID(signer.unsign(token, max_age=lasts))
    return None


def linked(meta: dict[str, Any]) -> dict[str, Any]:
    """A line's `meta` as it travels: each of its attachments with its `url`. Every door that shows
    lines sends them through here."""
    kept = meta.get("attachments")
    if not kept:
        return meta
    return {**meta, "attachments": [{**one, "url": link(one["id"])} for one in kept]}
