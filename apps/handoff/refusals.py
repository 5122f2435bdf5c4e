"""What a verb answers when it cannot be done: a code for programs, a sentence for people."""

from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class RefusalCode(StrEnum):
    TAKEN = "taken"
    NOT_YOURS = "not_yours"
    CLOSED = "closed"
    NOT_FOUND = "not_found"
    NOT_ALLOWED = "not_allowed"
    NOT_AVAILABLE = "not_available"
    NOBODY = "nobody"
    UNSEEN = "unseen"
    TOO_LONG = "too_long"
    EMPTY = "empty"
    BAD_TEXT = "bad_text"
    BAD_VALUE = "bad_value"
    CMID_CONFLICT = "cmid_conflict"
    STALE = "stale"
    TOO_LATE = "too_late"
    UNKNOWN_MACRO_VARIABLE = "unknown_macro_variable"


# Facts of a refusal fill the places in braces.
DETAILS: dict[RefusalCode, Promise] = {
    RefusalCode.TAKEN: _("%(by)s has taken this chat."),
    RefusalCode.NOT_YOURS: _("This chat is not yours any more."),
    RefusalCode.CLOSED: _("This ticket is closed. Reopen it first."),
    RefusalCode.NOT_FOUND: _("There is no such thing any more."),
    RefusalCode.NOT_ALLOWED: _("You may not do this. Ask whoever looks after your team."),
    RefusalCode.NOT_AVAILABLE: _("%(name)s is not there to take it."),
    RefusalCode.NOBODY: _("Nobody in %(name)s is there to take it."),
    RefusalCode.UNSEEN: _("Somebody else has answered meanwhile. Read that first."),
    RefusalCode.TOO_LONG: _("This is too long: %(limit)d characters at most."),
    RefusalCode.EMPTY: _("Write something first."),
    RefusalCode.BAD_TEXT: _("This text cannot be stored."),
    RefusalCode.BAD_VALUE: _("This value does not fit."),
    RefusalCode.CMID_CONFLICT: _("Something else was sent under this number."),
    RefusalCode.STALE: _("This has changed meanwhile. Look at it again."),
    RefusalCode.TOO_LATE: _("It is too late for that."),
    RefusalCode.UNKNOWN_MACRO_VARIABLE: _("Nothing fills {%(variable)s}."),
}


class Refused(Exception):  # noqa: N818  # it is an answer, no error of anybody's
    """`facts` are plain values, such as who was quicker; `detail` is translated when it is read."""

    def __init__(
        self, code: RefusalCode | str, detail: str | Promise | None = None, **facts: Any
    ) -> None:
        super().__init__(str(code))
        self.code = RefusalCode(code)
        self._detail = detail
        self.facts = facts

    @property
    def detail(self) -> str:
        """In the language that is active where it is read."""
        sentence = str(self._detail or DETAILS[self.code])
        return sentence if self._detail else sentence % self.facts
