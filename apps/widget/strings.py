"""Every sentence of the widget's frame. It carries those of one language as data."""

from django.utils import translation
from django.utils.translation import gettext_lazy as _

# Words in braces are filled in by the widget.
STRINGS = {
    "greeting": _(
        "Hello! I am an AI assistant and answer from our help pages. What can I do for you?"
    ),
    "title": _("Support chat"),
    "conversation": _("Conversation"),
    "talk_to_person": _("Talk to a person"),
    "person_short": _("A person"),
    "menu": _("Menu"),
    "language": _("Language"),
    "close": _("Close the chat"),
    "placeholder": _("Write a message…"),
    "message": _("Your message"),
    "send": _("Send"),
    "assistant": _("AI assistant"),
    "operator": _("Our team"),
    "notice": _("Notice"),
    "you": _("You"),
    "sending": _("Sending…"),
    "sent": _("Sent"),
    "failed": _("Not sent"),
    "retry": _("Try again"),
    "discard": _("Remove"),
    "answering": _("The assistant is answering"),
    "suggestions": _("Suggested questions"),
    "sources": _("Sources ({count})"),
    "helpful": _("Helpful"),
    "not_helpful": _("Not helpful"),
    "rated": _("Thank you for telling us."),
    "new_messages": _("New messages"),
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
    "opens_new_tab": _("(opens in a new tab)"),
}


def strings(language: str) -> dict[str, str]:
    """The sentences in `language`, a BCP 47 tag."""
    with translation.override(language.lower()):
        return {name: str(text) for name, text in STRINGS.items()}
