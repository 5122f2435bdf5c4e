"""The embedded PostgreSQL and Redis, with real servers."""

import os
import socket
import stat
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from helpdesk import embedded, places
from helpdesk.embedded import Addresses, InUseError
from tests.helpdesk.checkouts import IS_ROOT, ask, making_checkout, socket_folder, working

STRANGER = 54321


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A deep checkout with a blank and a comma in its path, and its running servers."""
    deep = tmp_path_factory.mktemp("deep") / ("d" * 120) / "a, b" / "checkout"
    with making_checkout(deep) as folder, embedded.running(folder, durable=True) as found:
        yield folder, found


@pytest.fixture(scope="module")
def server(shared):
    return shared[1]


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


def test_throw_away_servers_leave_nothing(checkout):
    with embedded.running(checkout, durable=False) as found:
        folder = socket_folder(found).parent
        assert ask(found.database_url, "SHOW fsync") == ("off",)
    assert not folder.exists()
    assert list(checkout.iterdir()) == []


def test_servers_of_others_keep_the_embedded_ones_off(checkout, monkeypatch, tmp_path):
    secret = tmp_path / "redis-url"
    secret.write_text("redis://127.0.0.1:6380/0\n")
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:b@db.example/c")
    monkeypatch.setenv("REDIS_URL_FILE", str(secret))
    with embedded.running(checkout, durable=True) as found:
        assert found == Addresses("postgresql://a:b@db.example/c", "redis://127.0.0.1:6380/0")
        assert embedded.addresses(checkout) == found
        assert not places.home(checkout).exists()
