"""Every refusal and error of the wire protocol, in the visitor's words."""

from enum import StrEnum

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Code(StrEnum):
    TOO_LONG = "too_long"
    EMPTY = "empty"
    BAD_TEXT = "bad_text"
    CMID_CONFLICT = "cmid_conflict"
    RATE_LIMITED = "rate_limited"
    BUSY = "busy"
    BAD_FRAME = "bad_frame"
    BAD_CMID = "bad_cmid"
    UNKNOWN_TYPE = "unknown_type"
    TOKEN_UNKNOWN = "token_unknown"  # noqa: S105 a code, no secret
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 a code, no secret
    TOO_MANY_SOCKETS = "too_many_sockets"
    NOT_FOUND = "not_found"
    IDENTITY_REFUSED = "identity_refused"
    IDENTITY_EXPIRED = "identity_expired"
    IDENTITY_CHANGED = "identity_changed"


CLOSE_BAD_FRAMES = 4400
CLOSE_TOKEN = 4401
CLOSE_NO_HELLO = 4408
CLOSE_TOO_MANY = 4429
CLOSE_SLOW = 4008
CLOSE_TOO_BIG = 1009
CLOSE_RESTART = 1012

DETAILS: dict[Code, str | Promise] = {
    Code.TOO_LONG: _("A message may have %(most)s characters. Please send it in parts."),
    Code.EMPTY: _("The message is empty."),
    Code.BAD_TEXT: _("The message holds characters that cannot be stored. Please retype it."),
    Code.CMID_CONFLICT: _("This message was already sent with another text."),
    Code.RATE_LIMITED: _("That was very fast. Your message is sent again in a moment."),
    Code.BUSY: _("We are very busy. Your message is sent again in a moment."),
    Code.BAD_FRAME: _("The frame is not understood."),
    Code.BAD_CMID: _("cmid must be a UUID."),
    Code.UNKNOWN_TYPE: _("This type of frame is not known."),
    Code.TOKEN_UNKNOWN: _("This chat has ended. Please start a new one."),
    Code.TOKEN_EXPIRED: _("This chat has expired. Please start a new one."),
    Code.TOO_MANY_SOCKETS: _("This chat is open in too many windows. Please close one."),
    Code.NOT_FOUND: _("There is nothing at this address."),
    Code.IDENTITY_REFUSED: _("We could not check who you are. You can go on chatting."),
    Code.IDENTITY_EXPIRED: _("Your sign-in is too old to be checked. You can go on chatting."),
    Code.IDENTITY_CHANGED: _("Somebody else has signed in. This chat has ended."),
}
OTHER_VERSION = _("This page speaks another version of the chat. Please reload it.")
TOO_MANY_CHATS = _(
    "Too many chats were started from your network. Please try again in about %(minutes)s min."
)
SITE_GONE = _("This chat has ended and is not offered here any more.")
TOO_FAST = _("That was very fast. Please wait a moment.")
TOO_MANY_SIGN_INS = _("You were signed in to this chat too often. Please try again later.")


def detail(code: Code, language: str) -> str:
    """The sentence for a code in `language`, a BCP 47 tag."""
    return words(DETAILS[code], language) % {"most": settings.CHAT.message_characters}


def words(sentence: str | Promise, language: str) -> str:
    with translation.override(language.lower()):
        return str(sentence)
