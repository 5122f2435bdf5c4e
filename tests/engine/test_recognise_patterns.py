"""Which of the staff's regular expressions may run."""

import pytest

from apps.engine.recognise.patterns import LONGEST_PATTERN, check_pattern, compiled

GOOD = [
    r"\d{10,18}",
    r"[A-Z]{2}-?\d{5,12}",
    r"KD-\d+",
    r"(?:\d{2,4}-){3}\d+",
    r"SO\d+|PO\d+",
    r"\d+-\d+",
    r"(?=A)\w{6}",
    r"(?:ab|cd){3}",
    r"(A|B)\d++",
    r"x" * LONGEST_PATTERN,
]
BAD = {
    "": "empty",
    "  ": "empty",
    "x" * (LONGEST_PATTERN + 1): "too_long",
    "(": "syntax",
    "(?i)a": "syntax",
    "a)(b": "syntax",
    "[[a]": "syntax",
    r"(\w)\1": "reference",
    r"(a)?(?(1)b|c)": "reference",
    r"(a+)+": "slow",
    r"(a|aa)+": "slow",
    r"(?:\d*)*x": "slow",
    r"\d+\d+\d+": "slow",
    r"(?:(?:a{1,9}){1,9}){1,9}": "slow",
    r"(?:a?){60}": "slow",
    r"(?=(?:a+)+)b": "slow",
    r"(?>(?:a+)+)b": "slow",
    "a*": "matches_empty",
    r"\d{0,3}": "matches_empty",
}


@pytest.mark.parametrize("pattern", GOOD)
def test_a_plain_pattern_may_run(pattern):
    assert check_pattern(pattern) == ""
    assert compiled(pattern)


@pytest.mark.parametrize(("pattern", "problem"), BAD.items())
def test_a_pattern_that_may_not_run(pattern, problem):
    assert check_pattern(pattern) == problem
    assert compiled(pattern) is None


def test_a_pattern_meets_whole_words():
    assert compiled("KD-[0-9]+").search("order kd-12")
    assert compiled("KD-[0-9]+").search("akd-12") is None
    assert compiled("KD-[0-9]").search("kd-12") is None
