"""The cast and the servers that tests share."""

import os
import uuid
from collections.abc import Callable, Iterator

import pytest

from apps.chat.models import Session, Visitor
from apps.sites.models import Site
from tests.stack import Stack, Web
from tests.stack import stack as stack_of

MakeSession = Callable[..., Session]


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
