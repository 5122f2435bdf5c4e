"""The embedded PostgreSQL: made once, started without a TCP port, open to one role only."""

import contextlib
import secrets
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlencode

from helpdesk import daemons
from helpdesk.daemons import Daemon
from helpdesk.places import Nest, StartError, private, write_secret
from helpdesk.programs import MAJOR

ROLE = DATABASE = "helpdesk"
# No superuser can log in: what needs one is done before the start, in single-user mode.
HBA = f"local all {ROLE} scram-sha-256\n"
FAST_STOP = signal.SIGINT
ENCODING = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin")
# Order by code point on every machine; the C library's or ICU's order changes with its version.
COLLATION = "--builtin-locale=C.UTF-8"
EXTENSION = "CREATE EXTENSION IF NOT EXISTS vector;\nALTER EXTENSION vector UPDATE;\n"
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "512MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # Parallel plans share memory in /dev/shm, of which containers often have only 64 MB.
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # Statements and details of an error can hold what a visitor said.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextlib.contextmanager
def running(nest: Nest, tick: Callable[[], None]) -> Iterator[str]:
    """The URL of a running server. Raises StartError in one sentence."""
    data = nest.folder / "data"
    _check_version(data)
    _clear_leftovers(nest, data)
    if not data.exists():
        _create(nest, data)
    password = _settle(nest, data)
    with daemons.running(server(nest, data), lambda pid: _is_ready(data, pid), tick):
        query = urlencode({"host": nest.sockets}, safe="/")
        yield f"postgresql://{ROLE}:{password}@/{DATABASE}?{query}"


def _clear_leftovers(nest: Nest, data: Path) -> None:
    """Ends what a killed run left running, and removes the files that claim an owner.

    The ids in those can only be other programs' by now, and PostgreSQL would not start while
    these live. Where running programs cannot be seen, PostgreSQL itself must decide.
    """
    if not daemons.can_see_strays():
        return
    daemons.end_strays(data, "postgres", FAST_STOP)
    for file in (data / "postmaster.pid", *nest.sockets.glob(".s.PGSQL.*")):
        file.unlink(missing_ok=True)


def _check_version(data: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        found = (data / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != str(MAJOR):
            raise StartError(
                f"The data in {data} is of PostgreSQL {found} and this Helpdesk brings {MAJOR}: "
                "dump it with the Helpdesk that wrote it, move the folder away and load the dump."
            )


def _create(nest: Nest, data: Path) -> None:
    """Makes the data under another name first: an interrupted start leaves no half of it."""
    fresh = data.with_name("data.new")
    shutil.rmtree(fresh, ignore_errors=True)
    private(fresh, nest.account)
    locked = ("--username=postgres", "--auth-local=reject", "--auth-host=reject")
    options = [*ENCODING, COLLATION, *locked, "--no-instructions"]
    if not nest.durable:
        options.append("--no-sync")
    command: list[str | Path] = [nest.programs.postgres / "initdb", "-D", fresh, *options]
    daemons.once(_daemon(nest, command, fresh))
    roles = f"CREATE ROLE {ROLE} LOGIN CREATEDB;\nCREATE DATABASE {DATABASE} OWNER {ROLE};\n"
    _single(nest, fresh, "template1", EXTENSION + roles)
    fresh.rename(data)


def _settle(nest: Nest, data: Path) -> str:
    """Sets the role's password if its file is missing, and brings pgvector up to the wheel's.

    template1 gets it too, so that a role without rights over extensions can make databases.
    Returns the password.
    """
    secret, mark = nest.folder / "password", nest.folder / "settled"
    settled = mark.exists() and mark.read_text(encoding="ascii") == nest.programs.version
    if settled and secret.exists():
        return secret.read_text(encoding="ascii")
    password = secrets.token_urlsafe(24)
    _single(nest, data, "template1", EXTENSION)
    word = f"ALTER ROLE {ROLE} PASSWORD '{password}';\n"
    _single(nest, data, DATABASE, EXTENSION + word)
    write_secret(secret, password)
    write_secret(mark, nest.programs.version)
    return password


def _single(nest: Nest, data: Path, database: str, statements: str) -> None:
    """Runs statements, one a line, as superuser without a server."""
    settings = _arguments(nest, {"exit_on_error": "on"})
    command: list[str | Path] = [
        nest.programs.postgres / "postgres",
        "--single",
        "-D",
        data,
        *settings,
        database,
    ]
    daemons.once(_daemon(nest, command, data, statements))


def server(nest: Nest, data: Path) -> Daemon:
    hba = nest.folder / "pg_hba.conf"
    hba.write_text(HBA, encoding="ascii")
    if nest.account is not None:
        hba.chmod(0o644)
    own = {"hba_file": str(hba), "unix_socket_directories": str(nest.sockets)}
    command: list[str | Path] = [
        nest.programs.postgres / "postgres",
        "-D",
        data,
        *_arguments(nest, own),
    ]
    return _daemon(nest, command, data)


def _arguments(nest: Nest, more: dict[str, str]) -> list[str]:
    settings = SETTINGS | ({} if nest.durable else THROW_AWAY) | more
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _daemon(
    nest: Nest, command: Sequence[str | Path], folder: Path, statements: str = ""
) -> Daemon:
    log = nest.logs / "postgresql.log"
    return Daemon("PostgreSQL", command, folder, log, nest.account, FAST_STOP, statements)


def _is_ready(data: Path, pid: int) -> bool:
    """Whether the file in which the server tells its state says so, as pg_ctl waits for it."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"
