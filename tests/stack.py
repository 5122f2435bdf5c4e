"""Real servers of ours as their own processes, for tests and benchmarks that need the wire."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.databases import SHOP, beside, create, drop

ROOT = Path(__file__).resolve().parent.parent
READY = "Uvicorn running on"
START_S = 60
STOP_S = 30


# Below those that the system itself gives to connections: between the look and the use of a port
# only another test run could take it.
PORTS = range(15_000, 32_000)


def free_port() -> int:
    """One at which nobody listens."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Child:
    """A process whose output is kept and can be waited for."""

    def __init__(self, command: list[str], env: Mapping[str, str]) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._ended = False
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for(self, text: str, seconds: float = START_S) -> None:
        """Raises RuntimeError with what the process said when the line does not come."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._said(text), seconds)
            if not self._said(text):
                raise RuntimeError(f"{text!r} never came:\n" + "\n".join(self.lines[-40:]))

    def send_signal(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """The exit code. Kills what does not stop."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
        try:
            return self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def _said(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    def _read(self) -> None:
        for line in self.process.stdout or ():
            with self._changed:
                self.lines.append(line.rstrip())
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


@dataclass
class Web:
    """A running web process. The widget lives at `base_url`, the demo shop at `demo_url`."""

    port: int
    child: Child

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def demo_url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/chat/"


@dataclass
class Stack:
    """A database of its own with the demo shop, and any number of processes over it."""

    database_url: str
    redis_url: str
    env: dict[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "HELPDESK_SECRET_KEY": "a key for tests only, no secret",
            "HELPDESK_SEAL_KEY": "a key for tests only, which seals no secret",
            "HELPDESK_LOG_LEVEL": "INFO",
            # Counted by address for all processes, and every test has the same one.
            "HELPDESK_SESSIONS_PER_HOUR": "100000",
            "HELPDESK_ATTACHMENTS_PER_ADDRESS": "100000",
            "PYTHONUNBUFFERED": "1",
            **self.env,
            **more,
        }

    def manage(self, *arguments: str, **more: str) -> str:
        """What a management command prints. Raises CalledProcessError."""
        return self.run("manage.py", *arguments, **more)

    def run(self, *arguments: str, **more: str) -> str:
        """What a program of Python's prints, to its end. Raises CalledProcessError."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment(**more),
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    @contextlib.contextmanager
    def web(self, port: int = 0, /, **more: str) -> Iterator[Web]:
        """A web process that answers until the block ends."""
        web = self.start_web(port, **more)
        try:
            yield web
        finally:
            web.child.stop()

    def start_web(self, port: int = 0, /, **more: str) -> Web:
        port = port or free_port()
        command = [sys.executable, "-m", *web_command(port)]
        web = Web(port, Child(command, self.environment(PORT=str(port), **more)))
        web.child.wait_for(READY)
        return web

    @contextlib.contextmanager
    def command(self, *arguments: str, **more: str) -> Iterator[Child]:
        """A long-running management command, or `-m module` of Python."""
        child = Child([sys.executable, *arguments], self.environment(**more))
        try:
            yield child
        finally:
            child.stop()

    def query(self, statement: str, *parameters: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []


def web_command(port: int) -> list[str]:
    """The web line of the Procfile, so that what is tested is what runs."""
    for line in (ROOT / "Procfile").read_text().splitlines():
        name, _, command = line.partition(":")
        if name == "web":
            return command.replace("$PORT", str(port)).split()
    raise RuntimeError("the Procfile has no web process")


@contextlib.contextmanager
def stack(database_url: str, redis_url: str, name: str = "stack") -> Iterator[Stack]:
    """A migrated database `name` beside the one in `database_url`, with the demo shop."""
    is_copy = create(database_url, name, SHOP)
    made = Stack(beside(database_url, name), redis_url)
    if not is_copy:
        made.run("-m", "helpdesk.prepare")
    yield made
    drop(database_url, name)
