"""What a model is told to do by its name: `good`, `429-3`, `slow-first-token-3s`, `500~second`."""

import re
from dataclasses import dataclass

# What the server prints when it listens; the port and /v1 come behind it.
READY = "FakeLLM at http://127.0.0.1:"
NAME = re.compile(r"(?P<base>.+?)(?:-(?P<number>\d+(?:\.\d+)?)(?P<unit>ms|s|mb)?)?(?:~.*)?")
FACTORS = {"ms": 0.001, "s": 1.0, "mb": 1_048_576.0, None: 1.0}


@dataclass(frozen=True, slots=True)
class Name:
    """`number` in seconds, bytes or as it stands, by its unit; None without one. What comes after
    a ~ only tells models of the same behaviour apart."""

    whole: str
    base: str
    number: float | None

    def given(self, default: float) -> float:
        return default if self.number is None else self.number


def read_name(whole: str) -> Name:
    found = NAME.fullmatch(whole)
    if found is None:
        return Name(whole, whole, None)
    number = float(found["number"]) * FACTORS[found["unit"]] if found["number"] else None
    return Name(whole, found["base"], number)
