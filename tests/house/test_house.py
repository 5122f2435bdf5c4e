"""The rules of the house that no linter holds: sizes, names, where imports stand, and that what
the code reads and changes is written down."""

import ast
import re
import statistics
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

from tests.stack import ROOT

OURS = ("apps", "helpdesk", "tests", "bench")
FORBIDDEN_NAMES = ("utils", "util", "helpers", "helper", "common", "misc", "selectors")
OPERATIONS = ROOT / "docs" / "operations.md"
READERS = {"text", "flag", "number", "whole", "words", "networks", "origins"}
# The project's admin of what Django brings: found by that name once the apps have registered theirs.
UNFOLD_ELSEWHERE = {"helpdesk/people.py"}
PAUSES = ("sleep", "wait_for_timeout")
# The browser's events reach a test only while one of Playwright's calls runs, and no server tells when
# its other clients are done.
POLLING = {
    "tests/emptying.py empty",
    "tests/widget/test_browser_launcher.py test_an_answer_that_comes_while_it_is_closed_is_counted",
    "tests/faults/waiting.py until",
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def files() -> dict[str, str]:
    """Every Python file of ours with its text; migrations are generated."""
    return {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for folder in OURS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "migrations" not in path.parts
    }


@cache
def trees() -> dict[str, ast.Module]:
    return {name: ast.parse(text) for name, text in files().items()}


def functions() -> Iterator[tuple[str, Function]]:
    for name, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield f"{name}:{node.lineno} {node.name}", node


def length(node: Function) -> int:
    """From `def` to the last line, without decorators."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def share(values: list[int], part: float) -> int:
    """The value that this part of all values does not exceed."""
    return sorted(values)[int(part * (len(values) - 1))]


def test_functions_are_short():
    lengths = {name: length(node) for name, node in functions()}
    assert [name for name, lines in lengths.items() if lines > 60] == []
    assert statistics.median(lengths.values()) <= 10
    assert share(list(lengths.values()), 0.95) <= 35


def test_files_are_short():
    lines = {name: text.count("\n") for name, text in files().items()}
    assert [name for name, count in lines.items() if count > 400] == []
    # Tables of a test's examples are read by looking up, not from top to bottom.
    code = [count for name, count in lines.items() if not name.startswith("tests/")]
    assert share(code, 0.95) <= 300
    assert lines["helpdesk/settings.py"] <= 300


def test_names_say_what_is_inside():
    for name in files():
        parts = Path(name).with_suffix("").parts
        assert not set(parts).intersection(FORBIDDEN_NAMES), name


def imported(node: ast.AST) -> list[str]:
    """The modules that an import names."""
    match node:
        case ast.ImportFrom(module=str(module)):
            return [module]
        case ast.Import(names=aliases):
            return [alias.name for alias in aliases]
    return []


def own(node: ast.AST) -> bool:
    return any(name.partition(".")[0] in OURS for name in imported(node))


def test_our_own_modules_are_imported_at_the_top():
    """An import inside a function hides a circle between two of ours."""
    hidden = [
        name
        for name, node in functions()
        if name.startswith(("apps/", "helpdesk/"))
        for inner in ast.walk(node)
        if own(inner)
    ]
    assert hidden == []


def knows(tree: ast.Module, package: str) -> bool:
    return any(
        name.partition(".")[0] == package for node in ast.walk(tree) for name in imported(node)
    )


def is_admin(name: str) -> bool:
    """`admin.py`, or a module of an `admin` package."""
    return "admin" in Path(name).with_suffix("").parts


def test_only_admin_modules_know_unfold():
    """Another look of the admin must not reach the business code."""
    known = {name for name, tree in trees().items() if knows(tree, "unfold")}
    assert {name for name in known if not is_admin(name)} == UNFOLD_ELSEWHERE


def test_celery_tasks_are_thin_shells():
    for name, node in functions():
        if re.search(r"^apps/\w+/tasks\.py:", name):
            assert length(node) <= 10, name


def test_only_tasks_queue_work():
    """`.delay` and `.apply_async` are called by the `enqueue_*` helpers, on commit."""
    for name, text in files().items():
        if name.startswith("apps/") and not name.endswith("/tasks.py"):
            assert not re.search(r"\.(delay|apply_async)\(", text), name


def pauses(node: ast.AST) -> bool:
    """A call that lets time pass; a pause of nothing only lets others run."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=args) if (
            name in PAUSES
        ):
            return [arg.value for arg in args if isinstance(arg, ast.Constant)] != [0]
    return False


def test_tests_wait_for_what_happens_never_for_time_to_pass():
    sleepers = {
        f"{place.partition(':')[0]} {node.name}"
        for place, node in functions()
        if place.startswith("tests/") and any(map(pauses, ast.walk(node)))
    }
    assert sleepers == POLLING


@pytest.mark.django_db
def test_the_models_and_the_migrations_agree(capsys):
    call_command("makemigrations", "--check", "--dry-run", verbosity=1)
    assert "No changes detected" in capsys.readouterr().out


def migrations() -> list[str]:
    return [
        path.stem
        for config in apps.get_app_configs()
        if config.name.startswith("apps.")
        for path in (Path(config.path) / "migrations").glob("[0-9]*.py")
    ]


def test_migrations_say_what_they_do():
    assert migrations()
    for name in migrations():
        assert re.fullmatch(r"\d{4}_[a-z0-9_]+", name), name
        assert "_auto_" not in name, name


def variables() -> set[str]:
    """The environment variables that the project reads through `env`."""
    found = set()
    for name, tree in trees().items():
        for node in ast.walk(tree) if name.startswith("helpdesk/") else ():
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="env"), attr=reader),
                    args=[ast.Constant(value=str(variable)), *_],
                ) if reader in READERS:
                    found.add(variable)
    return found


def test_the_settings_read_the_environment_through_env_alone():
    for name in ("helpdesk/settings.py", "helpdesk/limits.py"):
        assert not re.search(r"os\.(environ|getenv)", files()[name]), name


def test_every_variable_is_documented():
    page = OPERATIONS.read_text(encoding="utf-8") if OPERATIONS.exists() else ""
    assert variables() - set(re.findall(r"[A-Z][A-Z_]+", page)) == set()


def test_the_reader_of_variables_finds_them():
    assert {"DATABASE_URL", "HELPDESK_SECRET_KEY", "HELPDESK_LIMITS_TRUSTED", "PORT"} <= variables()
