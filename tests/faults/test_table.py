"""The table of the README: every fault has its tests, and they say which one they are."""

import ast
import re
from pathlib import Path

from tests.faults.test_models import FAULTS

HERE = Path(__file__).parent
NUMBERS = [*range(16, 29), *range(37, 48), 54]
# One test for all of them, with a case for each.
MODELS = [*range(37, 45)]
ROW = re.compile(r"^\| F(\d+) \|.*\| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`([\w./]+\.py)(?:::(\w+))?`")
AS = re.compile(r"\bas F(\d+)")
SAYS = re.compile(r"F(\d+)(?:-F(\d+))?")


def table():
    rows = {int(number): told for number, told in ROW.findall((HERE / "README.md").read_text())}
    for number, told in rows.items():
        other = AS.search(told)
        rows[number] = f"{told} {rows[int(other[1])]}" if other else told
    return rows


def docstring(path, name):
    """Raises KeyError without such a test."""
    nodes = ast.parse((HERE / path).read_text()).body
    found = {
        node.name: node
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return ast.get_docstring(found[name]) or ""


def numbers(text):
    return {
        each
        for first, last in SAYS.findall(text)
        for each in range(int(first), int(last or first) + 1)
    }


def test_every_fault_has_a_test_that_names_it():
    rows = table()
    assert sorted(rows) == NUMBERS
    for number, told in rows.items():
        named = NAMED.findall(told)
        assert all((HERE / path).is_file() for path, _ in named)
        said = [numbers(docstring(path, name)) for path, name in named if name]
        assert any(number in each for each in said), f"F{number}"


def test_every_fault_of_a_model_is_tried():
    assert sorted({fault.number for fault in FAULTS}) == MODELS


def test_every_test_here_is_in_the_table():
    named = {(path, name) for told in table().values() for path, name in NAMED.findall(told)}
    for each in HERE.glob("test_*.py"):
        names = re.findall(r"^(?:async )?def (test_\w+)", each.read_text(), re.MULTILINE)
        if each != Path(__file__):
            assert names
            assert {(each.name, name) for name in names} <= named
