"""Runs turns in child processes at the test's word: each run asks over a socket what to do.

The test's side is `Gate`, the child's is `Gated`, which a child uses instead of a model.
"""

import asyncio
import contextlib
import json
import os
import queue
import signal
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps.dialogue.turns.port import Claimed, Finish
from tests.turns.scripted import answer

ADDRESS = "GATE"


@dataclass
class Run:
    """A turn that waits in a child. Its `pid` may be killed or stopped; `do` tells it what to do."""

    pid: int
    turn: str
    attempt: int
    texts: list[str]
    _orders: "queue.Queue[dict[str, str]]" = field(default_factory=queue.Queue)

    def do(self, order: str, text: str = "") -> None:
        """`reply`, `show`, `break` or `die`."""
        self._orders.put({"order": order, "text": text})

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def orders(self) -> Iterator[bytes]:
        while True:
            yield json.dumps(self._orders.get()).encode() + b"\n"


class Gate:
    """`runs` are those that wait. What `at_once` answers to a run's text is done without the test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.runs: queue.Queue[Run] = queue.Queue()
        self.seen: list[Run] = []
        self.at_once: Callable[[Run], str | None] = lambda run: None
        self._server = _Server(str(path), _Handler)
        self._server.gate = self
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def next(self, seconds: float = 60) -> Run:
        return self.runs.get(timeout=seconds)

    def arrived(self, run: Run) -> None:
        self.seen.append(run)
        if order := self.at_once(run):
            run.do(order, "echo: " + " / ".join(run.texts))
        else:
            self.runs.put(run)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.path.unlink(missing_ok=True)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    # More than the turns of any test: who finds it full is turned away.
    request_queue_size = 1_024
    gate: Gate


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        run = Run(**json.loads(self.rfile.readline()))
        self.server.gate.arrived(run)
        # A child that was killed reads no longer.
        with contextlib.suppress(OSError):
            for order in run.orders():
                self.wfile.write(order)


class Gated:
    """The child's side: a runner."""

    async def run(self, claimed: Claimed, show: Callable[[int, str], None]) -> Finish:
        reader, writer = await asyncio.open_unix_connection(os.environ[ADDRESS])
        try:
            asked: dict[str, Any] = {"pid": os.getpid(), "turn": str(claimed.turn)}
            asked |= {"attempt": claimed.attempt, "texts": [line.text for line in claimed.lines]}
            writer.write(json.dumps(asked).encode() + b"\n")
            while True:
                told = json.loads(await reader.readline())
                match told["order"]:
                    case "reply":
                        return answer(told["text"])
                    case "show":
                        show(1, told["text"])
                    case "die":
                        os.kill(os.getpid(), signal.SIGKILL)
                    case _:
                        raise RuntimeError("told to")
        finally:
            writer.close()

    async def ready(self) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        """Each run has closed its own."""
