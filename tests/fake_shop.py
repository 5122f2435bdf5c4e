"""A shop's server that answers calls badly in every way, on a real socket. The path says how."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

MEGABYTE = b"x" * 1_048_576
DRIP_S = 0.02
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
# What goes on for ever around a body that is small, or never comes.
ENDLESS = {
    "/continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "/continue-heads": (b"", b"HTTP/1.1 100 Continue\r\nX: " + b"x" * 60_000 + b"\r\n\r\n"),
    "/heads": (b"HTTP/1.1 200 OK\r\n", b"X: " + b"x" * 60_000 + b"\r\n"),
    "/extensions": (CHUNKED, b"1;" + b"x" * 60_000 + b"\r\n \r\n"),
    "/trailers": (CHUNKED + b"1\r\n \r\n0\r\n", b"X: " + b"x" * 1_000 + b"\r\n"),
}


@dataclass
class Call:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: str


@dataclass
class FakeShop:
    """`answers` holds what a path says in JSON, and may be changed at any time. What comes to
    "/when-told" is answered once `told` is set."""

    calls: list[Call] = field(default_factory=list)
    answers: dict[str, object] = field(default_factory=lambda: {"/done": {"status": "done"}})
    closing: threading.Event = field(default_factory=threading.Event)
    told: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._lock = threading.Lock()
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self) -> None:
        self.closing.set()
        self.told.set()
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer: socket.socket) -> None:
        with contextlib.suppress(OSError), peer:
            call = _read(peer)
            with self._lock:
                self.calls.append(call)
            way = WAYS.get(call.path, FakeShop._say)
            way(self, peer, call.path)

    def _say(self, peer: socket.socket, path: str) -> None:
        body = json.dumps(self.answers.get(path, {})).encode()
        peer.sendall(_head(200, len(body)) + body)

    def _nothing(self, _peer: socket.socket, _path: str) -> None:
        self.closing.wait()

    def _when_told(self, peer: socket.socket, path: str) -> None:
        self.arrived.release()
        self.told.wait()
        self._say(peer, path)

    def _status(self, peer: socket.socket, path: str) -> None:
        peer.sendall(_head(int(path[1:4]), 0, "Retry-After: 7\r\n"))

    def _redirect(self, peer: socket.socket, _path: str) -> None:
        peer.sendall(_head(302, 0, f"Location: {self.url('/done')}\r\n"))

    def _huge(self, peer: socket.socket, _path: str) -> None:
        peer.sendall(_head(200, 200 * len(MEGABYTE)))
        for _ in range(200):
            peer.sendall(MEGABYTE)

    def _endless(self, peer: socket.socket, _path: str) -> None:
        """The same without saying so first."""
        peer.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _ in range(200):
            peer.sendall(MEGABYTE)

    def _drip(self, peer: socket.socket, _path: str) -> None:
        peer.sendall(_head(200, 60_000))
        while not self.closing.wait(DRIP_S):
            peer.sendall(b" ")

    def _drip_head(self, peer: socket.socket, _path: str) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not self.closing.wait(DRIP_S):
            peer.sendall(b"x")

    def _drip_continue(self, peer: socket.socket, _path: str) -> None:
        while not self.closing.wait(DRIP_S):
            peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _endless_around(self, peer: socket.socket, path: str) -> None:
        """A beginning, and then the same piece until the other side has had enough."""
        begins, piece = ENDLESS[path]
        peer.sendall(begins)
        while not self.closing.is_set():
            peer.sendall(piece * 100)

    def _chunks(self, peer: socket.socket, _path: str) -> None:
        body = b'{"status": "done"}'
        chunks = b"".join(b"1;x=y\r\n%c\r\n" % byte for byte in body)
        peer.sendall(CHUNKED + chunks + b"0\r\nX: y\r\n\r\n")

    def _cut(self, peer: socket.socket, _path: str) -> None:
        peer.sendall(_head(200, 500) + b'{"status":')

    def _hang_up(self, _peer: socket.socket, _path: str) -> None:
        """Ends without a word."""

    def _garbage(self, peer: socket.socket, _path: str) -> None:
        peer.sendall(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")

    def _html(self, peer: socket.socket, _path: str) -> None:
        body = b"<h1>Maintenance</h1>"
        peer.sendall(_head(200, len(body)) + body)


WAYS: dict[str, Callable[[FakeShop, socket.socket, str], None]] = {
    "/slow": FakeShop._nothing,
    "/when-told": FakeShop._when_told,
    "/redirect": FakeShop._redirect,
    "/huge": FakeShop._huge,
    "/endless": FakeShop._endless,
    "/drip": FakeShop._drip,
    "/drip-head": FakeShop._drip_head,
    "/drip-continue": FakeShop._drip_continue,
    "/chunks": FakeShop._chunks,
    **dict.fromkeys(ENDLESS, FakeShop._endless_around),
    "/cut": FakeShop._cut,
    "/hang-up": FakeShop._hang_up,
    "/garbage": FakeShop._garbage,
    "/html": FakeShop._html,
    **{f"/{status}": FakeShop._status for status in (400, 401, 404, 409, 410, 429, 500, 503)},
}


@contextlib.contextmanager
def fake_shop() -> Iterator[FakeShop]:
    shop = FakeShop()
    try:
        yield shop
    finally:
        shop.close()


def _head(status: int, length: int, more: str = "") -> bytes:
    lines = f"HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n{more}Connection: close\r\n\r\n"
    return lines.encode()


def _read(peer: socket.socket) -> Call:
    taken = b""
    while b"\r\n\r\n" not in taken:
        if not (piece := peer.recv(65_536)):
            raise OSError("no request")
        taken += piece
    head, _, body = taken.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += peer.recv(65_536)
    return Call(first.split(" ")[1], headers, body.decode())
