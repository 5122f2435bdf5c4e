"""What visitors read when people come and go, in their language."""

from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.chat.items import Line
from apps.chat.models import Session
from apps.engine.types import Author

JOINED = _("%(name)s has joined the chat.")
TAKEN_OVER = _("%(name)s has joined the chat and goes on in place of %(before)s.")
PASSED_ON = _("We are passing you on to %(team)s. You need not say anything again.")
BACK_IN_QUEUE = _("You are back in the queue: the next person from our team will see to you.")
SILENT = _(
    "%(name)s cannot answer at the moment. You are back in the queue: the next person from our "
    "team will see to you."
)
RETURNED = _("%(name)s has left the chat. The assistant answers again from here on.")
SETTLED = _("%(name)s has closed this chat. Write again at any time: the assistant answers.")
GOES_ON = _("The chat goes on: %(name)s is still here.")
LEFT = _("The visitor has ended the chat.")
CORRECTED = _("%(name)s has corrected an answer: %(text)s")


def system_line(sentence: Promise, session: Session, /, **facts: Any) -> Line:
    """`facts` fill the sentence."""
    with translation.override(session.language.lower()):
        text = str(sentence) % facts
    return Line(Author.SYSTEM, text)
