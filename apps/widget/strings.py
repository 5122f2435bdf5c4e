"""Every sentence of the widget's frame. It carries those of one language as data."""

from collections.abc import Mapping

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.chat.models import REASONS
from apps.sites.models import CHINESE, ENGLISH, LANGUAGES

# In their own words, so that nobody has to read another language to find theirs.
LANGUAGE_NAMES = {ENGLISH: "English", CHINESE: "简体中文"}
# Written into the page itself.
PAGE: Mapping[str, Promise] = {
    "greeting": _(
        "Hello! I am an AI assistant and answer from our help pages. What can I do for you?"
    ),
    "title": _("Support chat"),
    "conversation": _("Conversation"),
    "talk_to_person": _("Talk to a person"),
    "at_once": _("AI, answers at once"),
    "menu": _("Menu"),
    "language": _("Language"),
    "sound": _("Sound for new messages"),
    "save_txt": _("Save the conversation (.txt)"),
    "save_html": _("Save the conversation (.html)"),
    "close": _("Close the chat"),
    "placeholder": _("Write a message…"),
    "message": _("Your message"),
    "attach": _("Attach files"),
    "send": _("Send"),
    "assistant": _("AI assistant"),
    "suggestions": _("Suggested questions"),
    "new_messages": _("New messages"),
    "stop": _("Stop answering"),
    "privacy": _("Privacy"),
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
    "retry": _("Try again"),
    "edit": _("Edit"),
    "more": _("Show more"),
    "less": _("Show less"),
    "answering": _("The assistant is answering"),
    "stopped": _("Stopped"),
    "sources": _("Sources ({count})"),
    "helpful": _("Helpful"),
    "not_helpful": _("Not helpful"),
    "rated": _("Thank you for telling us."),
    "privacy_more": _("Privacy policy"),
    "agree": _("Agree and start chatting"),
    "offline": _("You are offline. What you write is sent when the connection is back."),
    "connecting": _("Connecting… What you write is sent when the connection is back."),
    "back_online": _("The connection is back."),
    "too_many_waiting": _("Too many messages are waiting to be sent. Please wait a moment."),
    "characters_left": _("{count} characters left"),
    "characters_over": _("{count} characters too many"),
    "ended": _("This chat has ended. Write a message to begin a new one."),
    "new_tab": _("(opens in a new tab)"),
}
# Said by what is fetched when it is first needed, by the name of its file.
FORMS: Mapping[str, Promise] = {
    "yes": _("Yes, go ahead"),
    "no": _("No, change something"),
    "give": _("OK"),
    "choose": _("Please choose…"),
    "example": _("For example: {example}"),
    "lack": _("I do not have it"),
    "form_title": _("Leave a message"),
    "form_name": _("Name (optional)"),
    "form_email": _("E-mail"),
    "form_phone": _("Phone"),
    "form_either": _("Please fill in an e-mail address or a phone number."),
    "form_wrong": _("This does not look right."),
    "form_text": _("Message"),
    "form_text_missing": _("Please write your message."),
    "form_send": _("Send to our team"),
}
REASONS_WHY: Mapping[str, Promise] = {
    "why": _("What was wrong with it? (optional)"),
    **{f"why_{code}": sentence for code, sentence in REASONS.items()},
    "why_more": _("In your own words"),
    "why_send": _("Send feedback"),
}
EDITED: Mapping[str, Promise] = {"edited": _("Corrected at {at}")}
FILES: Mapping[str, Promise] = {
    "files": _("Files to send"),
    "picture": _("Picture"),
    "save": _("Save {name}"),
    "remove": _("Remove {name}"),
    "uploading": _("Uploading"),
    "there": _("{name} is ready to be sent."),
    "not_up": _("It could not be uploaded."),
    "again": _("Try again"),
    "first": _("Remove it, or try again, to send your message."),
    "too_big": _("It is too large; a file may have {most}."),
    "too_many": _("A message takes {count} files; the others were left out."),
}
CLOSING: Mapping[str, Promise] = {
    "csat": _("How satisfied are you with this conversation?"),
    "csat_1": _("Very dissatisfied"),
    "csat_2": _("Dissatisfied"),
    "csat_3": _("Neither"),
    "csat_4": _("Satisfied"),
    "csat_5": _("Very satisfied"),
    "csat_comment": _("What was good, what was not? (optional)"),
    "csat_send": _("Send rating"),
    "csat_skip": _("Skip"),
    "csat_given": _("Your rating: {score} of 5."),
    "csat_change": _("Change"),
    "csat_thanks": _("Thank you for telling us."),
}
QUEUE: Mapping[str, Promise] = {
    "waiting": _("Waiting for our team"),
    "queued": _("Our team has your request. A person will get back to you."),
    "unreachable": _("Leave an address so that our team can reach you, or stay here."),
    "human": _("You are talking to our team."),
    "human_named": _("You are talking to {name}."),
    "next": _("You are next."),
    "place": _("You are number {position} in the queue."),
    "minute": _("About a minute."),
    "minutes": _("About {minutes} minutes."),
    "nobody": _("Nobody from our team is here at the moment."),
    "closed": _("Our team is not here at this hour."),
    "opens": _("Our team is not here at this hour. It is back on {at}."),
    "leave": _("Leave a message instead"),
}
MODULES: Mapping[str, Mapping[str, Promise]] = {
    "closing": CLOSING,
    "edited": EDITED,
    "files": FILES,
    "forms": FORMS,
    "queue": QUEUE,
    "reasons": REASONS_WHY,
    "sound": {},
    "twin": {},
}


def page_strings(language: str) -> dict[str, str]:
    """The sentences of the page in `language`, a BCP 47 tag."""
    return _in_language(PAGE, language)


def script_strings(language: str) -> dict[str, str]:
    return _in_language(SCRIPT, language)


def module_strings(module: str) -> dict[str, dict[str, str]]:
    """Those of all languages, by language: the file that holds them is the same for everyone."""
    sentences = MODULES[module]
    return {language: _in_language(sentences, language) for language, _name in LANGUAGES}


def _in_language(sentences: Mapping[str, Promise], language: str) -> dict[str, str]:
    with translation.override(language.lower()):
        return {name: str(text) for name, text in sentences.items()}
