import pytest

from helpdesk import places, programs
from tests.helpdesk.checkouts import IS_ROOT, ROOT, making_checkout


@pytest.fixture
def bare_checkout(tmp_path):
    with making_checkout(tmp_path / "checkout") as folder:
        yield folder


@pytest.fixture
def checkout(bare_checkout, monkeypatch):
    """A checkout that runs the programs of the test run's own servers, to save root's copy."""
    monkeypatch.setattr(places, "copied", lambda _home: programs.copied(places.home(ROOT)))
    if IS_ROOT:
        places.home(ROOT).mkdir(parents=True, exist_ok=True)
    return bare_checkout
