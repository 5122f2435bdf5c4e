"""`make up`: servers, migrations, demo, then the processes of the Procfile until Ctrl-C."""

import contextlib
import errno
import hashlib
import json
import os
import secrets
import select
import shlex
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType

from helpdesk import embedded, fakellm, outside, places, zones
from helpdesk.embedded import Addresses, InUseError, StartError
from helpdesk.processes import TURN_SECONDS, Processes, procfile

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 120
# Both ends: a start may take READY_SECONDS, a stop STOP_SECONDS and what the servers need.
WAIT_SECONDS = 150
WAITING = "Another `make up` is starting or stopping here; waiting for it."
# How the line begins in which `manage.py demo --reset --dry-run` says what would be lost.
LOSS = "This deletes"
# Each is made at the first start, in a file of its own below var/.
KEYS = {"HELPDESK_SECRET_KEY": "secret_key", "HELPDESK_SEAL_KEY": "seal_key"}


class Stopped(Exception):  # noqa: N818 - a wish, no error
    """Someone asked us to stop."""


class Stop:
    """Notes SIGINT, SIGTERM and SIGHUP; only `check` acts on them, so no step is torn apart."""

    def __init__(self) -> None:
        self.asked = False

    def listen(self) -> None:
        """Takes over the signals; a SIGHUP that nohup wants ignored stays ignored."""
        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        for number in numbers:
            signal.signal(number, self._note)

    def check(self) -> None:
        """Raises Stopped once a signal has come, and says what happens now."""
        if self.asked:
            say("Stopping: the processes first, then Redis, then PostgreSQL.")
            raise Stopped

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


def say(line: str) -> None:
    """Prints a line at once; a terminal that is gone is no reason to fail."""
    with contextlib.suppress(OSError):
        print(line, flush=True)  # noqa: T201 - this is what a person at the terminal reads


def main(arguments: list[str]) -> int:
    """Runs until stopped; returns the exit code.

    With "servers" it starts only those, for a restore; with "demo-reset" it renews the demo.
    """
    commands = {(): up, ("servers",): only_servers, ("demo-reset",): reset_demo}
    if tuple(arguments) not in commands:
        say(f"Not {' '.join(arguments)!r}, but nothing, or one of: servers, demo-reset.")
        return 2
    stop = Stop()
    stop.listen()
    try:
        commands[tuple(arguments)](ROOT, stop)
    except Stopped:
        say("Stopped.")
    except (StartError, OSError) as error:
        with contextlib.suppress(OSError):
            print(error, file=sys.stderr, flush=True)  # noqa: T201 - see say
        return 1
    return 0


def up(root: Path, stop: Stop) -> None:
    """The whole start, then the watch. Raises Stopped at the end, StartError if something fails."""
    began = time.monotonic()
    port = web_port(os.environ)
    fake = fakellm.address(os.environ, port)
    with only_one(root, port, stop) as note, servers(root, stop) as found:
        environment = child_environment(root, found, port)
        environment |= fakellm.variables(fake, environment)
        if fake:
            check_port_is_free(fakellm.port(fake), "FAKELLM_PORT=8123 FAKELLM=1 make up")
        with Processes(root, environment) as processes:
            prepare(processes, root, stop)
            for name, command in (procfile(root / "Procfile") | fakellm.processes(fake)).items():
                processes.start(name, command)
            wait_until_ready(processes, port, stop)
            with noted(note, f"http://127.0.0.1:{port}/"):
                say(f"Up in {time.monotonic() - began:.1f} s.")
                has_demo = status_of(port, "/demo/") != HTTPStatus.NOT_FOUND
                say(greeting(port, read_login(root), has_demo=has_demo, fake=fake))
                if os.geteuid() == 0:
                    say("Run by root; for a server that stays, an ordinary account is better.\n")
                while not stop.asked:
                    processes.watch()
            stop.check()


def only_servers(root: Path, stop: Stop) -> None:
    """PostgreSQL and Redis without the processes. Raises Stopped at the end."""
    with servers(root, stop):
        say("Only the servers run; Ctrl-C stops them.")
        while True:
            time.sleep(TURN_SECONDS)
            stop.check()


