"""What a process must not load at its start: libraries of seconds and hundreds of megabytes, and
the admin's pages where none are shown."""

import os
import subprocess
import sys

import pytest

from tests.stack import ROOT

HEAVY = (
    "llama_index",
    "openai",
    "transformers",
    "torch",
    "pandas",
    "matplotlib",
    "nltk",
    "pyarrow",
    "openpyxl",
)
PAGES = ("admin", "people", "urls", "views", "api")
DOORS = ("helpdesk.asgi", "helpdesk.celery", "apps.dialogue.management.commands.sweep")
SCRIPT = """
import sys
import django
django.setup()
import {door}
print(*sys.modules)
"""


def loaded_by(door: str) -> set[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "helpdesk.settings"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(door=door)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("door", DOORS)
def test_no_process_starts_with_a_heavy_library(door):
    loaded = loaded_by(door)
    assert not {name.partition(".")[0] for name in loaded}.intersection(HEAVY)
    pages = {
        name
        for name in loaded
        if name.startswith(("apps.", "helpdesk."))
        # Rows about people are no page of them.
        and ".models." not in name
        and set(name.split(".")[1:]).intersection(PAGES)
    }
    assert bool(pages) == (door == "helpdesk.asgi")
