"""An SMTP server on a thread that speaks the protocol, and misbehaves where it is told to."""

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Behaviour:
    """`refusals` holds, by command, the reply that is given instead of the usual one."""

    refusals: dict[str, str] = field(default_factory=dict)
    features: tuple[str, ...] = ("AUTH PLAIN LOGIN", "8BITMIME")
    greets: bool = True
    drips: bool = False
    hangs_up: bool = False
    mails: list[str] = field(default_factory=list)
    finished: threading.Event = field(default_factory=threading.Event)


class _Talk(socketserver.StreamRequestHandler):
    """One client. `server.behaviour` says how it is treated."""

    def handle(self) -> None:
        behaviour: Behaviour = self.server.behaviour  # type: ignore[attr-defined]  # set by `smtp`
        if behaviour.hangs_up:
            return
        if not behaviour.greets or behaviour.drips:
            self._hold(behaviour)
            return
        self._say("220 mail.example ESMTP")
        while line := self._line():
            command = line.split(" ")[0].split(":")[0].upper()
            self._answer(behaviour, command)
            if command == "QUIT":
                return

    def _hold(self, behaviour: Behaviour) -> None:
        """Keeps the client waiting, with a byte now and then if it drips."""
        with contextlib.suppress(OSError):
            while not behaviour.finished.wait(0.02):
                if behaviour.drips:
                    self.wfile.write(b"2")

    def _answer(self, behaviour: Behaviour, command: str) -> None:
        if refusal := behaviour.refusals.get(command):
            self._say(refusal)
        elif command == "EHLO":
            *first, last = ("mail.example", *behaviour.features)
            for name in first:
                self._say(f"250-{name}")
            self._say(f"250 {last}")
        elif command == "DATA":
            self._say("354 go on")
            behaviour.mails.append(self._mail())
            self._say("250 taken")
        else:
            self._say({"AUTH": "235 welcome", "QUIT": "221 bye"}.get(command, "250 fine"))

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def _line(self) -> str:
        try:
            return self.rfile.readline().decode("utf-8", "replace").strip()
        except OSError:
            return ""

    def _mail(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
            lines.append(line)
        return "\n".join(lines)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


@contextlib.contextmanager
def smtp(behaviour: Behaviour) -> Iterator[int]:
    """The port of a server that behaves so until the block ends."""
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.behaviour = behaviour  # type: ignore[attr-defined]  # read by `_Talk`
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield int(server.server_address[1])
        finally:
            behaviour.finished.set()
            server.shutdown()
