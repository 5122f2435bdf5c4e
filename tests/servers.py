"""A pytest plugin: private PostgreSQL and Redis for the run, and the rule for browser tests.

Loaded by `-p tests.servers`. Servers named in DATABASE_URL or REDIS_URL are used instead. With
several workers (`-n`) each has its own pair, since some tests freeze, flush and kill them; their
databases are copies of one (tests/seed.py).
"""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from helpdesk import embedded
from tests import seed

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NAMES = ("DATABASE_URL", "REDIS_URL")
# Which of them the first process set itself: its workers inherit the environment.
STARTED = "HELPDESK_TEST_STARTED"
# Enough to read the settings.
NOWHERE = embedded.Addresses("postgresql://none@/none", "unix:///none")
WHY_SKIPPED = "no Chromium found: install chromium or set CHROMIUM to its path"


def browser() -> str | None:
    """The path of a Chromium: the environment variable CHROMIUM, else the first one on PATH."""
    wanted = os.environ.get("CHROMIUM")
    return shutil.which(wanted) if wanted else next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Starts the servers before pytest-django reads the settings; they end with pytest."""
    if early_config.known_args_namespace.version or early_config.known_args_namespace.help:
        return
    if "browser" in os.environ.get("HELPDESK_TEST_REQUIRE", "").split(",") and not browser():
        raise pytest.UsageError(f"HELPDESK_TEST_REQUIRE=browser, but {WHY_SKIPPED}.")
    inherited = os.environ.get(STARTED, "").split()
    for name in inherited:
        os.environ.pop(name, None)
    os.environ[STARTED] = " ".join(name for name in NAMES if not embedded.outside(name))
    stack = contextlib.ExitStack()
    # Runs as well when collection fails and on Ctrl-C.
    early_config.add_cleanup(stack.close)
    try:
        found = _started(stack, early_config)
    except embedded.StartError as error:
        raise pytest.UsageError(str(error)) from error
    os.environ["DATABASE_URL"] = found.database_url
    os.environ["REDIS_URL"] = found.redis_url
    files = stack.enter_context(tempfile.TemporaryDirectory(prefix="helpdesk-files-"))
    os.environ["HELPDESK_ATTACHMENTS_DIR"] = files
    os.environ.setdefault("HELPDESK_SECRET_KEY", "a key for tests only, no secret")
    os.environ.setdefault("HELPDESK_SEAL_KEY", "a key for tests only, which seals no secret")


def _started(stack: contextlib.ExitStack, config: pytest.Config) -> embedded.Addresses:
    """The servers of this process. One that only tells workers what to do has none: with nobody
    else's, it makes what they copy."""
    options = config.known_args_namespace
    has_workers = getattr(options, "numprocesses", None) and not options.usepdb
    only_leads = has_workers and "PYTEST_XDIST_WORKER" not in os.environ
    if only_leads and os.environ[STARTED].split() == list(NAMES):
        stack.enter_context(seed.sown())
        return NOWHERE
    with seed.taken():
        return stack.enter_context(embedded.running(ROOT, durable=False))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """How many workers `-n auto` means: one where the servers are somebody's own, else two more than
    there are cores, since half of the time a test waits for other processes."""
    is_private = os.environ.get(STARTED, "").split() == list(NAMES)
    return (os.cpu_count() or 1) + 2 if is_private else 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips tests marked `browser` where there is none, and else spreads their files over the run:
    they take longest, and together at its end they would keep one core waiting for the other."""
    if browser() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=WHY_SKIPPED))
        return
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    slow = [
        path
        for path, held in files.items()
        if any(one.get_closest_marker("browser") for one in held)
    ]
    others = [path for path in files if path not in set(slow)]
    # All of them have begun when a quarter of the others is left.
    step = max(1, 3 * len(others) // (4 * len(slow) or 1))
    order: list[Path] = []
    for number, path in enumerate(slow):
        order += [path, *others[number * step : (number + 1) * step]]
    order += others[len(slow) * step :]
    items[:] = [item for path in order for item in files[path]]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser."""
    found = browser()
    if found is None:
        pytest.skip(WHY_SKIPPED)
    return found
