"""FakeLLM as a child process of tests and benchmarks."""

import contextlib
import json
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.fakellm.names import READY
from tests.stack import Child


@dataclass(frozen=True)
class FakeLLM:
    """A running server. `base_url` ends with /v1, as clients want it."""

    port: int
    child: Child
    key: str = "sk-fake-key"

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def calls(self, model: str | None = None) -> list[dict[str, Any]]:
        """What arrived, oldest first: path, headers, body, and how the answer ended."""
        found: list[dict[str, Any]] = self._ask("GET", "/_calls")
        return [call for call in found if model is None or _model(call) == model]

    def forget(self) -> None:
        """Drops what arrived, what is scripted and the counts of calls."""
        self._ask("DELETE", "/_calls")

    def script(self, model: str, *replies: dict[str, Any] | str) -> None:
        """The next answers of this model, one a call, in place of its own."""
        self._ask("POST", "/_script", {"model": model, "replies": replies})

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        url = f"http://127.0.0.1:{self.port}{path}"
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(
            urllib.request.Request(url, data=data, method=method), timeout=30
        ) as answer:
            return json.load(answer)


@contextlib.contextmanager
def fakellm_process() -> Iterator[FakeLLM]:
    """One that answers until the block ends."""
    command = [sys.executable, "-m", "tests.fakellm", "--with-parent"]
    child = Child(command, {"PYTHONUNBUFFERED": "1"})
    try:
        child.wait_for(READY)
        line = next(line for line in child.lines if line.startswith(READY))
        yield FakeLLM(int(line.removeprefix(READY).partition("/")[0]), child)
    finally:
        child.stop()


def _model(call: dict[str, Any]) -> object:
    return call["body"].get("model") if isinstance(call["body"], dict) else None
