"""What a web process must not load: libraries of seconds and hundreds of megabytes."""

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
)
DOORS = ("helpdesk.asgi", "helpdesk.celery", "apps.dialogue.management.commands.sweep")
SCRIPT = """
import sys
import django
django.setup()
import {door}
print(*sys.modules)
"""


@pytest.mark.parametrize("door", DOORS)
def test_no_process_starts_with_a_heavy_library(door):
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "helpdesk.settings"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(door=door)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded.intersection(HEAVY)
