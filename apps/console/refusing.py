"""The answers to commands."""

import uuid
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.chat.codes import Code
from apps.console.lines import Frame
from apps.handoff.refusals import DETAILS, RefusalCode, Refused

# What a person at a console is told; those of visitors speak of sending again.
CODES: dict[Code, Promise] = {
    Code.BAD_FRAME: _("This page and the server do not understand each other. Reload the page."),
    Code.UNKNOWN_TYPE: _("This page and the server do not understand each other. Reload the page."),
    Code.BAD_CMID: _("This page and the server do not understand each other. Reload the page."),
    Code.RATE_LIMITED: _("That was very fast. Wait a moment and try again."),
    Code.BUSY: _("The server is busy. Try again in a moment."),
    Code.NOT_FOUND: DETAILS[RefusalCode.NOT_FOUND],
    Code.TOO_MANY_SOCKETS: _("The console is open in too many windows. Close one."),
}


def done(cid: uuid.UUID, facts: Frame) -> Frame:
    return {"type": "done", "cid": str(cid), **facts}


def refused(cid: uuid.UUID, refusal: Refused, language: str) -> Frame:
    with translation.override(language):
        told: dict[str, Any] = {"code": str(refusal.code), "detail": refusal.detail}
    return {"type": "refused", "cid": str(cid), **told, "facts": refusal.facts}


def failed(cid: uuid.UUID, code: Code, language: str, retry_after: float = 0.0) -> Frame:
    """Refused by the door, before any verb."""
    facts = {"retry_after": retry_after} if retry_after else {}
    return {"type": "refused", "cid": str(cid), **_said(code, language), "facts": facts}


def error(code: Code, language: str, **facts: Any) -> Frame:
    return {"type": "error", **_said(code, language), **facts}


def _said(code: Code, language: str) -> Frame:
    with translation.override(language):
        return {"code": str(code), "detail": str(CODES[code])}
