"""The item that leaves a line to a model: acked with a turn that is pending."""

from django.conf import settings

from apps.chat.items import Item, NewTurn
from apps.dialogue import ladders
from apps.dialogue.play import Said, Standing
from apps.engine.types import TurnState


def opening(standing: Standing, said: Said, *, language: str = "") -> Item:
    """`language` is the one that the lines are in, if it is not the session's. Call `wake()` when it
    is committed; `full` means that the site has too many turns open, and `busy` that the line has to
    join one."""
    lines = said.lines()
    turn = NewTurn(
        TurnState.PENDING,
        covers=len(lines),
        language=language or standing.language,
        deadline_s=deadline_s(standing.site),
    )
    return Item(standing.session, standing.version, lines, turn=turn)


def deadline_s(site_id: int) -> float:
    """Of a site's turns. A lease may have been made longer since the site was given its own."""
    times = settings.TURNS
    own = ladders.route(site_id).deadline_s
    return max(own, times.least_deadline_s) if own else times.deadline_s
