"""The server's side of a widget's socket, spoken line by line by a test."""

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Page, Route, WebSocketRoute

if TYPE_CHECKING:
    from tests.widget.conftest import Widget

SOCKET = re.compile("/ws/chat/")
CONFIG = '<script id="config" type="application/json">'
HTTP = re.compile("/api/v1/chat/messages")


@dataclass
class Script:
    """Welcomes and acks by itself; everything else is said by the test."""

    page: Page
    lines: list[dict[str, Any]] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)
    mode: str = "bot"
    acks: bool = True
    is_away: bool = False
    session: str = field(default_factory=lambda: str(uuid.uuid4()))
    sockets: list[WebSocketRoute] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.route_web_socket(SOCKET, self._connected)

    def tell(self, kind: str, **values: object) -> None:
        for socket in self.sockets:
            socket.send(json.dumps({"type": kind, **values}))

    def add(self, author: str, text: str, **values: Any) -> dict[str, Any]:
        """A stored line, told to nobody yet; `at` may be a datetime."""
        at = values.pop("at", None) or datetime.now(UTC)
        line = {
            "type": "message",
            "seq": len(self.lines) + 1,
            "author": author,
            "name": "",
            "text": text,
            "at": at.isoformat(),
            "meta": {},
            **values,
        }
        self.lines.append(line)
        return line

    def say(self, author: str, text: str, **values: Any) -> dict[str, Any]:
        line = self.add(author, text, **values)
        self.tell(**{"kind": line["type"], **{k: v for k, v in line.items() if k != "type"}})
        return line

    def answer(self, text: str, sources: tuple[str, ...] = ("A page",)) -> dict[str, Any]:
        found = [{"id": title, "title": title} for title in sources]
        return self.say("bot", text, meta={"ai": True, "sources": found})

    def delta(self, text: str, offset: int, *, turn: str = "t", attempt: int = 0) -> None:
        self.tell("delta", turn=turn, attempt=attempt, offset=offset, text=text)

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.heard if frame["type"] == kind]

    def leave(self) -> None:
        """The way to the server is gone, and stays so; the one over HTTP as well."""
        self.is_away = True
        self.page.route(HTTP, lambda route: route.abort())
        for socket in self.sockets:
            socket.close()
        self.sockets.clear()

    def _connected(self, socket: WebSocketRoute) -> None:
        if self.is_away:
            socket.close()
            return
        self.sockets.append(socket)
        socket.on_message(lambda text: self._hear(socket, json.loads(str(text))))
        socket.on_close(lambda *_reason: self._drop(socket))

    def _drop(self, socket: WebSocketRoute) -> None:
        if socket in self.sockets:
            self.sockets.remove(socket)

    def _hear(self, socket: WebSocketRoute, frame: dict[str, Any]) -> None:
        self.heard.append(frame)
        answers: dict[str, Callable[[WebSocketRoute, dict[str, Any]], None]] = {
            "hello": self._welcome,
            "sync": self._sync,
            **dict.fromkeys(("send", "handoff", "contact"), self._ack),
        }
        if act := answers.get(frame["type"]):
            act(socket, frame)

    def _welcome(self, socket: WebSocketRoute, frame: dict[str, Any]) -> None:
        welcome = {"session": self.session, "epoch": "e", "last_seq": len(self.lines)}
        socket.send(json.dumps({"type": "welcome", "state": "INIT", "mode": self.mode, **welcome}))
        self._send_after(socket, frame["last_seq"])

    def _sync(self, socket: WebSocketRoute, frame: dict[str, Any]) -> None:
        self._send_after(socket, frame["since"])

    def _send_after(self, socket: WebSocketRoute, seq: int) -> None:
        for line in self.lines[seq:]:
            socket.send(json.dumps(line))
        socket.send(json.dumps({"type": "synced", "last_seq": len(self.lines)}))

    def _ack(self, socket: WebSocketRoute, frame: dict[str, Any]) -> None:
        if not self.acks:
            return
        line = self.add("visitor", frame.get("text", ""), cmid=frame["cmid"])
        ack = {"cmid": frame["cmid"], "seq": line["seq"], "message": frame["cmid"]}
        socket.send(json.dumps({"type": "ack", **ack}))


def begin(widget: "Widget", script: Script, text: str = "Hello?") -> None:
    """A first line, so that there is a conversation to script."""
    widget.say(text)
    widget.own.locator("xpath=self::*[@data-status='sent']").last.wait_for()
    assert script.of_type("send")


def configure(page: Page, **values: object) -> None:
    """From here on the site is set up differently, for this page."""

    def patch(route: Route) -> None:
        response = route.fetch()
        before, rest = response.text().split(CONFIG)
        found, after = rest.split("</script>", 1)
        config = json.dumps({**json.loads(found), **values})
        route.fulfill(response=response, body=f"{before}{CONFIG}{config}</script>{after}")

    page.route(re.compile("/w/1/frame/"), patch)
