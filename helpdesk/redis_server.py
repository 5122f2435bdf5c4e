"""The embedded Redis: a socket in a private folder, nothing kept over a restart."""

import contextlib
import secrets
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from helpdesk import daemons
from helpdesk.daemons import Daemon
from helpdesk.places import Nest

CONFIGURATION = """\
port 0
unixsocket {socket}
unixsocketperm 700
requirepass {password}
maxmemory 128mb
maxmemory-policy volatile-lru
save ""
appendonly no
"""


@contextlib.contextmanager
def running(nest: Nest, tick: Callable[[], None]) -> Iterator[str]:
    """The URL of a running server, in redis-py's form. Raises StartError in one sentence."""
    daemons.end_strays(nest.sockets, "redis-server", signal.SIGTERM)
    path = nest.sockets / "redis.sock"
    path.unlink(missing_ok=True)
    password = secrets.token_urlsafe(24)
    daemon = Daemon(
        name="Redis",
        # Read from standard input, so that the password is in no file and no list of processes.
        command=(nest.programs.redis, "-"),
        folder=nest.sockets,
        log=nest.logs / "redis.log",
        account=nest.account,
        order=signal.SIGTERM,
        feed=CONFIGURATION.format(socket=path, password=password),
    )
    with daemons.running(daemon, lambda _pid: _answers(path, password), tick):
        yield f"unix://:{password}@{path}?db=0"


def _answers(path: Path, password: str) -> bool:
    with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
        client.settimeout(1)
        client.connect(str(path))
        client.sendall(f"AUTH {password}\r\nPING\r\n".encode())
        return client.makefile("rb").read(len("+OK\r\n+PONG\r\n")) == b"+OK\r\n+PONG\r\n"
    return False
