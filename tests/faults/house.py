"""The processes of the product over a database and a Redis of the tests' own.

Whatever is killed or frozen was started here: its pid is recorded, and compared with what the
process itself has reported, before it is touched.
"""

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import redis

from tests.redis_child import RedisChild
from tests.stack import READY, Child, Web, free_port, web_command
from tests.turns.conftest import worker_words

GONE_S = 60
QUEUE = "helpdesk:turns"
TIMES = {
    "HELPDESK_TURN_DEADLINE_SECONDS": "60",
    "HELPDESK_TURN_LEASE_SECONDS": "3",
    "HELPDESK_TURN_RENEW_SECONDS": "0.75",
    "HELPDESK_TURN_QUIET_SECONDS": "0.5",
    "HELPDESK_TURN_PATIENCE_SECONDS": "60",
    "HELPDESK_SWEEP_SECONDS": "0.2",
    "HELPDESK_HEAL_SECONDS": "0.2",
    "HELPDESK_HEARTBEAT_SECONDS": "1",
    "HELPDESK_INDEX_WATCH_SECONDS": "0.05",
}
OPEN = {
    "HELPDESK_LIMITS_TRUSTED": "127.0.0.0/8",
    "HELPDESK_LLM_ALLOWED_NETWORKS": "127.0.0.0/8",
    "HELPDESK_OUTBOUND_ALLOW": "127.0.0.0/8",
}


# More than a drain takes to tell what it holds.
WORD_S = 10.0


@dataclass
class House:
    """Starts processes; whoever starts one ends it with `end`."""

    database_url: str
    broker: RedisChild
    later: Path
    own: set[int] = field(default_factory=set)

    def web(self, **more: str) -> Web:
        port = free_port()
        words = [
            "tests.faults.web:application" if ":application" in word else word
            for word in web_command(port)
        ]
        web = Web(port, self._start(*words, PORT=str(port), **more))
        web.child.wait_for(READY)
        return web

    def worker(self, node: str = "one@%h", **more: str) -> Child:
        words = (*worker_words(), "-n", node)
        child = self._start("celery", "-A", "tests.faults.worker", *words, **more)
        child.wait_for("ready.")
        return child

    def sweeper(self, **more: str) -> Child:
        child = self._start("tests.faults.manage", "sweep", **more)
        child.wait_for("leads")
        return child

    def _start(self, *words: str, **more: str) -> Child:
        env = {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.broker.url,
            "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
            "PYTHONUNBUFFERED": "1",
            "FAULTS_LATER": str(self.later),
            **TIMES,
            **OPEN,
        }
        child = Child([sys.executable, "-m", *words], env | more)
        self.own.add(child.process.pid)
        return child

    def end(self, child: Child) -> None:
        """At once, with all that it has started: what it leaves behind is what a crash leaves."""
        if child.process.poll() is not None:
            return  # its pid may be somebody else's by now
        family = self.family(child)
        self.kill(*family)
        child.process.wait(GONE_S)
        for pid in family:
            gone(pid)

    def tidy(self) -> None:
        """Nothing of those that have ended wakes or keeps off those of the next test."""
        self.query("DELETE FROM dialogue_drain")
        if self.broker.process and not self.is_stopped(self.broker):
            self.redis().flushall()

    def family(self, child: Child) -> list[int]:
        """Its pid and those of its descendants."""
        assert child.process.pid in self.own
        parents = dict(_parents())
        found = {child.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        self.own |= found
        return sorted(found)

    def running(self, child: Child) -> int:
        """The process of the child's that holds turns, by its own word, which may come a beat later."""
        until = time.monotonic() + WORD_S
        while time.monotonic() < until:
            names = self.query("SELECT name FROM dialogue_drain WHERE held > 0")
            pids = {int(str(name).rpartition(":")[2]) for (name,) in names}
            if found := pids & set(self.family(child)):
                (pid,) = found
                return pid
        raise RuntimeError("no drain of the child's holds a turn")

    def held(self, worker: Child) -> list[int]:
        """How many turns each of its drains holds, by their own word."""
        rows = self.query("SELECT name, held FROM dialogue_drain WHERE held > 0")
        own = set(self.family(worker))
        return [held for name, held in rows if int(str(name).rpartition(":")[2]) in own]

    def drains(self, worker: Child) -> int:
        """How many tasks it has run, those too that found nothing to do."""
        told = ("drain: started", "drain: others have places enough")
        return sum(any(each in line for each in told) for line in worker.lines)

    def signal(self, pid: int, number: int) -> None:
        assert pid in self.own, "not started here"
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    def kill(self, *pids: int) -> None:
        for pid in pids:
            self.signal(pid, signal.SIGKILL)

    def redis(self) -> "redis.Redis":
        """A client of the tests' own Redis, and of no other."""
        client = redis.Redis(unix_socket_path=str(self.broker.socket))
        info: dict[str, Any] = client.info("server")
        assert self.broker.process
        assert info["process_id"] == self.broker.process.pid, "the tests' own server"
        return client

    def is_stopped(self, broker: RedisChild) -> bool:
        assert broker.process
        return _stat(broker.process.pid)[0] == "T"

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


def _parents() -> Iterator[tuple[int, int]]:
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            with contextlib.suppress(OSError):
                yield int(each.name), int(_stat(int(each.name))[1])


def _stat(pid: int) -> list[str]:
    """Its state, its parent and so on. Raises OSError when it has ended."""
    return (Path(f"/proc/{pid}") / "stat").read_text().rpartition(")")[2].split()


def gone(pid: int) -> None:
    """Waits for a process that was told to end. Raises AssertionError if it does not."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([handle], [], [], GONE_S)[0], f"{pid} does not end"
    finally:
        os.close(handle)


def peak_mb(pid: int) -> float:
    """The most memory that it has held so far."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
