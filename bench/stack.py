"""The servers a benchmark runs against: durable PostgreSQL, Redis, and our own processes."""

import contextlib
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from helpdesk import embedded
from tests.stack import READY, ROOT, Child, Stack, Web, free_port, stack, web_command

KIB_PER_MIB = 1024
SETTINGS = "helpdesk.settings"
UNLIMITED = {"HELPDESK_LIMITS_TRUSTED": "127.0.0.0/8"}


@contextlib.contextmanager
def durable_stack() -> Iterator[Stack]:
    """A stack whose commits reach the disk, as in production; removed at the end."""
    raise_file_limit()
    with (
        tempfile.TemporaryDirectory(prefix="helpdesk-bench-") as folder,
        embedded.running(Path(folder), durable=True) as addresses,
        stack(addresses.database_url, addresses.redis_url, "bench") as made,
    ):
        os.environ.update(made.environment(**UNLIMITED, DJANGO_SETTINGS_MODULE=SETTINGS))
        yield made


def raise_file_limit() -> None:
    """Each socket is a file; children inherit the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextlib.contextmanager
def peers(made: Stack) -> Iterator[Web]:
    """The bare echo and the one-insert consumer, served with the flags of our own web process."""
    port = free_port()
    command = web_command(port)
    command[1] = "bench.peers:application"
    web = Web(port, Child([sys.executable, "-m", *command], made.environment(PORT=str(port))))
    web.child.wait_for(READY)
    try:
        yield web
    finally:
        web.child.stop()


@contextlib.contextmanager
def everything(made: Stack) -> Iterator[dict[str, int]]:
    """All processes of the Procfile; the process id of each by name."""
    (ROOT / "var").mkdir(exist_ok=True)  # beat keeps its schedule there
    with contextlib.ExitStack() as exits:
        started: dict[str, int] = {}
        for line in (ROOT / "Procfile").read_text().splitlines():
            name, _, command = line.partition(": ")
            if name.startswith("#") or not command:
                continue
            child = Child(_command(command), made.environment(**UNLIMITED))
            exits.callback(child.stop)
            if name in SIGNS:
                child.wait_for(SIGNS[name])
            started[name] = child.process.pid
        yield started


# Beat says nothing as long as all is well; it is up before the sweeper, which comes after it.
SIGNS = {"web": READY, "turns": " ready.", "jobs": " ready.", "sweeper": "started"}


def _command(line: str) -> list[str]:
    program, *arguments = line.replace("$PORT", str(free_port())).split()
    if program == "python":
        return [sys.executable, *arguments]
    return [sys.executable, "-m", program, *arguments]


def resident_mb(pid: int) -> float:
    """Resident memory of a process and its children, MiB. Pages shared by several of them are
    counted once (proportional set size), as they are in memory."""
    kib = 0
    for member in family(pid):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    kib += int(line.split()[1])
    return round(kib / KIB_PER_MIB, 1)


def family(pid: int) -> list[int]:
    """A process of ours and its children."""
    return [pid, *_children(pid)]


def server_pids(program: str) -> list[int]:
    """The first process of a server that this process started, by the program's name."""
    return [pid for pid in _children(os.getpid()) if _program(pid) == program][:1]


def _program(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def _children(pid: int) -> list[int]:
    command = ["ps", "-e", "-o", "pid=,ppid="]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    parents = [tuple(map(int, line.split())) for line in found.stdout.splitlines()]
    family, seen = [pid], 0
    while seen < len(family):
        family += [child for child, parent in parents if parent == family[seen]]
        seen += 1
    return family[1:]
