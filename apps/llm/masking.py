"""What a model is told, without personal data, and its answer with that data back in its place.

One mask for all models that a turn asks: local ones too, since what is local is a line in a row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from apps.engine.flows import FlowSpec, SlotKind
from apps.engine.types import ActiveFlow
from apps.guard.personal import PLACEHOLDER, Found, Kind, Mask
from apps.llm.prompts import EarlierLine, Passage, Told, TurnAnswer

MOST_KEPT = 4_000
# What is in these slots is personal, however it is written.
PERSONAL = {
    SlotKind.PHONE: Kind.PHONE,
    SlotKind.PHONE_TAIL: Kind.PHONE,
    SlotKind.EMAIL: Kind.EMAIL,
}


class Masked:
    """`told` may be given to any model; `known` is everything that was masked, as it was first
    written. Holds the values, so it lives no longer than the turn."""

    def __init__(self, told: Told) -> None:
        self._mask = _Mask()
        self.told = self._told(told)
        self.known = frozenset(map(self._mask.restore, self._mask.made()))

    def restore(self, answer: TurnAnswer) -> TurnAnswer:
        back = self._mask.restore
        cmds = [cmd.model_copy(update={"val": back(cmd.val)}) for cmd in answer.cmds]
        return answer.model_copy(update={"reply": back(answer.reply), "cmds": cmds})

    def restore_growing(self, reply: str) -> str:
        return self._mask.restore_growing(reply)

    def is_stranger(self, text: str) -> bool:
        """Whether a restored text holds a placeholder that stands for nothing."""
        return any(found[0] not in self.known for found in PLACEHOLDER.finditer(text))

    def _told(self, told: Told) -> Told:
        mask = self._mask.mask
        # The visitor's line first: values come back as they are spelt there.
        text = mask(told.text)
        return replace(
            told,
            text=text,
            active=self._active(told.active, told.flows) if told.active else None,
            earlier=[EarlierLine(line.author, mask(line.text)) for line in told.earlier],
            facts=[(name, mask(value)) for name, value in told.facts],
            passages=[self._passage(passage) for passage in told.passages],
        )

    def _passage(self, passage: Passage) -> Passage:
        if is_clean(passage.title) and is_clean(passage.text):
            return passage
        return Passage(self._mask.mask(passage.title), self._mask.mask(passage.text))

    def _active(self, active: ActiveFlow, flows: Sequence[FlowSpec]) -> ActiveFlow:
        flow = next((flow for flow in flows if flow.key == active.flow), None)
        kinds = {slot.name: slot.kind for slot in flow.slots} if flow else {}
        slots = {
            name: replace(slot, value=self._mask.hide(slot.value, kinds.get(name)), said="")
            for name, slot in active.slots.items()
        }
        return replace(active, slots=slots, said=())


@lru_cache(maxsize=MOST_KEPT)
def is_clean(entry: str) -> bool:
    """Many turns rest on the same. What visitors say is never kept so."""
    mask = Mask()
    return mask.mask(entry) == entry


class _Mask(Mask):
    def hide(self, value: str, kind: SlotKind | None) -> str:
        """Wholly, where the slot says that it is personal."""
        if not value or kind not in PERSONAL:
            return self.mask(value)
        return self._placeholder(Found(PERSONAL[kind], 0, len(value), value))

    def made(self) -> Iterable[str]:
        return self._values.keys()
