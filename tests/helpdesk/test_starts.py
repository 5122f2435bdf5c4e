"""What is looked at before a process works: the settings by each, the code by `manage.py check`."""

import os
import subprocess
import sys

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.core.management import get_commands, load_command_class

from helpdesk import checks
from tests.stack import ROOT

CELERY = ("celery", "-A", "helpdesk", "--quiet")
STARTS = (
    (*CELERY, "worker", "-Q", "default", "-c", "1"),
    (*CELERY, "beat", "--pidfile="),
    ("manage.py", "sweep"),
    ("manage.py", "drain"),
)


@pytest.mark.parametrize("start", STARTS, ids=" ".join)
def test_no_process_starts_with_settings_that_do_not_hold(start, tmp_path):
    program = [sys.executable, *(["-m"] if start[0] == "celery" else []), *start]
    beat = ["-s", str(tmp_path / "schedule")] if "beat" in start else []
    done = subprocess.run(
        program + beat,
        cwd=ROOT,
        env={**os.environ, "HELPDESK_SEAL_KEY": "short"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "Set HELPDESK_SEAL_KEY" in done.stderr


def test_a_command_looks_at_the_settings_at_least(settings):
    settings.SEAL_KEY = "short"
    ours = {name for name, app in get_commands().items() if app.startswith(("apps.", "helpdesk"))}
    for name in ours - {"evaluate"}:
        asked = load_command_class(get_commands()[name], name).requires_system_checks
        found = run_checks() if asked == "__all__" else run_checks(tags=asked)
        assert "helpdesk.E005" in {message.id for message in found}, name


def test_the_checks_look_at_the_lists_of_the_admin(monkeypatch):
    assert run_checks(tags=["admin"]) == []
    monkeypatch.setattr(type(admin.site._registry[User]), "list_display", ("no such column",))
    assert {message.id for message in run_checks(tags=["admin"])} == {"admin.E108"}


def test_the_settings_are_looked_at_under_their_own_name():
    assert run_checks(tags=[checks.TAG]) == []
