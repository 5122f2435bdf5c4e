import pytest

from helpdesk import places, programs, up
from tests.helpdesk.checkouts import IS_ROOT, making_checkout
from tests.helpdesk.made_up import making_project
from tests.stack import ROOT, Stack, free_port

SIGN_IN = """
from django.contrib.auth.models import User
from django.test import Client
user, _ = User.objects.get_or_create(username="keeper", is_staff=True, is_superuser=True)
client = Client(headers={"host": "localhost"})
client.force_login(user)
print(client.cookies["sessionid"].value)
"""


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


@pytest.fixture
def project(tmp_path):
    """A checkout with a made-up project behind its `make up`."""
    with making_project(tmp_path / "checkout") as folder:
        yield folder


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def own_servers(monkeypatch):
    """The project starts servers of its own instead of using the test run's."""
    for name in ("DATABASE_URL", "REDIS_URL", *up.KEYS):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def keeper(servers: Stack) -> str:
    """The session of somebody who may see everything, in the database of the stack."""
    return servers.manage("shell", "--no-imports", "-c", SIGN_IN).strip()
