"""The embedded PostgreSQL and Redis, with real servers."""

import contextlib
import os
import shutil
import socket
import stat
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import redis

from helpdesk import daemons, embedded, places, postgres, programs
from helpdesk.embedded import Addresses, InUseError, StartError

ROOT = Path(__file__).resolve().parents[2]
STRANGER = 54321
IS_ROOT = os.geteuid() == 0


@contextlib.contextmanager
def making_checkout(folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        patch.delenv("REDIS_URL", raising=False)
        yield folder
    if IS_ROOT:
        shutil.rmtree(places.home(folder), ignore_errors=True)


@pytest.fixture
def bare_checkout(tmp_path):
    with making_checkout(tmp_path / "checkout") as folder:
        yield folder


@pytest.fixture
def checkout(bare_checkout, monkeypatch):
    """A checkout that runs the programs of the test run's own servers, to save root's copy."""
    monkeypatch.setattr(places, "copied", lambda _home: programs.copied(places.home(ROOT)))
    if IS_ROOT:
        places.home(ROOT).mkdir(parents=True, exist_ok=True)
    return bare_checkout


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A deep checkout with a blank and a comma in its path, and its running servers."""
    deep = tmp_path_factory.mktemp("deep") / ("d" * 120) / "a, b" / "checkout"
    with making_checkout(deep) as folder, embedded.running(folder, durable=True) as found:
        yield folder, found


@pytest.fixture(scope="module")
def server(shared):
    return shared[1]


def ask(url: str, question: LiteralString) -> tuple[Any, ...] | None:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(question).fetchone()


def socket_folder(found: Addresses) -> Path:
    return Path(parse_qs(urlsplit(found.database_url).query)["host"][0])


def test_postgresql_is_what_the_project_needs(server):
    assert ask(
        server.database_url,
        "SELECT current_setting('server_version_num')::int / 10000, extversion, "
        "current_setting('TimeZone'), pg_encoding_to_char(encoding), datlocprovider::text "
        "FROM pg_database, pg_extension WHERE datname = 'helpdesk' AND extname = 'vector'",
    ) == (18, "0.8.5", "UTC", "UTF8", "b")


def test_the_role_may_make_databases_and_is_no_superuser(server):
    rights = "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    assert ask(server.database_url, rights) == (False, True)
    with psycopg.connect(server.database_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE another")
    with psycopg.connect(server.database_url, dbname="another") as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        assert connection.execute("SELECT '[1,2]'::vector <-> '[1,3]'").fetchone() == (1.0,)


def test_no_port_is_open(server):
    assert ask(server.database_url, "SHOW listen_addresses") == ("",)
    with redis.from_url(server.redis_url) as client:
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "volatile-lru"}
        assert client.config_get("save") == {"save": ""}


@pytest.mark.parametrize("change", [{"password": "wrong"}, {"password": ""}, {"user": "postgres"}])
def test_postgresql_refuses_who_is_not_the_role(server, change):
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.database_url, **change)


def test_redis_refuses_who_has_no_password(server):
    with pytest.raises(redis.AuthenticationError):
        redis.from_url(f"unix://{urlsplit(server.redis_url).path}", retry=None).ping()


@pytest.mark.skipif(not IS_ROOT, reason="only root can become another account")
def test_another_account_cannot_reach_the_sockets(server):
    reached = 0
    for path in (socket_folder(server) / ".s.PGSQL.5432", urlsplit(server.redis_url).path):
        child = os.fork()
        if child == 0:
            os.setgid(STRANGER)
            os.setuid(STRANGER)
            try:
                socket.socket(socket.AF_UNIX).connect(str(path))
            except PermissionError:
                os._exit(0)
            os._exit(1)
        reached += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert reached == 0


def test_a_deep_path_gets_a_short_private_socket_folder(shared):
    folder, found = shared
    sockets = socket_folder(found)
    assert len(os.fsencode(folder)) > 103 >= len(os.fsencode(sockets / ".s.PGSQL.5432"))
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700


def test_secrets_and_data_are_closed_to_others(shared):
    folder, _found = shared
    closed = [folder / "var/run/addresses.json", places.home(folder) / "password"]
    closed += [folder / "var/run", folder / "var/log", places.home(folder) / "data"]
    assert [path for path in closed if path.stat().st_mode & 0o077] == []


@pytest.mark.skipif(not IS_ROOT, reason="an ordinary user's servers are that user's")
def test_servers_of_root_do_not_run_as_root(shared):
    folder, found = shared
    owners = {Path(f"/proc/{pid}").stat().st_uid for pid in working(folder, found)}
    assert owners
    assert 0 not in owners


def working(folder: Path, found: Addresses) -> list[int]:
    """Process ids of the checkout's servers."""
    pids = []
    for place, program in (
        (places.home(folder) / "data", "postgres"),
        (socket_folder(found), "redis-server"),
    ):
        for pid, descriptor in daemons.working_in(place, program):
            os.close(descriptor)
            pids.append(pid)
    return pids


def test_another_terminal_finds_the_servers(shared):
    folder, found = shared
    assert embedded.addresses(folder) == found


def test_only_one_process_runs_the_servers_of_a_checkout(shared):
    folder, _found = shared
    with pytest.raises(InUseError), embedded.running(folder, durable=True):
        pass


def test_what_a_visitor_said_does_not_reach_the_log(shared):
    folder, found = shared
    with psycopg.connect(found.database_url) as connection:
        connection.execute("CREATE TABLE said (words text UNIQUE)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO said VALUES ('my name is Ann'), ('my name is Ann')")
    log = (folder / "var/log/postgresql.log").read_text()
    assert "duplicate key" in log
    assert "Ann" not in log


def test_a_second_start_finds_the_data_and_no_folder_changes(checkout):
    parents = [checkout, *checkout.parents]
    before = [(path.stat().st_mode, path.stat().st_uid) for path in parents]
    with (
        embedded.running(checkout, durable=True) as first,
        psycopg.connect(first.database_url) as connection,
    ):
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    assert embedded.addresses(checkout) is None
    assert working(checkout, first) == []
    with embedded.running(checkout, durable=True) as second:
        assert second.database_url == first.database_url
        assert ask(second.database_url, "SELECT n FROM kept") == (7,)
    assert [(path.stat().st_mode, path.stat().st_uid) for path in parents] == before


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


def test_throw_away_servers_leave_nothing(checkout):
    with embedded.running(checkout, durable=False) as found:
        folder = socket_folder(found).parent
        assert ask(found.database_url, "SHOW fsync") == ("off",)
    assert not folder.exists()
    assert list(checkout.iterdir()) == []


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


def test_servers_of_others_keep_the_embedded_ones_off(checkout, monkeypatch, tmp_path):
    secret = tmp_path / "redis-url"
    secret.write_text("redis://127.0.0.1:6380/0\n")
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:b@db.example/c")
    monkeypatch.setenv("REDIS_URL_FILE", str(secret))
    with embedded.running(checkout, durable=True) as found:
        assert found == Addresses("postgresql://a:b@db.example/c", "redis://127.0.0.1:6380/0")
        assert embedded.addresses(checkout) == found
        assert not places.home(checkout).exists()


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
