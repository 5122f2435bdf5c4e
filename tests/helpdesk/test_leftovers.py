"""What a killed or odd earlier start left behind, with real servers."""

import stat
import subprocess
from collections.abc import Iterable

import psycopg
import pytest

from helpdesk import daemons, embedded, places, postgres
from helpdesk.embedded import StartError
from tests.helpdesk.checkouts import IS_ROOT, ask


def test_a_lost_password_is_renewed_and_the_data_kept(checkout):
    ask_kept = "SELECT count(*) FROM pg_class WHERE relname = 'kept'"
    with (
        embedded.running(checkout, durable=True) as first,
        psycopg.connect(first.database_url) as connection,
    ):
        connection.execute("CREATE TABLE kept (n int)")
    (places.home(checkout) / "password").unlink()
    with embedded.running(checkout, durable=True) as second:
        assert second.database_url != first.database_url
        assert ask(second.database_url, ask_kept) == (1,)


def test_leftovers_of_an_interrupted_first_start_do_no_harm(bare_checkout):
    home = places.home(bare_checkout)
    if IS_ROOT:
        home.mkdir(parents=True)
    else:
        home.mkdir(parents=True, mode=0o700)
    for left in ("data.new", "copying"):
        (home / left).mkdir()
        (home / left / "junk").touch()
    with embedded.running(bare_checkout, durable=True) as found:
        assert ask(found.database_url, "SELECT 1") == (1,)


@pytest.mark.skipif(not daemons.can_see_strays(), reason="needs /proc and pidfd")
def test_a_server_that_a_killed_run_left_is_ended(checkout):
    with embedded.running(checkout, durable=True):
        pass
    data = places.home(checkout) / "data"
    with places.nest(checkout, durable=True) as nest:
        stray = subprocess.Popen(
            postgres.server(nest, data).command,
            stderr=subprocess.PIPE,
            cwd=data,
            env=daemons.ENVIRONMENT,
            user=data.stat().st_uid if IS_ROOT else None,
            text=True,
        )
        wait_for(stray.stderr, "ready to accept connections")
    with stray, embedded.running(checkout, durable=True) as found:
        assert stray.wait() == 0
        assert ask(found.database_url, "SELECT 1") == (1,)


def wait_for(lines: Iterable[str] | None, word: str) -> None:
    assert any(word in line for line in lines or ())


@pytest.mark.skipif(not daemons.can_see_strays(), reason="needs /proc and pidfd")
def test_a_stranger_with_the_id_in_the_pid_file_is_left_alone(checkout):
    with embedded.running(checkout, durable=True):
        pass
    data = places.home(checkout) / "data"
    owner = data.stat().st_uid
    stranger = subprocess.Popen(["sleep", "600"], cwd=data, user=owner if IS_ROOT else None)
    lines = [str(stranger.pid), str(data), "1", "5432", "", "", "", "ready"]
    (data / "postmaster.pid").write_text("\n".join(lines) + "\n")
    with embedded.running(checkout, durable=True) as found:
        assert ask(found.database_url, "SELECT 1") == (1,)
        assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_data_of_another_major_version_is_named(checkout):
    with places.nest(checkout, durable=True) as nest:
        data = places.private(nest.folder / "data", nest.account)
    (data / "PG_VERSION").write_text("17\n")
    with (
        pytest.raises(StartError, match="is of PostgreSQL 17 and this Helpdesk brings 18"),
        embedded.running(checkout, durable=True),
    ):
        pass


@pytest.mark.parametrize("trap", ["open", "link"])
def test_a_socket_folder_that_is_not_ours_alone_is_refused(checkout, trap):
    with places.nest(checkout, durable=True) as nest:
        sockets = nest.sockets
    if sockets.exists():
        sockets.rmdir()
    elsewhere = checkout / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    if trap == "link":
        sockets.symlink_to(elsewhere)
    else:
        sockets.mkdir()
        sockets.chmod(0o777)
    with (
        pytest.raises(StartError, match="closed to others"),
        embedded.running(checkout, durable=True),
    ):
        pass
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o700
    assert trap == "link" or stat.S_IMODE(sockets.stat().st_mode) == 0o777


def test_what_a_killed_test_run_left_is_removed_by_the_next(checkout, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with places.nest(checkout, durable=False) as nest:
        base = nest.folder.parent
    left, busy = base / "helpdesk-test-left", base / "helpdesk-test-busy"
    for folder in (left, busy):
        folder.mkdir()
        (folder / "lock").touch()
    with places.lock(busy / "lock"), places.nest(checkout, durable=False):
        assert not left.exists()
        assert busy.exists()


def test_addresses_of_a_killed_run_do_not_count(checkout):
    notice = places.private(checkout / "var/run", None) / "addresses.json"
    notice.write_text(
        '{"database_url": "postgresql://helpdesk:x@/helpdesk?host=/nonexistent",'
        ' "redis_url": "unix://:x@/nonexistent/redis.sock?db=0"}'
    )
    assert embedded.addresses(checkout) is None
    notice.write_text("half a no")
    assert embedded.addresses(checkout) is None


def test_a_program_that_does_not_start_is_named_with_its_log(checkout):
    with embedded.running(checkout, durable=True):
        pass
    (places.home(checkout) / "data" / "global" / "pg_control").unlink()
    with (
        pytest.raises(StartError, match=r"PostgreSQL did not start: .*log: .*postgresql.log"),
        embedded.running(checkout, durable=True),
    ):
        pass