def reset_demo(root: Path, stop: Stop) -> None:
    """Replaces the demo's rows, in the running servers or in ones started for it. Says first what
    goes, and raises StartError unless somebody agrees."""
    with contextlib.ExitStack() as stack:
        found = embedded.addresses(root) or stack.enter_context(servers(root, stop))
        environment = child_environment(root, found, web_port(os.environ))
        processes = stack.enter_context(Processes(root, environment))
        prepare(processes, root, stop, "--reset", "--dry-run")
        loss = last_line_of(processes.log_of("prepare"))
        if loss.startswith(LOSS):
            say(loss)
            ask(stop)
        prepare(processes, root, stop, "--reset")
        said = last_line_of(processes.log_of("prepare"))
    say(said)


def last_line_of(log: Path) -> str:
    lines = log.read_text(encoding="utf-8").splitlines()
    return lines[-1] if lines else ""


def ask(stop: Stop) -> None:
    """Returns if YES=1 is set or somebody at the terminal agrees; raises StartError otherwise."""
    if os.environ.get("YES") == "1":
        return
    if sys.stdin.isatty():
        say("Type yes to go ahead:")
        # Not input(): it would wait on through a signal that is only noted.
        while not select.select([sys.stdin], [], [], TURN_SECONDS)[0]:
            stop.check()
        if sys.stdin.readline().strip().lower() == "yes":
            return
        raise StartError("Nothing was deleted.")
    raise StartError("Nothing was deleted. To go ahead without a terminal: YES=1 make demo-reset")


@contextlib.contextmanager
def servers(root: Path, stop: Stop) -> Iterator[Addresses]:
    """Both servers, embedded or outside; those outside are tried first. Raises StartError."""
    if url := embedded.outside("DATABASE_URL"):
        outside.check_database(url)
    if url := embedded.outside("REDIS_URL"):
        outside.check_redis(url)
    with embedded.running(root, durable=True, say=say, tick=stop.check) as found:
        stop.check()
        yield found


@contextlib.contextmanager
def only_one(root: Path, port: int, stop: Stop) -> Iterator[Path]:
    """Holds the checkout's lock and makes sure of the port. Yields the lock's file, which tells
    others the address of one that is up, and is empty while one starts or stops: such a one is
    waited for.

    Raises StartError, with the address, if another `make up` runs here or the port is taken.
    """
    path = places.private(root / "var" / "run", None) / "up.lock"
    with contextlib.ExitStack() as stack:
        _wait_for(path, stack, stop)
        path.write_text("", encoding="ascii")
        check_port_is_free(port)
        yield path


def _wait_for(path: Path, stack: contextlib.ExitStack, stop: Stop) -> None:
    """Enters the lock as soon as whoever holds it has ended. Raises StartError if they are up, or
    neither come up nor end."""
    until = None
    while not _entered(path, stack):
        if address := path.read_text(encoding="ascii"):
            raise StartError(f"Helpdesk is already running here: {address}")
        if until is None:
            say(WAITING)
            until = time.monotonic() + WAIT_SECONDS
        elif time.monotonic() >= until:
            raise StartError(f"Another `make up` here did not end within {WAIT_SECONDS} s.")
        stop.check()
        time.sleep(TURN_SECONDS)


def _entered(path: Path, stack: contextlib.ExitStack) -> bool:
    try:
        stack.enter_context(places.lock(path))
    except InUseError:
        return False
    return True


@contextlib.contextmanager
def noted(path: Path, text: str) -> Iterator[None]:
    """The file holds the text within, and is empty afterwards."""
    path.write_text(text, encoding="ascii")
    try:
        yield
    finally:
        path.write_text("", encoding="ascii")


def web_port(environment: Mapping[str, str]) -> int:
    """PORT, 8000 if it is not set. Raises StartError unless it is a number from 1 to 65535."""
    word = environment.get("PORT") or "8000"
    if not (word.isascii() and word.isdigit() and 1 <= int(word) <= 65535):
        raise StartError(f"PORT must be a number from 1 to 65535, not {word!r}.")
    return int(word)


