"""What a model is told of a turn."""

from collections.abc import Sequence
from dataclasses import replace

from apps.dialogue.play import Played
from apps.dialogue.turns.port import EARLIER, FACT, Claimed
from apps.dialogue.visible import visible
from apps.engine.events import NeedModel
from apps.engine.types import ActiveFlow
from apps.guard.personal import Found, find
from apps.llm.prompts import EarlierLine, Passage, Told

# Each is one more look for personal data.
ROUNDS = 3


def told(claimed: Claimed, played: Played, needs: NeedModel) -> Told:
    """Nothing is masked yet. Of lines no more than a person would read."""
    return Told(
        text=visible(needs.text),
        language=needs.language,
        shop=claimed.shop.get(needs.language) or claimed.shop.get("en", ""),
        flows=played.snapshot.book.flows,
        active=_visible(needs.active) if needs.active else None,
        passages=[Passage(passage.title, passage.text) for passage in needs.passages],
        earlier=[
            EarlierLine(line.author, cut(visible(line.text), EARLIER)) for line in claimed.earlier
        ],
        facts=[(flow, cut(text, FACT)) for flow, text in claimed.facts],
        today=played.snapshot.today,
    )


def _visible(active: ActiveFlow) -> ActiveFlow:
    slots = {
        name: replace(given, value=visible(given.value)) for name, given in active.slots.items()
    }
    return replace(active, slots=slots)


def cut(text: str, most: int) -> str:
    """Its beginning, with nothing personal in part, and with nothing that is found in the whole and
    not in what is left of it, where the words that tell it are gone."""
    if len(text) <= most:
        return text
    found, end = find(text), most
    for _ in range(ROUNDS):
        end = min([each.start for each in found if each.start < end < each.end], default=end)
        if not (lost := _lost(found, text[:end])):
            return text[:end]
        end = min(lost)
    return text[: found[0].start]


def _lost(found: Sequence[Found], text: str) -> list[int]:
    """Where those begin that are wholly in the text and not found in it."""
    whole = [each for each in found if each.end <= len(text)]
    there = find(text) if whole else ()
    return [
        each.start
        for each in whole
        if not any(one.start <= each.start and each.end <= one.end for one in there)
    ]
