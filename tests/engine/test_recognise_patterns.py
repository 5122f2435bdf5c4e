"""Which of the staff's regular expressions may run, and how much of a line they may cost."""

import pytest

from apps.engine.book import Book
from apps.engine.flows import FlowSpec, SlotKind, SlotSpec
from apps.engine.recognise import patterns
from apps.engine.recognise.costs import LONGEST_RUN, steps_over
from apps.engine.recognise.patterns import (
    LINE_STEPS,
    LONGEST_PATTERN,
    MOST_OF_BOOK,
    RUN_STEPS,
    check_pattern,
    compiled,
    spans,
    usable,
)
from apps.engine.recognise.prepared import prepare
from apps.engine.understand import understand
from tests.engine.standard import inside, outside

GOOD = [
    r"\d{10,18}",
    r"[A-Z]{2}-?\d{5,12}",
    r"KD-\d+",
    r"(?:\d{2,4}-){3}\d+",
    r"\d{1,8}-\d{1,8}-\d{1,8}",
    r"(?:[A-Z0-9]{4}-){2,4}[A-Z0-9]{4}",
    r"SO\d+|PO\d+",
    r"\d+-\d+",
    r"[A-Z]*-?\d+",
    r"(?=A)\w{6}",
    r"(?:ab|cd){3}",
    r"(A|B)\d++",
    r"(?<=#)\d{6}\b",
    r"(?>KD)\d{6}",
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
    # From each of 64 places in 4 000 ways: the ways from one of them alone would pass.
    r"(?:.|.){1,11}~": "slow",
    "a*": "matches_empty",
    r"\d{0,3}": "matches_empty",
}
# The dearest that pass, each over what it is dearest on.
DEAR = [r"(?:.|.){1,9}~", r".+.+~", r"(?:[^~]|[^!]){1,8}~", r"(?:(.)|(.)){1,8}~", r".+?.+?~"]


@pytest.mark.parametrize("pattern", GOOD)
def test_a_plain_pattern_may_run(pattern):
    assert check_pattern(pattern) == ""
    assert compiled(pattern)


@pytest.mark.parametrize(("pattern", "problem"), BAD.items())
def test_a_pattern_that_may_not_run(pattern, problem):
    assert check_pattern(pattern) == problem
    assert compiled(pattern) is None


def test_a_pattern_meets_whole_words():
    assert found("order kd-12 here", "KD-[0-9]+") == ["kd-12"]
    assert found("akd-12", "KD-[0-9]+") == []
    assert found("kd-12", "KD-[0-9]") == []


def test_what_one_pattern_took_is_no_later_ones():
    assert found("kd-123456-99", r"KD-\d{6}", r"\d{2,6}") == ["kd-123456", "99"]
    assert found("11-kd22-33", r"KD\d{2}", "33", r"\d{2}") == ["kd22", "33", "11"]
    assert sorted(found("kd-12 34", r"\d{2}", r"KD-\d{2}")) == ["12", "34"]


def test_an_empty_fit_is_none():
    assert found("kd-12", r"(?=kd)|zz\d") == []
    assert found("1--2", r"(?=-)") == []


def test_a_run_longer_than_any_order_is_not_looked_at():
    assert found("1" * LONGEST_RUN, r"\d+") == ["1" * LONGEST_RUN]
    assert found(f"{'1' * (LONGEST_RUN + 1)} 22", r"\d+") == ["22"]


class TestSteps:
    def test_grow_with_the_run(self):
        steps = steps_over(r"\d+-\d+")
        assert len(steps) == LONGEST_RUN + 1
        assert list(steps) == sorted(steps)
        assert steps[16] < 2_000 < steps[LONGEST_RUN] < RUN_STEPS

    @pytest.mark.parametrize("pattern", DEAR)
    def test_of_the_dearest_pattern_are_counted(self, pattern):
        """Every start tries every way: no fewer than there are ways to split what is left."""
        assert RUN_STEPS / 10 < steps_over(pattern)[LONGEST_RUN] <= RUN_STEPS

    def test_of_a_line_have_a_bound_whatever_staff_have_saved(self, monkeypatch):
        spent = metered(monkeypatch)
        line = " ".join(["-" * (LONGEST_RUN - 1) + "1"] * 60)
        list(spans(line, usable(DEAR * 4)))
        assert 0 < sum(spent) <= LINE_STEPS

    def test_are_spent_on_short_runs_first(self):
        junk = " ".join(["-" * (LONGEST_RUN - 1) + "1"] * 60)
        assert found(f"{junk} kd-123456", *DEAR, r"KD-\d{6}") == ["kd-123456"]

    def test_are_enough_for_many_orders_and_patterns(self):
        own = [rf"{letter}\d+-\d+" for letter in "abcdefghijklmnopqrst"]
        orders = [f"t{number}-12345678" for number in range(100_000, 100_016)]
        assert sorted(found(" ".join(orders), *own)) == orders


def test_a_book_has_so_many_patterns_at_most():
    assert len(usable(f"KD{number}" for number in range(MOST_OF_BOOK + 5))) == MOST_OF_BOOK
    assert len(usable(["KD1", "KD1", "(", "KD2"])) == 2


def flow(key, *own, version=1):
    order = SlotSpec(name="order", kind=SlotKind.ORDER_ID, labels={}, prompts={}, patterns=own)
    return FlowSpec(key=key, version=version, names={"en": key}, slots=(order,))


class TestPast:
    """A version that no line starts reads with its own patterns for those inside only."""

    book = Book(flows=(flow("new", r"NEW\d{6}"),), past=(flow("old", r"OLD\d{6}"),))

    def test_its_patterns_are_no_orders_for_others(self):
        assert [one.regex.pattern for one in prepare(self.book).patterns] == [around(r"NEW\d{6}")]
        assert not set(values(understand("old123456", outside(self.book)))) & {"OLD123456"}

    def test_its_patterns_are_orders_inside_it(self):
        snapshot = inside("old", "order", book=self.book)
        assert values(understand("old123456", snapshot)) == ["OLD123456"]
        assert values(understand("new123456", snapshot)) == ["NEW123456"]


def around(pattern):
    return rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])"


def values(commands):
    return [command.value for command in commands if hasattr(command, "value")]


def found(line, *own):
    return [line[start:end] for start, end in spans(line, usable(own))]


def metered(monkeypatch):
    """The steps of every search, by its pattern and the length of what it looks through."""
    spent = []
    fits = patterns._fits

    def counted(own, folded, piece):
        spent.append(own.steps[piece[1] - piece[0]])
        return fits(own, folded, piece)

    monkeypatch.setattr(patterns, "_fits", counted)
    return spent
