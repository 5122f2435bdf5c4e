"""PostgreSQL and Redis from the installed wheels, started and stopped by Helpdesk itself.

`make up` and the tests use `running`; settings.py finds what a running `make up` started with
`addresses`. A server named in DATABASE_URL or REDIS_URL is used as it is, and ours stays off.
"""

import contextlib
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from helpdesk import places, postgres, redis_server
from helpdesk.places import InUseError, StartError

__all__ = ["Addresses", "InUseError", "StartError", "addresses", "outside", "running"]


@dataclass(frozen=True)
class Addresses:
    """Where the servers answer; both URLs hold passwords."""

    database_url: str
    redis_url: str


def addresses(root: Path) -> Addresses | None:
    """What a running `make up` of the checkout wrote; None if none runs or it is not ours."""
    try:
        found = Addresses(**json.loads(_notice(root).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return found if _listens(found.database_url) and _listens(found.redis_url) else None


@contextlib.contextmanager
def running(
    root: Path,
    *,
    durable: bool,
    say: Callable[[str], None] = lambda _line: None,
    tick: Callable[[], None] = lambda: None,
) -> Iterator[Addresses]:
    """Both servers of the checkout `root`, until the block ends: Redis stops first.

    `durable=False` gives private, faster ones that are removed at the end. `say` gets a line when
    a server has started; `tick` is called while waiting and may raise to give up. To be called
    from the main thread. Raises StartError (InUseError if another process runs them).
    """
    with contextlib.ExitStack() as stack:
        try:
            found = _start(stack, root, durable=durable, say=say, tick=tick)
            if durable:
                stack.enter_context(_published(root, found))
        except OSError as error:
            what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            raise StartError(f"The servers cannot be started: {what}.") from error
        yield found


def outside(name: str) -> str | None:
    """The URL in the environment variable `name` or in the file that `name`_FILE names.

    None or empty means that the embedded server is wanted. Raises StartError for a file that
    cannot be read.
    """
    if name in os.environ or f"{name}_FILE" not in os.environ:
        return os.environ.get(name)
    try:
        return Path(os.environ[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise StartError(f"{name}_FILE cannot be read: {error.strerror}.") from error


def _start(
    stack: contextlib.ExitStack,
    root: Path,
    *,
    durable: bool,
    say: Callable[[str], None],
    tick: Callable[[], None],
) -> Addresses:
    urls = {name: outside(name) for name in ("DATABASE_URL", "REDIS_URL")}
    if not all(urls.values()):
        nest = stack.enter_context(places.nest(root, durable=durable))
    for name, label, start in (
        ("DATABASE_URL", "PostgreSQL", postgres.running),
        ("REDIS_URL", "Redis", redis_server.running),
    ):
        if not urls[name]:
            began = time.monotonic()
            urls[name] = stack.enter_context(start(nest, tick))
            say(f"{label} started ({time.monotonic() - began:.1f} s)")
    return Addresses(str(urls["DATABASE_URL"]), str(urls["REDIS_URL"]))


def _notice(root: Path) -> Path:
    return root / "var" / "run" / "addresses.json"


@contextlib.contextmanager
def _published(root: Path, found: Addresses) -> Iterator[None]:
    notice = _notice(root)
    places.private(notice.parent, None)
    places.write_secret(notice, json.dumps(asdict(found)))
    try:
        yield
    finally:
        notice.unlink(missing_ok=True)


def _listens(url: str) -> bool:
    """Whether a socket of ours is there and taken; an outside server is taken at its word."""
    parts = urlsplit(url)
    path = parts.path
    if parts.scheme != "unix":
        folder = parse_qs(parts.query).get("host", [""])[-1]
        path = f"{folder}/.s.PGSQL.{parts.port or 5432}" if folder.startswith("/") else ""
    if not path:
        return True
    with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
        client.settimeout(1)
        client.connect(path)
        return True
    return False
