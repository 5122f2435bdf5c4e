"""What recognisers find."""

from dataclasses import dataclass

from apps.engine.flows import SlotKind


@dataclass(frozen=True, slots=True)
class Mention:
    """A value of one kind at folded[start:end]. `kind` None: numbers that belong to nothing that a
    slot can hold, such as a tracking number. `problem` says why a value cannot be taken."""

    kind: SlotKind | None
    value: str
    start: int
    end: int
    problem: str = ""
