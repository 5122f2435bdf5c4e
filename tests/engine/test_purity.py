"""The engine loads nothing but the standard library and pydantic, and runs without the rest."""

import subprocess
import sys

import pytest

from tests.stack import ROOT

FOREIGN = [
    "django",
    "channels",
    "celery",
    "kombu",
    "rest_framework",
    "redis",
    "psycopg",
    "numpy",
    "openai",
    "httpx",
    "llama_index",
    "asgiref",
    "apps.sites",
    "apps.chat",
    "apps.knowledge",
    "apps.guard",
    "apps.handoff",
    "apps.dialogue",
    "apps.widget",
    "helpdesk",
]
SCRIPT = """
import pkgutil, sys
import apps.engine
from apps.engine import turn
from apps.engine.events import Ended, Result
from apps.engine.types import Policy, Snapshot
from tests.engine.shop import BOOK
for module in pkgutil.walk_packages(apps.engine.__path__, "apps.engine."):
    __import__(module.name)
events = list(turn.run(Snapshot(Policy(0.7, 0.3)), "hello"))
snapshot = Snapshot(Policy(0.7, 0.3), book=BOOK, fresh="1")
events += turn.run(snapshot, "x", turn.typed(snapshot, {"flow": "return"}))
events += turn.resume(snapshot, Result("1", Ended.DONE))
print(len(events), *sorted(sys.modules))
"""
# What pydantic itself is made of.
PYDANTIC = {
    "pydantic",
    "pydantic_core",
    "annotated_types",
    "typing_extensions",
    "typing_inspection",
}


@pytest.fixture(scope="module")
def loaded():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env={}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    events, *modules = done.stdout.split()
    assert events == "8"
    return modules


@pytest.mark.parametrize("name", FOREIGN)
def test_the_engine_runs_without(loaded, name):
    assert not [module for module in loaded if f"{module}.".startswith(f"{name}.")]


def test_everything_the_engine_loads_comes_with_python_or_is_its_own(loaded):
    allowed = {*sys.stdlib_module_names, *PYDANTIC, "apps", "tests", "__main__"}
    packages = {module.partition(".")[0] for module in loaded} - allowed
    # What Python was built with: a module of its own, whose name differs from machine to machine.
    strange = {name for name in packages if not name.startswith("_sysconfigdata")}
    # A virtual environment may load hooks of its own at the start of Python.
    bare = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"], env={}, capture_output=True
    )
    assert strange <= {name.partition(".")[0] for name in bare.stdout.decode().split()}
