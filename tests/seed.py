"""A PostgreSQL with ready databases, made once in a run; each of its workers begins with a copy.

Making and filling the databases of a worker takes six seconds of a core, a copy a tenth of one.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from helpdesk import places, postgres, redis_server
from helpdesk.places import Nest
from tests.databases import SHOP, TABLES, beside, create
from tests.stack import ROOT, Stack

FOLDER = "HELPDESK_TEST_SEED"
# What `helpdesk.postgres` makes of a new folder.
PARTS = ("data", "password", "settled")


@contextlib.contextmanager
def sown() -> Iterator[None]:
    """Until the block ends, servers that start in `taken` begin with ready databases. Raises
    StartError."""
    with places.nest(ROOT, durable=False) as nest:
        try:
            _make(nest)
        except subprocess.CalledProcessError as error:
            raise places.StartError(f"No databases for the tests:\n{error.stderr}") from error
        os.environ[FOLDER] = str(nest.folder)
        yield
        del os.environ[FOLDER]


def _make(nest: Nest) -> None:
    """Both databases. The server is stopped in good order, so that its files are whole."""
    with postgres.running(nest, _waits) as url, redis_server.running(nest, _waits) as redis:
        create(url, TABLES, "")
        Stack(beside(url, TABLES), redis).manage("migrate", "--verbosity", "0")
        create(url, SHOP, TABLES)
        Stack(beside(url, SHOP), redis).run("-m", "helpdesk.prepare")


@contextlib.contextmanager
def taken() -> Iterator[None]:
    """A PostgreSQL that is made within the block is a copy, if there is a seed."""
    seed = os.environ.get(FOLDER)
    if not seed:
        yield
        return

    def copy(nest: Nest, data: Path) -> None:
        for part in PARTS:
            subprocess.run(["cp", "-a", Path(seed) / part, data.parent], check=True)

    with patch.object(postgres, "_create", copy):
        yield


def _waits() -> None:
    """Gives up never."""
