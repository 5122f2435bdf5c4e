"""`make up`, with a made-up project behind it: what is tried is the start and the stop."""

import json
import os
import pty
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from helpdesk import embedded, fakellm, install, outside, places, up
from helpdesk.embedded import Addresses, StartError
from tests.helpdesk.made_up import read_until, start
from tests.stack import ROOT


def handle_of(pid_file: Path) -> int:
    """A descriptor that becomes readable when the process of that id ends."""
    return os.pidfd_open(int(pid_file.read_text().split()[0]))


def has_ended(descriptor: int, seconds: int = 10) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    ended = bool(poll.poll(seconds * 1000))
    os.close(descriptor)
    return ended


@pytest.mark.stack
def test_start_second_start_and_ctrl_c(project, port, own_servers):
    with start(project, port) as first:
        greeting = read_until(first, "Stop")
        assert f"Helpdesk is ready: http://127.0.0.1:{port}/" in greeting
        assert f"http://localhost:{port}/demo/" in greeting
        assert "ann  password: open sesame" in greeting
        with start(project, port + 1) as second:
            said = second.communicate()[0]
        assert said == f"Helpdesk is already running here: http://127.0.0.1:{port}/\n"
        assert second.returncode == 1
        child = handle_of(project / "var/wild-child")
        for _twice in range(2):
            first.send_signal(signal.SIGINT)
        rest = first.communicate()[0]
    assert first.returncode == 0
    assert rest.count("Stopping: the processes first, then Redis, then PostgreSQL.") == 1
    assert has_ended(child)
    assert embedded.addresses(project) is None
    assert list((places.home(project) / "run").iterdir()) == []
    for name in ("secret_key", "seal_key"):
        assert stat.S_IMODE((project / "var" / name).stat().st_mode) == 0o600


@pytest.mark.stack
def test_after_a_kill_nothing_stays_and_the_next_start_works(project, port, own_servers):
    with start(project, port) as killed:
        read_until(killed, "Helpdesk is ready")
        left = [
            handle_of(project / "var/web"),
            handle_of(places.home(project) / "data/postmaster.pid"),
        ]
        killed.kill()
    assert all(map(has_ended, left))
    with start(project, port) as again:
        read_until(again, "Helpdesk is ready")
        again.terminate()
        again.communicate()
    assert again.returncode == 0


@pytest.mark.stack
def test_a_process_that_dies_is_named_and_takes_the_rest_down(project, port):
    (project / "Procfile").write_text("web: python web.py\njobs: sh -c 'echo FATAL: no; exit 3'\n")
    with start(project, port) as running:
        said = running.communicate()[0]
    assert running.returncode == 1
    log = project / "var/log/jobs.log"
    assert f"jobs ended with code 3: FATAL: no (log: {log})" in said
    up.check_port_is_free(port)


@pytest.mark.stack
def test_a_database_that_cannot_be_prepared_ends_the_start(project, port):
    with start(project, port, BREAK="yes") as running:
        said = running.communicate()[0]
    assert running.returncode == 1
    log = project / "var/log/prepare.log"
    assert f"prepare ended with code 1: SomeError: it broke (log: {log})" in said
    assert "Traceback" not in said


@pytest.mark.stack
def test_the_demo_can_be_renewed(project, port):
    with start(project, port, "demo-reset", YES="1") as running:
        said = running.communicate()[0]
    assert running.returncode == 0
    assert "This deletes 3 chats." in said
    assert "the demo was loaded ['--reset']" in said


@pytest.mark.stack
def test_the_demo_is_not_renewed_by_a_script_that_did_not_say_yes(project, port):
    with start(project, port, "demo-reset", YES="") as running:
        said = running.communicate()[0]
    assert running.returncode == 1
    assert "This deletes 3 chats." in said
    assert "Nothing was deleted. To go ahead without a terminal: YES=1 make demo-reset" in said
    assert "the demo was loaded" not in said


@pytest.mark.stack
@pytest.mark.parametrize(("answer", "code"), [(b"yes\n", 0), (b"\n", 1), (b"\x04", 1)])
def test_whoever_renews_the_demo_at_a_terminal_is_asked(project, port, answer, code):
    ours, terminal = pty.openpty()
    with start(project, port, "demo-reset", stdin=terminal, YES="") as running:
        said = read_until(running, "Type yes to go ahead:")
        os.write(ours, answer)
        said += running.communicate()[0]
    os.close(ours)
    os.close(terminal)
    assert running.returncode == code
    assert ("the demo was loaded ['--reset']" in said) is (code == 0)


FAKE = """
import os, pathlib, sys, time
pathlib.Path("var/fakellm").write_text(" ".join([*sys.argv[1:], os.environ["FAKELLM_URL"]]))
time.sleep(600)
"""


@pytest.mark.stack
def test_a_fake_model_runs_beside_it_when_asked(project, port):
    (project / "tests/fakellm").mkdir(parents=True)
    (project / "tests/fakellm/__main__.py").write_text(FAKE)
    other = fakellm.port(fakellm.address({"FAKELLM": "1"}, port) or "")
    with start(project, port, FAKELLM="1") as running:
        greeting = read_until(running, "Stop")
        running.terminate()
        running.communicate()
    url = f"http://127.0.0.1:{other}/v1"
    assert f"  FakeLLM    {url}  (any key)\n" in greeting
    assert (project / "var/fakellm").read_text() == f"--port {other} {url}"


