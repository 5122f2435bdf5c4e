"""The cast and the servers that tests share."""

import os
import uuid
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from django.test.utils import override_settings
from hypothesis import HealthCheck
from hypothesis import settings as examples

from apps.chat.models import Session, Visitor
from apps.dialogue import answers, ladders
from apps.llm import quota
from apps.sites.models import Site
from helpdesk.apps import discover
from tests.databases import TABLES, has
from tests.emptying import empty_database
from tests.fakellm.process import FakeLLM, fakellm_process
from tests.stack import Stack, Web
from tests.stack import stack as stack_of

MakeSession = Callable[..., Session]

# By chance a made-up example fails once in many runs, and on a busy machine each of them is late.
examples.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
examples.load_profile("steady")
# Tests go over what the admin lists, without having seen a page of it before.
discover()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The tests' own database is a copy too, where there is one to copy."""
    if has(os.environ["DATABASE_URL"], TABLES):
        connection.settings_dict["TEST"]["TEMPLATE"] = TABLES


@pytest.fixture(scope="session", autouse=True)
def _emptied() -> Iterator[None]:
    """How the tables are emptied after tests that commit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_database)
        yield


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """One costs a quarter of a second of a core to make and another to check."""
    cheap = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[cheap, *settings.PASSWORD_HASHERS]):
        yield


@pytest.fixture(autouse=True)
def no_models_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this process has read of models belongs to the rows of an earlier test."""
    monkeypatch.setattr(ladders, "_known", None)


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that is late on a busy machine has not lost its Redis. A test that freezes Redis sets
    what it waits for."""
    for each in (answers, quota):
        monkeypatch.setattr(each, "PATIENCE_S", 10.0)


@pytest.fixture
def site() -> Site:
    """Northbird, the shop of the cast."""
    return Site.objects.create(
        key="northbird", name="Northbird", allowed_pages=["http://localhost:8000"]
    )


@pytest.fixture
def make_session(site: Site) -> MakeSession:
    def make(**values: object) -> Session:
        visitor = Visitor.objects.create(site=site, locale="en")
        return Session.objects.create(
            **{"site": site, "visitor": visitor, "language": "en", **values}
        )

    return make


@pytest.fixture
def cmid() -> uuid.UUID:
    return uuid.uuid4()


@pytest.fixture(scope="session")
def servers() -> Iterator[Stack]:
    """A database with the demo shop; tests start the processes they need over it."""
    with stack_of(os.environ["DATABASE_URL"], os.environ["REDIS_URL"]) as made:
        yield made


@pytest.fixture(scope="session")
def stack(servers: Stack) -> Iterator[Web]:
    """One web process with the demo shop, shared by all tests that only talk to it."""
    with servers.web() as web:
        yield web


@pytest.fixture(scope="session")
def fakellm_server() -> Iterator[FakeLLM]:
    """A server that speaks OpenAI's protocol: tests/fakellm/README.md."""
    with fakellm_process() as fake:
        yield fake


@pytest.fixture
def fakellm(fakellm_server: FakeLLM) -> FakeLLM:
    """The same, with nothing left of earlier tests."""
    fakellm_server.forget()
    return fakellm_server
