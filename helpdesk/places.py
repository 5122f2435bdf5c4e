"""Where the embedded servers live: folders, the account they run as, the programs, locks.

An ordinary user keeps everything in var/ of the checkout. For root, PostgreSQL refuses to run and
an unprivileged account cannot reach a checkout below a closed home folder; so for root there is one
folder per checkout below /var/lib/helpdesk, with a copy of the programs. No mode or owner of a
folder that was not made here is ever changed.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpdesk.programs import Programs, copied, wheels

SHARED = Path("/var/lib/helpdesk")
ACCOUNTS = ("postgres", "nobody")
# Unix sockets end at 103 bytes on the strictest system; PostgreSQL's own name takes 14 of them.
SOCKET_FOLDER_BYTES = 103 - 14
# A comma or blank would split PostgreSQL's list of socket folders, others would need quoting in URLs.
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")
THROW_AWAY = "helpdesk-test-"


class StartError(Exception):
    """A start that cannot be; its text is one sentence for the person at the terminal."""


class InUseError(StartError):
    """Another process holds the lock."""


@dataclass(frozen=True)
class Account:
    """Whom the servers run as when root starts them."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Nest:
    """What one PostgreSQL and one Redis need; `account` None is the one who starts them."""

    folder: Path
    sockets: Path
    logs: Path
    account: Account | None
    programs: Programs
    durable: bool


def home(root: Path) -> Path:
    """The folder of the checkout's servers; it need not exist."""
    if os.geteuid() != 0:
        return root / "var" / "servers"
    return SHARED / hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:12]


@contextlib.contextmanager
def nest(root: Path, *, durable: bool) -> Iterator[Nest]:
    """A locked place for the servers of the checkout `root`; a throw-away one is gone at the end.

    Raises InUseError if another process has it, StartError if a folder cannot be trusted.
    """
    with contextlib.ExitStack() as stack:
        if durable or os.geteuid() == 0:
            _make_home(root)
        if durable:
            folder = home(root)
            logs = private(root / "var" / "log", None)
            stack.enter_context(lock(folder / "lock"))
        else:
            folder = logs = stack.enter_context(_throw_away(root))
        account = _account(folder / "data") if os.geteuid() == 0 else None
        found = wheels() if account is None else copied(home(root))
        sockets = stack.enter_context(_sockets(folder, account))
        yield Nest(folder, sockets, logs, account, found, durable)


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Holds the lock file `path`, which ends with the process. Raises InUseError if it is held."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise InUseError(f"Another Helpdesk process is using {path.parent}.") from error
    finally:
        os.close(descriptor)


def private(path: Path, account: Account | None) -> Path:
    """The folder `path` with mode 0700 for the account, made if missing (with its parents).

    Raises StartError if what is there is no folder, another's, or open to others.
    """
    if not os.path.lexists(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # Renamed once it has its owner: a start that is killed here leaves nothing to refuse.
        made = Path(tempfile.mkdtemp(prefix=f"{path.name}-", dir=path.parent))
        if account is not None:
            os.chown(made, account.uid, account.gid)
        try:
            made.rename(path)
        except OSError:
            # Another process was faster, and its folder is in use already.
            made.rmdir()
    if not _is_private(path, account):
        raise StartError(
            f"{path} must be a folder of this account that is closed to others: move it away."
        )
    return path


def write_secret(path: Path, text: str) -> None:
    """Writes the file whole or not at all, readable by its owner only."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def _is_private(path: Path, account: Account | None) -> bool:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    owner = os.geteuid() if account is None else account.uid
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o077


def _make_home(root: Path) -> None:
    if os.geteuid() != 0:
        private(home(root), None)
        return
    for folder in (SHARED, home(root)):
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            folder.chmod(0o755)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
            raise StartError(f"{folder} must be a folder of root that nobody else can write to.")
    # The folder's name does not tell whose it is.
    (home(root) / "checkout").write_text(f"{root.resolve()}\n", encoding="utf-8")


def _account(data: Path) -> Account:
    """The owner of existing data, else the first existing account of ACCOUNTS."""
    found = [entry for entry in pwd.getpwall() if entry.pw_name in ACCOUNTS and entry.pw_uid]
    found.sort(key=lambda entry: ACCOUNTS.index(entry.pw_name))
    if data.exists():
        owner = data.stat().st_uid
        found = [entry for entry in pwd.getpwall() if entry.pw_uid == owner != 0]
    if not found:
        raise StartError(
            "PostgreSQL does not run as root, and there is no account "
            f"{' or '.join(ACCOUNTS)} for it: start Helpdesk as an ordinary user."
        )
    return Account(found[0].pw_uid, found[0].pw_gid)


@contextlib.contextmanager
def _sockets(folder: Path, account: Account | None) -> Iterator[Path]:
    """A private folder with a path short enough for sockets; empty at the end."""
    path = folder / "run"
    note = folder / "run-elsewhere"
    if not PLAIN_PATH.fullmatch(str(path)) or len(os.fsencode(path)) > SOCKET_FOLDER_BYTES:
        path = _short_folder(note)
    private(path, account)
    try:
        yield path
    finally:
        for entry in path.iterdir():
            entry.unlink()
        if path.parent != folder:
            path.rmdir()
            note.unlink()


def _short_folder(note: Path) -> Path:
    """The folder that a killed run noted, or a new one that nobody could foresee."""
    with contextlib.suppress(OSError):
        noted = Path(note.read_text(encoding="utf-8"))
        if _is_private(noted, None):
            return noted
    for base in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp")):  # noqa: S108 - mkdtemp
        longest = len(os.fsencode(base)) + len("/helpdesk-12345678")
        if (
            PLAIN_PATH.fullmatch(base)
            and longest <= SOCKET_FOLDER_BYTES
            and os.access(base, os.W_OK)
        ):
            made = tempfile.mkdtemp(prefix="helpdesk-", dir=base)
            note.write_text(made, encoding="utf-8")
            return Path(made)
    raise StartError("No folder with a short path for sockets: set TMPDIR to a short one.")


@contextlib.contextmanager
def _throw_away(root: Path) -> Iterator[Path]:
    base = home(root) if os.geteuid() == 0 else Path(tempfile.gettempdir())
    for left in base.glob(f"{THROW_AWAY}*"):
        _remove_if_dead(left)
    folder = Path(tempfile.mkdtemp(prefix=THROW_AWAY, dir=base))
    try:
        if os.geteuid() == 0:
            folder.chmod(0o711)
        with lock(folder / "lock.new"):
            # Renamed once it is held: a folder without "lock" is one that is still being made.
            (folder / "lock.new").rename(folder / "lock")
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_if_dead(folder: Path) -> None:
    with contextlib.suppress(OSError, InUseError):
        if folder.lstat().st_uid == os.geteuid() and (folder / "lock").exists():
            with lock(folder / "lock"):
                shutil.rmtree(folder, ignore_errors=True)
