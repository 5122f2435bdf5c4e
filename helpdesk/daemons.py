"""One server process: its start, its end, and what a killed run left running."""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from helpdesk.places import Account, StartError

# Nothing of the caller's PG* or LD_* settings may reach the servers.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
LOG_BYTES = 10_000_000
STOP_SECONDS = 60
POLL_SECONDS = 0.01
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Daemon:
    """How to run one program: in `folder`, with `feed` on its standard input, output to `log`.

    `order` is the signal that asks it to end in good order.
    """

    name: str
    command: Sequence[str | Path]
    folder: Path
    log: Path
    account: Account | None
    order: signal.Signals
    feed: str = ""


def once(daemon: Daemon) -> None:
    """Runs the program to its end. Raises StartError, with the log's path, if it fails."""
    process = _launch(daemon)
    try:
        code = process.wait()
    except BaseException:
        _stop(process, daemon.order)
        raise
    if code:
        raise StartError(f"{daemon.name} failed: {complaint(daemon.log)}")


@contextlib.contextmanager
def running(
    daemon: Daemon, ready: Callable[[int], bool], tick: Callable[[], None]
) -> Iterator[None]:
    """Runs the server until the block ends; `ready` gets its process id.

    `tick` is called while waiting and may raise to give up. Raises StartError if the server ends
    before it is ready.
    """
    process = _launch(daemon)
    try:
        while not ready(process.pid):
            if process.poll() is not None:
                raise StartError(f"{daemon.name} did not start: {complaint(daemon.log)}")
            tick()
            time.sleep(POLL_SECONDS)
        yield
    finally:
        _stop(process, daemon.order)


def complaint(log: Path) -> str:
    """The log's last line that tells of an error, with the log's path."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-50:]
    telling = [line for line in lines if "FATAL" in line or "rror" in line] or lines or ["no word"]
    return f"{telling[-1].strip()[:300]} (log: {log})"


def end_strays(folder: Path, program: str, order: signal.Signals) -> int:
    """Ends the processes of `program` that work in `folder`; returns how many there were.

    The caller holds the folder's lock, so only what a killed run left can be there. A process is
    told by its program and working folder, never by an id that a file claims, and signalled
    through a descriptor that cannot come to mean another process. Raises StartError if one stays.
    """
    with contextlib.ExitStack() as stack:
        found = dict(working_in(folder, program))
        for descriptor in found.values():
            stack.callback(os.close, descriptor)
        for pid, descriptor in found.items():
            if parent(pid) not in found:
                _send(descriptor, order)
        left = _wait(found.values())
        for descriptor in left:
            _send(descriptor, signal.SIGKILL)
        if _wait(left):
            raise StartError(f"A {program} of an earlier start does not end: {sorted(found)}.")
    return len(found)


def can_see_strays() -> bool:
    """Whether the system shows what is running in a folder."""
    return Path("/proc/self/cwd").exists() and hasattr(os, "pidfd_open")


def _launch(daemon: Daemon) -> subprocess.Popen[bytes]:
    account = daemon.account
    with contextlib.ExitStack() as stack:
        log = _open_log(daemon.log)
        stack.callback(os.close, log)
        try:
            process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
                [os.fspath(part) for part in daemon.command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=daemon.folder,
                env=ENVIRONMENT,
                # A session of its own: Ctrl-C in the terminal must not reach it before its clients.
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                umask=0o077,
                preexec_fn=end_with_us(daemon.order),  # noqa: PLW1509 - two system calls only
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise StartError(f"{daemon.name} cannot be started: {error}.") from error
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError), process.stdin:
        process.stdin.write(daemon.feed.encode())
    return process


def _open_log(log: Path) -> int:
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def end_with_us(order: signal.Signals) -> Callable[[], None] | None:
    """What a child does before it becomes the server: ask for `order` should we be killed.

    Linux only, and bound to the thread that starts it: start servers from the main thread.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, int(order))
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def _stop(process: subprocess.Popen[bytes], order: signal.Signals) -> None:
    """The order first, SIGQUIT and then SIGKILL to what does not heed it."""
    for number in (order, signal.SIGQUIT, signal.SIGKILL):
        process.send_signal(number)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return


def working_in(folder: Path, program: str) -> Iterator[tuple[int, int]]:
    """Process id and open descriptor of each process of `program` that works in `folder`."""
    if not can_see_strays() or not folder.exists():
        return
    wanted = folder.stat()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # Opened before the look, so that what was looked at is what the descriptor means.
            descriptor = os.pidfd_open(int(entry.name))
            try:
                ours = os.path.samestat((entry / "cwd").stat(), wanted)
                name = (entry / "exe").readlink().name.removesuffix(" (deleted)")
            except OSError:
                ours, name = False, ""
            if ours and name == program:
                yield int(entry.name), descriptor
            else:
                os.close(descriptor)


def parent(pid: int) -> int:
    """The parent's process id; 0 if the process is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    return int(fields.rpartition(")")[2].split()[1])


def _send(descriptor: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(descriptor, number)


def _wait(descriptors: Iterable[int]) -> list[int]:
    """Those of the process descriptors whose process has not ended after STOP_SECONDS."""
    left = list(descriptors)
    end = time.monotonic() + STOP_SECONDS
    while left and (remaining := end - time.monotonic()) > 0:
        poll = select.poll()
        for descriptor in left:
            poll.register(descriptor, select.POLLIN)
        ended = {descriptor for descriptor, _event in poll.poll(remaining * 1000)}
        left = [descriptor for descriptor in left if descriptor not in ended]
    return left