def check_port_is_free(port: int, another: str = "PORT=8123 make up") -> None:
    """Raises StartError, with the way to take `another`, if the port cannot be had on 127.0.0.1 or
    is another's on [::1].

    The demo shop's address says localhost, which browsers try as [::1] first.
    """
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind((host, port))
                trial.listen()
        except PermissionError as error:
            raise StartError(f"Port {port} is for root only; choose another: {another}") from error
        except OSError as error:
            # Anything else, such as a machine without IPv6, is no other server.
            if error.errno == errno.EADDRINUSE:
                raise StartError(
                    f"Port {port} is taken by another program; choose another: {another}"
                ) from error


def child_environment(root: Path, found: Addresses, port: int) -> dict[str, str]:
    """What the processes get: our environment, the addresses, the key, this Python's programs."""
    own = dict(os.environ)
    if not embedded.outside("DATABASE_URL"):
        # PGPORT and its like would bend the address of the embedded server.
        own = {name: value for name, value in own.items() if not name.startswith("PG")}
    programs = Path(sys.executable).parent
    own |= {
        "DATABASE_URL": found.database_url,
        "REDIS_URL": found.redis_url,
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }
    for name, file in KEYS.items():
        if name not in own and f"{name}_FILE" not in own:
            own[name] = kept_key(root, file)
    if not {"HELPDESK_TIME_ZONE", "HELPDESK_TIME_ZONE_FILE"} & own.keys():
        own["HELPDESK_TIME_ZONE"] = zones.of_machine(os.environ)
    return own


def kept_key(root: Path, name: str) -> str:
    """One of the installation's keys, made at the first start and kept in var/."""
    path = root / "var" / name
    if not path.exists():
        places.write_secret(path, secrets.token_urlsafe(50))
    return path.read_text(encoding="utf-8")


def prepare(processes: Processes, root: Path, stop: Stop, *options: str) -> None:
    """Migrates, and loads the demo into an empty database. Raises StartError, naming the log."""
    began = time.monotonic()
    words = ["python", "-m", "helpdesk.prepare", "--credentials", str(_login_file(root)), *options]
    processes.run("prepare", shlex.join(words), stop.check)
    say(f"Database ready ({time.monotonic() - began:.1f} s)")


def _login_file(root: Path) -> Path:
    """One for each database, so that trying another leaves the first one's login known."""
    url = embedded.outside("DATABASE_URL")
    database = f"-{hashlib.sha256(url.encode()).hexdigest()[:8]}" if url else ""
    return root / "var" / f"operator{database}.json"


def read_login(root: Path) -> tuple[str, str] | None:
    """The operator's name and first password, if the demo of this checkout wrote them."""
    try:
        found = json.loads(_login_file(root).read_text(encoding="utf-8"))
        return found["user"], found["password"]
    except (OSError, ValueError, KeyError):
        return None


def wait_until_ready(processes: Processes, port: int, stop: Stop) -> None:
    """Returns once /readyz says 200. Raises StartError if that takes over READY_SECONDS."""
    end = time.monotonic() + READY_SECONDS
    while (status := status_of(port, "/readyz")) != HTTPStatus.OK:
        processes.watch()
        stop.check()
        if time.monotonic() > end:
            raise StartError(
                f"The web process is not ready after {READY_SECONDS} s: /readyz answers "
                f"{status or 'nothing'} (log: {processes.log_of('web')})"
            )


def status_of(port: int, path: str) -> int | None:
    """The HTTP status that the web process answers with; None while nothing does."""
    client = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        client.request("GET", path)
        return client.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        client.close()


def greeting(
    port: int, login: tuple[str, str] | None, *, has_demo: bool, fake: str | None = None
) -> str:
    """What a person reads when everything runs."""
    here = f"http://127.0.0.1:{port}"
    who = "with the account you made"
    if login:
        who = f"{login[0]}  password: {login[1]}  (unless you changed it)"
    demo = f"  Demo shop  http://localhost:{port}/demo/\n" if has_demo else ""
    model = f"  FakeLLM    {fake}  (any key)\n" if fake else ""
    return (
        f"\nHelpdesk is ready: {here}/\n"
        f"{demo}"
        f"  Admin      {here}/admin/\n"
        f"  Operator   {who}\n"
        f"{model}"
        "  Stop       Ctrl-C\n"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
