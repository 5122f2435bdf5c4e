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
import sys
from apps.engine import turn
from apps.engine.types import Policy, Snapshot
events = list(turn.run(Snapshot(Policy(0.7, 0.3)), "hello"))
print(len(events), *sorted(sys.modules))
"""


@pytest.fixture(scope="module")
def loaded():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env={}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    events, *modules = done.stdout.split()
    assert events == "2"
    return modules


@pytest.mark.parametrize("name", FOREIGN)
def test_the_engine_runs_without(loaded, name):
    assert not [module for module in loaded if f"{module}.".startswith(f"{name}.")]


def test_everything_the_engine_loads_comes_with_python_or_is_its_own(loaded):
    allowed = {*sys.stdlib_module_names, "apps", "pydantic", "pydantic_core", "__main__"}
    strange = {module.partition(".")[0] for module in loaded} - allowed
    # A virtual environment may load hooks of its own at the start of Python.
    bare = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"], env={}, capture_output=True
    )
    assert strange <= {name.partition(".")[0] for name in bare.stdout.decode().split()}
