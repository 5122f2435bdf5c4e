"""What a report measures: each number with its name, its meaning and the rows that it counts."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from apps.insight.figures import Sums
from apps.insight.links import Links
from apps.insight.telling import told_mean, told_of, told_share, told_time


@dataclass(frozen=True, slots=True)
class Measure:
    """`rows` is the address of the list behind the number, `counted` the name of what, in
    the sums, says whether there are any, `beside` what the number is a part of."""

    title: Promise
    means: Promise
    told: Callable[[Sums], str]
    rows: Callable[[Links], str]
    counted: str
    beside: Callable[[Sums], str] = lambda _sums: ""

    def is_of(self, sums: Sums) -> bool:
        """Whether there are such rows."""
        return getattr(sums, self.counted) not in (None, 0)


def _ratings(sums: Sums) -> str:
    return ngettext("%(count)d rating", "%(count)d ratings", sums.rated) % {"count": sums.rated}


MEASURES = {
    "chats": Measure(
        pgettext_lazy("number", "Chats"),
        _("Chats that began in these days and in which something was said."),
        lambda sums: str(sums.chats),
        lambda links: links.chats(),
        "chats",
    ),
    "by_bot": Measure(
        _("Answered by the bot"),
        _("Of the chats, those that made no ticket."),
        lambda sums: told_share(sums.bot_share),
        lambda links: links.chats(handed="no"),
        "by_bot",
        lambda sums: told_of(sums.by_bot, sums.chats),
    ),
    "handoffs": Measure(
        _("Handoffs"),
        _("Tickets that were opened in these days."),
        lambda sums: str(sums.handoffs),
        lambda links: links.tickets(),
        "handoffs",
    ),
    "wait": Measure(
        _("Wait"),
        _("From the request until somebody took it; half waited no longer."),
        lambda sums: told_time(sums.wait),
        lambda links: links.tickets(went="taken"),
        "wait",
    ),
    "first_response": Measure(
        _("First response"),
        _("From the request to the first answer of a person; half waited no longer."),
        lambda sums: told_time(sums.first_response),
        lambda links: links.tickets(went="answered"),
        "answered",
        lambda sums: told_of(sums.answered, sums.handoffs),
    ),
    "late": Measure(
        _("Late"),
        _("Tickets whose first answer came after it was due, or is still missing by then."),
        lambda sums: str(sums.late),
        lambda links: links.tickets(went="late"),
        "late",
    ),
    "resolution": Measure(
        _("Resolution"),
        _("From the request until it was settled; half took no longer."),
        lambda sums: told_time(sums.resolution),
        lambda links: links.tickets(went="settled"),
        "resolved",
        lambda sums: told_of(sums.resolved, sums.handoffs),
    ),
    "reopened": Measure(
        _("Reopened"),
        _("Of the tickets that were settled, those that had to be opened again."),
        lambda sums: told_share(sums.reopen_rate),
        lambda links: links.tickets(went="reopened"),
        "reopened",
        lambda sums: told_of(sums.reopened, sums.resolved),
    ),
    "csat": Measure(
        _("Satisfaction"),
        _("Mean of what visitors rated their chat with, 1 to 5."),
        lambda sums: told_mean(sums.csat),
        lambda links: links.chats(rated="any"),
        "rated",
        _ratings,
    ),
}
