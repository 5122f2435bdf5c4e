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
    FILE_TYPE = "file_type"
    FILE_TOO_BIG = "file_too_big"
    FILE_BROKEN = "file_broken"
    FILE_EMPTY = "file_empty"
    FILE_UNKNOWN = "file_unknown"
    TOO_MANY_FILES = "too_many_files"
    MOST_FILES = "most_files"


CLOSE_BAD_FRAMES = 4400
CLOSE_TOKEN = 4401
CLOSE_NO_HELLO = 4408
CLOSE_TOO_MANY = 4429
CLOSE_SLOW = 4008
CLOSE_TOO_BIG = 1009
CLOSE_RESTART = 1012

# Of one line.
MOST_FILES = 5

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
    Code.FILE_TYPE: _(
        "Only pictures (PNG, JPEG, WebP, GIF), PDF files and plain text can be attached."
    ),
    Code.FILE_TOO_BIG: _("A file may have %(megabytes)s MB."),
    Code.FILE_BROKEN: _("This picture cannot be read. Please send another one."),
    Code.FILE_EMPTY: _("The file is empty."),
    Code.FILE_UNKNOWN: _("A file is not there any more. Please attach it again."),
    Code.TOO_MANY_FILES: _("These are too many files for now. Please try again later."),
    Code.MOST_FILES: _("A message may have %(files)s files. Please send the others after it."),
}
MORE_FILES_LATER = _("These are too many files for now. Please try again in about %(minutes)s min.")
TOO_MANY_PIXELS = _("This picture has too many pixels. Please send a smaller one.")
OTHER_VERSION = _("This page speaks another version of the chat. Please reload it.")
TOO_MANY_CHATS = _(
    "Too many chats were started from your network. Please try again in about %(minutes)s min."
)
SITE_GONE = _("This chat has ended and is not offered here any more.")
TOO_FAST = _("That was very fast. Please wait a moment.")
TOO_MANY_SIGN_INS = _("You were signed in to this chat too often. Please try again later.")


def detail(code: Code, language: str) -> str:
    """The sentence for a code in `language`, a BCP 47 tag."""
    most = {
        "most": settings.CHAT.message_characters,
        "files": MOST_FILES,
        "megabytes": settings.ATTACHMENTS.megabytes,
    }
    return words(DETAILS[code], language) % most


def words(sentence: str | Promise, language: str) -> str:
    with translation.override(language.lower()):
        return str(sentence)
