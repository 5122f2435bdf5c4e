"""No regular expression of ours takes a visitor's line apart in two ways again and again, which would
take time that doubles with each word."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest

import apps
from apps.engine import attempts, faults, flow_words
from tests.engine.ambiguity import Automaton

LABELS = ("Order number", "订单号")
DEPTH = 3
# Once took hours for a line of 87 characters, and their like.
ENDLESS = (
    r"(?:我|想|帮我?)*退",
    r"(?:嗯+)+x",
    r"(?:a?b?)*x",
    r"(?:一个?|个|的)*x",
    r"(?:\w+\ ?)*x",
    r"(?:ok(?:ay)?|ay)*x",
    r"(?:ab|a|b){,40}x",
    r"(?:(?:a|b)*+c|ac)*x",
)
BOUNDED = (
    r"(?:我|想|帮我|给我)*退",
    r"(?:ab|a|b)*+x",
    r"(?:a+b)*x",
    r"(?:\w+\ )*x",
    r"(?:a|b){3}x",
    r"a*b*x",
    r"(?:(?:a{,3}|c)b)*x",
    r"(?:[^ab]|a)*x",
)


def patterns() -> dict[str, re.Pattern[str]]:
    """Every compiled one of the project by where it stands, each once."""
    found: dict[str, re.Pattern[str]] = {}
    for module in pkgutil.walk_packages(apps.__path__, "apps."):
        if ".migrations" not in module.name:
            for name, value in vars(importlib.import_module(module.name)).items():
                for place, pattern in within(value, f"{module.name}.{name}"):
                    found.setdefault(place, pattern)
    made = [faults._said_of(way, LABELS) for way in (faults.FAULT, faults.CHANGE, faults.NAMED)]
    words = flow_words._made(("Return", "Cancel an order", "退货", "取消订单", "送货上门"), LABELS)
    made += [attempts._where(LABELS), words.yes, words.doing, words.proof, words.whole]
    found |= {f"made {place}": one for place, one in enumerate(made)}
    once = {(one.pattern, one.flags): (place, one) for place, one in found.items()}
    return dict(once.values())


def within(value: Any, place: str, depth: int = 0) -> Iterator[tuple[str, re.Pattern[str]]]:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield place, value
    elif depth < DEPTH and isinstance(value, dict | list | tuple):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from within(one, f"{place}[{key}]", depth + 1)


def test_no_pattern_reads_a_repetition_in_two_ways():
    found = patterns()
    assert len(found) > 150
    assert {place for place, one in found.items() if Automaton(one).is_ambiguous()} == set()


@pytest.mark.parametrize("pattern", ENDLESS)
def test_a_pattern_without_end_is_told(pattern):
    assert Automaton(re.compile(pattern)).is_ambiguous()


@pytest.mark.parametrize("pattern", BOUNDED)
def test_a_pattern_with_an_end_passes(pattern):
    assert not Automaton(re.compile(pattern)).is_ambiguous()
