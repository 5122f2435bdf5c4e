"""One slot's value out of a text that is meant for it: typed into its form, or a whole answer."""

from apps.engine.commands import SetSlot, Unfit
from apps.engine.flows import LONGEST_VALUE, SlotKind, SlotSpec
from apps.engine.recognise.hearing import hear
from apps.engine.recognise.line import FoldedLine, read
from apps.engine.recognise.mention import Mention
from apps.engine.recognise.prepared import Prepared, prepare
from apps.engine.recognise.reasons import OTHER, Reason, option_of, reason
from apps.engine.types import Snapshot

# A choice of this name is answered in free words (see reasons.py).
REASON = "reason"
TAIL = 4


def parse(spec: SlotSpec, text: str, snapshot: Snapshot) -> SetSlot | Unfit:
    """What `text` says for the slot, or why it says nothing that fits: "shape", "several",
    "unknown", "too_long"."""
    line = read(text)
    prepared = prepare(snapshot.book)
    match spec.kind:
        case SlotKind.TEXT:
            return free(spec, line)
        case SlotKind.CHOICE:
            return chosen(spec, line, prepared) or Unfit(spec.name, "unknown")
        case SlotKind.PRODUCT if not snapshot.book.products:
            return free(spec, line)
        case SlotKind.PRODUCT if any(one.value == text.strip() for one in snapshot.book.products):
            # From a list, which sends the product's own number.
            return _whole(spec, line, text.strip())
    active = snapshot.memory.active
    inside = (active.flow, active.version) if active else None
    mentions = hear(line.folded, prepared, asked=spec.kind, today=snapshot.today, inside=inside)
    found = picked(spec, mentions, line)
    if found:
        return found
    return Unfit(spec.name, "unknown" if spec.kind is SlotKind.PRODUCT else "shape")


def picked(spec: SlotSpec, mentions: list[Mention], line: FoldedLine) -> SetSlot | Unfit | None:
    """The one mention of the slot's kind; None when there is none."""
    fitting = [mention for mention in mentions if fits(spec, mention)]
    values = tuple(dict.fromkeys(value_for(spec, mention) for mention in fitting))
    if not fitting:
        return None
    if len(values) > 1:
        return Unfit(spec.name, "several", values)
    if fitting[0].problem:
        return Unfit(spec.name, fitting[0].problem)
    return put(spec.name, values[0], line, fitting[0].start, fitting[0].end)


def fits(spec: SlotSpec, mention: Mention) -> bool:
    if spec.kind is SlotKind.PHONE_TAIL and mention.kind is SlotKind.PHONE:
        return True
    return mention.kind is spec.kind


def value_for(spec: SlotSpec, mention: Mention) -> str:
    """A whole phone gives its last four digits where those are asked for."""
    is_tail = spec.kind is SlotKind.PHONE_TAIL and mention.kind is SlotKind.PHONE
    return mention.value[-TAIL:] if is_tail else mention.value


def chosen(spec: SlotSpec, line: FoldedLine, prepared: Prepared) -> SetSlot | None:
    """The option that an answer names: exactly, somewhere in it, or with a typo."""
    choice = prepared.choice_of(spec)
    if value := choice.exactly(line.folded):
        return _whole(spec, line, value)
    if spec.name == REASON and (found := explained(spec, reason(line.folded), line, prepared)):
        return found
    inside = choice.inside(line.folded)
    if len({one.value for one in inside}) == 1:
        return put(spec.name, inside[0].value, line, inside[0].start, inside[0].end)
    if value := choice.nearly(line.folded):
        return _whole(spec, line, value)
    return None


def explained(
    spec: SlotSpec, given: Reason | None, line: FoldedLine, prepared: Prepared
) -> SetSlot | None:
    """The option that stands for a reason in somebody's own words."""
    if given is None:
        return None
    choice = prepared.choice_of(spec)
    named = {found.value for found in choice.inside(line.folded[given.start : given.end])}
    named.discard(OTHER)
    value = named.pop() if len(named) == 1 else option_of(given.kind, choice.values)
    return put(spec.name, value, line, given.start, given.end) if value else None


def free(spec: SlotSpec, line: FoldedLine) -> SetSlot | Unfit:
    """The whole text as it stands."""
    text = line.text.strip()
    if len(text) > min(spec.longest, LONGEST_VALUE):
        return Unfit(spec.name, "too_long")
    if not line.folded.strip():
        return Unfit(spec.name, "shape")
    start = line.text.index(text)
    return SetSlot(spec.name, " ".join(text.split()), text, start, start + len(text))


def put(name: str, value: str, line: FoldedLine, start: int, end: int) -> SetSlot:
    """A value found at folded[start:end]."""
    first, last = line.span(start, end)
    return SetSlot(name, value, line.text[first:last], first, last)


def _whole(spec: SlotSpec, line: FoldedLine, value: str) -> SetSlot:
    said = line.folded.strip()
    start = line.folded.index(said)
    return put(spec.name, value, line, start, start + len(said))
