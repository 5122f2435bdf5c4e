"""Made-up checkouts with embedded servers, and what tests ask of them."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from helpdesk import daemons, places
from helpdesk.embedded import Addresses

IS_ROOT = os.geteuid() == 0


@contextlib.contextmanager
def making_checkout(folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        patch.delenv("REDIS_URL", raising=False)
        yield folder
    if IS_ROOT:
        shutil.rmtree(places.home(folder), ignore_errors=True)


def ask(url: str, question: LiteralString) -> tuple[Any, ...] | None:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(question).fetchone()


def socket_folder(found: Addresses) -> Path:
    return Path(parse_qs(urlsplit(found.database_url).query)["host"][0])


def working(folder: Path, found: Addresses) -> list[int]:
    """Process ids of the checkout's servers."""
    pids = []
    for place, program in (
        (places.home(folder) / "data", "postgres"),
        (socket_folder(found), "redis-server"),
    ):
        for pid, descriptor in daemons.working_in(place, program):
            os.close(descriptor)
            pids.append(pid)
    return pids
