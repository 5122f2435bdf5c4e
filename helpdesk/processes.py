"""The processes of the Procfile: started together, shown together, stopped together.

honcho's Procfile reader and printer, with a loop of our own: honcho's kills after 5 seconds, loses
children when it is interrupted while it starts them, and keeps four more Pythons in memory.
"""

import contextlib
import ctypes
import logging
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from honcho.colour import get_colours
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from helpdesk import daemons, places
from helpdesk.places import StartError

# Longer than the web process takes to say goodbye to its sockets (Procfile).
STOP_SECONDS = 30
ORPHAN_SECONDS = 5
TURN_SECONDS = 0.1
LOG_BYTES = 10_000_000
PR_SET_CHILD_SUBREAPER = 36


def procfile(path: Path) -> dict[str, str]:
    """Name and shell command of each process, in the file's order."""
    return dict(parse_procfile(path.read_text(encoding="utf-8")).processes)


@dataclass
class Child:
    """A started process with what it wrote of a line that has not ended."""

    name: str
    process: subprocess.Popen[bytes]
    log: RotatingFileHandler
    colour: str | None
    rest: bytes = field(default=b"")

    def line(self) -> str:
        """How it ended, with its last telling line and its log."""
        code = self.process.returncode
        how = f"signal {-code}" if code < 0 else f"code {code}"
        return f"{self.name} ended with {how}: {daemons.complaint(Path(self.log.baseFilename))}"


class Processes:
    """A context in which processes run; at its end none of them or of their children is left."""

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        self.root = root
        self.environment = dict(environment)
        self._children: dict[str, Child] = {}
        self._colours = get_colours()
        self._printer = Printer(sys.stdout, width=len("sweeper"))
        self._selector = selectors.DefaultSelector()
        self._others = frozenset[int]()

    def __enter__(self) -> "Processes":
        places.private(self.root / "var" / "log", None)
        self._adopt()
        self._others = _children_of_ours()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def start(self, name: str, command: str, *, shown: bool = True) -> None:
        """Starts a shell command; its lines go to var/log/`name`.log and, if `shown`, to us."""
        log = RotatingFileHandler(self.log_of(name), maxBytes=LOG_BYTES, backupCount=1)
        process = subprocess.Popen(  # noqa: S603 - the Procfile is ours
            # "exec": a signal must reach the program and not a shell in front of it.
            ["/bin/sh", "-c", f"exec {command}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.root,
            env=self.environment,
            # A session of its own: Ctrl-C in the terminal is ours to pass on, in order.
            start_new_session=True,
            preexec_fn=daemons.end_with_us(signal.SIGTERM),  # noqa: PLW1509 - system calls only
        )
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        child = Child(name, process, log, next(self._colours) if shown else None)
        self._children[name] = child
        self._selector.register(process.stdout, selectors.EVENT_READ, child)

    def log_of(self, name: str) -> Path:
        """Where the lines of the process go."""
        return self.root / "var" / "log" / f"{name}.log"

    def run(self, name: str, command: str, tick: Callable[[], None]) -> None:
        """Runs a command to its end, calling `tick` meanwhile. Raises StartError if it fails."""
        self.start(name, command, shown=False)
        child = self._children[name]
        while child.process.poll() is None:
            self._relay(TURN_SECONDS)
            tick()
        self._forget(child)
        if child.process.returncode:
            raise StartError(child.line())

    def watch(self) -> None:
        """Relays lines for a moment. Raises StartError if a process has ended."""
        self._relay(TURN_SECONDS)
        for child in self._children.values():
            if child.process.poll() is not None:
                self._relay(0)
                raise StartError(child.line())

    def _relay(self, seconds: float) -> None:
        for key, _events in self._selector.select(seconds):
            child: Child = key.data
            with contextlib.suppress(BlockingIOError):
                data = os.read(key.fd, 65536)
                if not data:
                    self._selector.unregister(key.fileobj)
                *lines, child.rest = (child.rest + data).split(b"\n")
                for line in lines:
                    self._show(child, line.decode("utf-8", "replace"))

    def _show(self, child: Child, line: str) -> None:
        child.log.emit(logging.makeLogRecord({"msg": line}))
        if child.colour is not None:
            message = Message("line", line, datetime.now().astimezone(), child.name, child.colour)
            # The terminal may be gone (SIGHUP); the log has the line.
            with contextlib.suppress(OSError):
                self._printer.write(message)

    def _forget(self, child: Child) -> None:
        self._relay(0)
        assert child.process.stdout is not None
        with contextlib.suppress(KeyError):
            self._selector.unregister(child.process.stdout)
        child.process.stdout.close()
        child.log.close()
        del self._children[child.name]

    def _stop(self) -> None:
        for child in self._children.values():
            child.process.send_signal(signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        while self._running() and time.monotonic() < end:
            self._relay(TURN_SECONDS)
        for child in self._running():
            os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()
        self._end_orphans()
        for child in list(self._children.values()):
            self._forget(child)
        self._selector.close()

    def _running(self) -> list[Child]:
        return [child for child in self._children.values() if child.process.poll() is None]

    def _adopt(self) -> None:
        """Makes processes that lose their parent ours, so that none can slip away (Linux)."""
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)

    def _end_orphans(self) -> None:
        """Ends what our processes left behind; ids are safe, since ours are not yet reaped."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            end = time.monotonic() + ORPHAN_SECONDS
            while (left := _children_of_ours() - self._others) and time.monotonic() < end:
                for pid in left:
                    os.kill(pid, number)
                    os.waitpid(pid, os.WNOHANG)
                time.sleep(daemons.POLL_SECONDS)


def _children_of_ours() -> frozenset[int]:
    """The ids of this process's children, where the system tells."""
    found = (int(entry.name) for entry in Path("/proc").glob("[0-9]*"))
    return frozenset(pid for pid in found if daemons.parent(pid) == os.getpid())
