"""Every sentence of the widget's frame. It carries those of one language as data."""

from collections.abc import Mapping

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Written into the page itself.
PAGE: Mapping[str, Promise] = {
    "greeting": _(
        "Hello! I am an AI assistant and answer from our help pages. What can I do for you?"
    ),
    "title": _("Support chat"),
    "conversation": _("Conversation"),
    "talk_to_person": _("Talk to a person"),
    "language": _("Language"),
    "close": _("Close the chat"),
    "placeholder": _("Write a message…"),
    "message": _("Your message"),
    "send": _("Send"),
    "assistant": _("AI assistant"),
    "suggestions": _("Suggested questions"),
    "new_messages": _("New messages"),
}
# Said by its script later on. Words in braces are filled in there.
SCRIPT: Mapping[str, Promise] = {
    "talk_to_person": _("Talk to a person"),
    "assistant": _("AI assistant"),
    "operator": _("Our team"),
    "you": _("You"),
    "sending": _("Sending…"),
    "sent": _("Sent"),
    "failed": _("Not sent"),
    "edit": _("Edit"),
    "answering": _("The assistant is answering"),
    "sources": _("Sources ({count})"),
    "helpful": _("Helpful"),
    "not_helpful": _("Not helpful"),
    "rated": _("Thank you for telling us."),
    "queued": _("Our team has your request. A person will get back to you."),
    "human": _("You are talking to our team."),
    "human_named": _("You are talking to {name}."),
    "offline": _("You are offline. What you write is sent when the connection is back."),
    "back_online": _("The connection is back."),
    "too_many_waiting": _("Too many messages are waiting to be sent. Please wait a moment."),
    "characters_left": _("{count} characters left"),
    "characters_over": _("{count} characters too many"),
    "ended": _("This chat has ended. Write a message to begin a new one."),
    "form_title": _("Leave a message"),
    "form_name": _("Name (optional)"),
    "form_email": _("E-mail"),
    "form_phone": _("Phone"),
    "form_either": _("Please fill in an e-mail address or a phone number."),
    "form_text": _("Message"),
    "form_text_missing": _("Please write your message."),
    "form_bad_email": _("This e-mail address does not look right."),
    "form_send": _("Send to our team"),
    "form_waiting": _("Your message is sent as soon as there is a connection."),
    "new_tab": _("(opens in a new tab)"),
}


def page_strings(language: str) -> dict[str, str]:
    """The sentences of the page in `language`, a BCP 47 tag."""
    return _in_language(PAGE, language)


def script_strings(language: str) -> dict[str, str]:
    return _in_language(SCRIPT, language)


def _in_language(sentences: Mapping[str, Promise], language: str) -> dict[str, str]:
    with translation.override(language.lower()):
        return {name: str(text) for name, text in sentences.items()}