@pytest.mark.parametrize("word", ["0", "65536", "-1", "web", "8000.0", "٨٠٠٠"])
def test_a_port_that_is_none_is_named(word):
    with pytest.raises(StartError, match=f"from 1 to 65535, not '{word}'"):
        up.web_port({"PORT": word})


def test_the_port_is_8000_unless_told():
    assert up.web_port({}) == up.web_port({"PORT": ""}) == 8000
    assert up.web_port({"PORT": "8123"}) == 8123


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1"])
def test_a_taken_port_is_named_with_the_way_out(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as other:
        try:
            other.bind((host, 0))
        except OSError:
            pytest.skip(f"{host} is not there")
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StartError, match=f"Port {port} is taken .*PORT=8123 make up"):
            up.check_port_is_free(port)
    up.check_port_is_free(port)


@pytest.mark.parametrize(
    ("check", "url"),
    [
        (outside.check_database, "postgresql://ann:t0psecret@127.0.0.1:1/desk"),
        (outside.check_database, "postgresql://ann:t0p@secret@host:port/desk"),
        (outside.check_database, "t0psecret"),
        (outside.check_redis, "redis://:t0psecret@127.0.0.1:1/0"),
        (outside.check_redis, "t0psecret"),
    ],
)
def test_a_server_out_of_reach_is_one_sentence_without_the_password(check, url):
    with pytest.raises(
        StartError, match=r"of (DATABASE|REDIS)_URL cannot be reached: .*\.$"
    ) as told:
        check(url)
    assert "secret" not in str(told.value)
    assert "t0p" not in str(told.value)
    assert "\n" not in str(told.value)


def test_processes_get_the_addresses_and_no_settings_of_other_databases(project, monkeypatch):
    monkeypatch.setenv("PGPORT", "6543")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for name in up.KEYS:
        monkeypatch.delenv(name, raising=False)
    (project / "var").mkdir()
    given = up.child_environment(project, Addresses("postgresql://a", "unix://b"), 8123)
    assert "PGPORT" not in given
    assert given["DATABASE_URL"] == "postgresql://a"
    assert given["PORT"] == "8123"
    assert given["PATH"].startswith(f"{Path(sys.executable).parent}:")
    again = up.child_environment(project, Addresses("postgresql://a", "unix://b"), 8123)
    keys = {given[name] for name in up.KEYS}
    assert keys == {again[name] for name in up.KEYS}
    assert [len(key) >= 50 for key in keys] == [True, True]


def test_without_a_demo_the_greeting_names_no_password(project):
    assert up.read_login(project) is None
    assert "password" not in up.greeting(8000, None, has_demo=True)


@pytest.mark.parametrize("has_demo", [True, False])
def test_the_demo_shop_is_named_while_it_is_there(has_demo):
    assert ("/demo/" in up.greeting(8000, None, has_demo=has_demo)) is has_demo


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copy(ROOT / "requirements.txt", folder)
    return subprocess.run(["make", "-C", folder, *arguments], capture_output=True, text=True)


def test_make_alone_lists_the_targets(tmp_path):
    said = make(tmp_path, "--no-print-directory")
    assert said.returncode == 0
    assert {line.split()[1] for line in said.stdout.splitlines()} >= {"up", "test", "install"}


def test_a_python_that_is_too_old_is_named(tmp_path):
    old = tmp_path / "python-old"
    old.write_text('#!/bin/sh\ncase "$2" in *print*) echo 3.9 ;; *) exit 1 ;; esac\n')
    old.chmod(0o755)
    said = make(tmp_path, "install", f"PYTHON={old}")
    assert f"Helpdesk needs Python 3.11 or newer: {old} is 3.9." in said.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_missing_venv_module_is_named(tmp_path):
    bare = tmp_path / "python-bare"
    bare.write_text(
        '#!/bin/sh\ncase "$2" in *print*) echo 3.12 ;; *venv*) exit 1 ;; *) exit 0 ;; esac\n'
    )
    bare.chmod(0o755)
    said = make(tmp_path, "install", f"PYTHON={bare}")
    assert (
        "lacks its venv module; on Debian or Ubuntu: apt-get install python3.12-venv" in said.stderr
    )


@pytest.mark.parametrize("target", ["install", "install-dev", "up"])
def test_an_environment_of_another_checkout_is_left_alone(tmp_path, target):
    other = tmp_path / "other"
    other.mkdir()
    (other / "kept").touch()
    here = tmp_path / "here"
    here.mkdir()
    (here / ".venv").symlink_to(other)
    said = make(here, target)
    assert said.returncode
    assert f".venv is a link to {other}, which would be overwritten" in said.stderr
    assert [each.name for each in other.iterdir()] == ["kept"]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Collecting django==5.2.1 (from -r requirements.txt (line 9))\n", "django"),
        ("Processing /some/where/asgiref-3.13.0-py3-none-any.whl\n", "asgiref"),
        ("Requirement already satisfied: celery==5.7.0 in ./.venv/lib\n", "celery"),
        ("  Downloading celery-5.7.0.whl\n", None),
        ("\n", None),
    ],
)
def test_progress_names_the_package(line, name):
    assert install.package(line) == name


def test_credentials_are_read_back_for_their_own_database_only(project, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (project / "var").mkdir()
    (project / "var/operator.json").write_text(json.dumps({"user": "ann", "password": "x"}))
    assert up.read_login(project) == ("ann", "x")
    monkeypatch.setenv("DATABASE_URL", "postgresql://other/helpdesk")
    assert up.read_login(project) is None
