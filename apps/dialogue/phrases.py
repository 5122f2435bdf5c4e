"""The bot's own sentences. Answers come from the shop; these stand around them."""

from collections.abc import Mapping
from functools import lru_cache

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.engine.events import Say

SAID: Mapping[Say, str | Promise] = {
    Say.NEAR: _("I am not quite sure what you mean. Is it one of these?"),
    Say.UNKNOWN: _(
        "I am sorry, I do not know the answer to that. I have noted your question for our team. "
        "You can put it in other words or talk to a person."
    ),
    Say.HANDOFF: _(
        "I will pass this on to our team. Nobody is at the desk right now: please leave your "
        "message and how to reach you, and a person will get back to you."
    ),
    Say.WAITING: _("Our team already has your request. You can add to it here at any time."),
    Say.UNREACHABLE: _(
        "Our team has your request, but cannot reach you yet. Please leave an e-mail address or "
        "a phone number, or go on with the assistant."
    ),
    Say.NOTED: _(
        "I do not know the answer to that. I have added it to your request for our team; a person "
        "will get back to you."
    ),
    Say.NOTED_UNREACHABLE: _(
        "I do not know the answer to that. I have added it to your request for our team. Please "
        "leave an e-mail address or a phone number, so that a person can get back to you."
    ),
    Say.NOBODY_YET: _(
        "Hello! I am the AI assistant; nobody from our team is here yet. You can go on asking me."
    ),
    Say.WITHDRAWN: _(
        "Your request to our team is withdrawn. The assistant answers again from here on."
    ),
    Say.KEPT: _("Our team keeps your request. Meanwhile the assistant answers again."),
    Say.GREETING: _("Hello! What can I do for you?"),
    Say.THANKS: _("You are welcome. Is there anything else?"),
    Say.FAREWELL: _("Thank you for your visit. Goodbye!"),
    Say.ASSENT: _("All right. Just ask if there is anything else."),
    Say.IDENTITY: _(
        "I am an AI assistant and answer from this shop's help pages. "
        "Say “talk to a person” at any time and our team takes over."
    ),
}
TALK_TO_A_PERSON = _("Talk to a person")
# The engine understands these words in each language: see `engine/return_wish.py`.
GO_ON_WITH_THE_BOT = _("Go on with the assistant")
CONTACT_LABEL = _("How can we reach you?")
LEFT = _(
    "Thank you. Your message is with our team, reference %(reference)s. "
    "A person will get back to you at %(address)s."
)
NO_ADDRESS = _("Please leave an e-mail address or a phone number, so that we can reach you.")
BAD_EMAIL = _("This e-mail address does not look right.")
BAD_PHONE = _("This phone number does not look right.")


@lru_cache(maxsize=256)
def in_language(sentence: str | Promise, language: str) -> str:
    """The sentence in `language`, a BCP 47 tag."""
    with translation.override(language.lower()):
        return str(sentence)


def say(what: Say, language: str) -> str:
    return in_language(SAID[what], language)
