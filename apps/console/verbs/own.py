"""What concerns the operator alone: whether they are there, how their console behaves, finding."""

from apps.console import frames
from apps.console.crew import fits
from apps.console.finding import find
from apps.console.verbs.actors import Actor, Outcome
from apps.console.verbs.texts import checked
from apps.handoff.models import Operator
from apps.handoff.refusals import RefusalCode, Refused
from apps.handoff.services import presence

LONGEST_QUERY = 200


def choose_presence(frame: frames.Presence, actor: Actor) -> Outcome:
    there = presence.choose(operator=actor.operator, choice=frame.state)
    return Outcome({"presence": str(there.state())}, people=True)


def keep_settings(frame: frames.Settings, actor: Actor) -> Outcome:
    if not all(fits(name, value) for name, value in frame.values.items()):
        raise Refused(RefusalCode.BAD_VALUE)
    kept = {**actor.operator.preferences, **frame.values}
    Operator.objects.filter(pk=actor.operator.pk).update(preferences=kept)
    return Outcome()


def search(frame: frames.Search, actor: Actor) -> Outcome:
    found = find(checked(frame.query, LONGEST_QUERY), actor.operator, actor.sites)
    return Outcome(rows=tuple(found))
