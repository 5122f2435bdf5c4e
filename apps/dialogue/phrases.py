"""The bot's own sentences. Answers come from the shop; these stand around them."""

from collections.abc import Mapping
from functools import lru_cache

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.engine.events import Say
from apps.engine.flows import SlotKind

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
    Say.FLOW_WAITS: _(
        "A person will see to it: I have added it to your request for our team. The assistant can "
        "begin with it at once (%(flow)s): go on with the assistant and ask for it again."
    ),
    Say.STILL_ASKED: _(
        "Our team still has your request, and what you just said with it. To wait no longer, press "
        "“Go on with the assistant”."
    ),
    Say.LEAVE_ADDRESS: _(
        "Please leave an e-mail address or a phone number, so that a person can get back to you."
    ),
    Say.REACHABLE: _(
        "Thank you. Your message is with our team. A person will get back to you at %(address)s."
    ),
    Say.HERE: _("I am here. What would you like to know?"),
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
    Say.ASK: _("Please tell me: %(label)s."),
    Say.ASK_AGAIN: _("I could not make that out. Please tell me once more: %(label)s."),
    Say.WHICH_ONE: _("You named several. Which one is it: %(label)s?"),
    Say.WHICH_FLOW: _("What would you like to do?"),
    Say.CONFIRM: _("Please check. Shall I do it like this? Say yes or no."),
    Say.LOOK_FIRST: _("Your answer came before this was shown. Please look at it first."),
    Say.JUST_YES: _("Nothing has been done yet. To go ahead, press “Yes” or write just “yes”."),
    Say.PROOF: _("One more thing, so that nobody else can do this with your order."),
    Say.RUNNING: _("One moment, I am seeing to it."),
    Say.STILL_RUNNING: _("It is still being seen to. I will tell you as soon as it is done."),
    Say.DONE: _("It is done."),
    Say.FOUND: _("There is nothing more to tell about it."),
    Say.REFUSED: _("I am sorry, this cannot be done."),
    Say.FAILED: _(
        "I am sorry, that did not work. A person from our team will look into it; nothing has to "
        "be sent again."
    ),
    Say.CANCELLED: _("All right, I have stopped. Nothing was done."),
    Say.TOO_LATE: _("It was done before your message came."),
    Say.DECLINED: _("Nothing was done. What should be different?"),
    Say.EXPIRED: _("That is not valid any more."),
    Say.SAME_ORDER: _(
        "This is about order %(value)s, as before. If you mean another one, just tell me."
    ),
    Say.TAKEN: _("Noted. %(label)s: %(value)s."),
    Say.ALSO_ASKED: _(
        "You also asked: “%(question)s” Choose it below, or ask it again afterwards."
    ),
    Say.GO_ON: _("You were here before: %(flow)s. Shall we go on?"),
    Say.LATER: _("We come to that right afterwards: %(flow)s."),
    Say.ASK_LATER: _(
        "One thing after the other: please ask me for this again afterwards: %(flow)s."
    ),
    Say.OR_STOP: _("Do you mean “%(flow)s”? Then just go on. Or shall I stop here?"),
    Say.NEXT: _("You also asked for this: %(flow)s. Shall we do that now?"),
    Say.STEER: _("Let us finish this first: %(flow)s."),
    Say.OFFER_PERSON: _("Would you rather talk to a person?"),
}
# Beside what else a reply says: a second question would leave open what a yes is to.
BRIEFLY: Mapping[Say, str | Promise] = {
    Say.GREETING: _("Hello!"),
    Say.THANKS: _("You are welcome."),
}
# For a flow that ends in a ticket: nothing is done yet.
PASSED_ON = _("I have passed this on to our team.")
UNCLEAR = _(
    "I am sorry, I cannot tell yet whether it was done. A person from our team will look into it; "
    "please do not ask for it again meanwhile."
)
# The same whether there is no such order, it is somebody else's, or too many have tried.
NOT_FOUND = _("I cannot find an order of yours with these details.")
FOR_EXAMPLE = _("For example: %(example)s")
YES = _("Yes")
NO = _("No")
STOP_IT = _("Stop, do nothing")
CHANGE = _("Change: %(label)s")
ANOTHER_ORDER = _("Another order")
# Those whose sentence names a bound.
BOUNDS = frozenset({"past", "future", "too_small", "too_large", "too_long"})
PROBLEMS: Mapping[str, str | Promise] = {
    "shape": _("That does not look right."),
    "past": _("That day is too long ago."),
    "future": _("That day is too far ahead."),
    "too_small": _("That is too little; it must be %(least)s or more."),
    "too_large": _("That is too much; it must be %(most)s or less."),
    "too_long": _("That is too long; %(longest)s characters at most."),
    "unknown": _("I do not know that one."),
    "several": _("You named several."),
    "lack": _("I need it to go on."),
}
# What is said to who names something else than an option.
NO_OPTION = _("That is none of the options here.")
# What is said to who does not have it, where there is more to say than that it is needed.
_OLD_NUMBER = _("The number you ordered with counts, even if you do not use it any more.")
LACKED: Mapping[SlotKind, str | Promise] = {
    SlotKind.PHONE: _OLD_NUMBER,
    SlotKind.PHONE_TAIL: _OLD_NUMBER,
}
# Where there is but one thing to choose.
THIS_FLOW = _("Would you like this: %(flow)s?")
# While a model lets its first word be waited for.
LOOKING = _("One moment please, I am looking into it.")
# In place of an answer that no model gave in time.
UNANSWERED = _(
    "I am sorry, I could not find an answer in time. I have passed your question on to our team: "
    "please leave how to reach you, and a person will get back to you."
)
CONNECTING = _(
    "I am passing you on to our team: somebody is there and will join you here. If you would rather "
    "not wait, leave your message and how to reach you, and a person will get back to you."
)
NOBODY_THERE = _(
    "I am sorry: nobody from our team can join you now. Please leave your message and how to reach "
    "you, and a person will get back to you."
)
STOPPED = _("All right, I have stopped.")
TALK_TO_A_PERSON = _("Talk to a person")
FILE_ALONE = _(
    "Your file is in this chat now. The assistant cannot look into it: say what it is about, or "
    "talk to a person, who can."
)
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
