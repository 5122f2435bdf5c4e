import io
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from apps.demo.orders import load_orders
from apps.dialogue.actions.registry import Call
from tests.emptying import empty_database


@contextmanager
def demo_there() -> Iterator[None]:
    """The demo shop, for tests that take back what they do to it; loading it takes a second of a
    core."""
    with transaction.atomic():
        call_command("demo", stdout=io.StringIO())
        # As in a test, nobody is told of what is stored.
        connection.run_on_commit.clear()
    try:
        yield
    finally:
        empty_database(None)


@pytest.fixture(scope="module")
def shop_of_module(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), demo_there():
        yield


@pytest.fixture(scope="class")
def shop_of_class(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), demo_there():
        yield


@pytest.fixture
def orders(db) -> None:
    load_orders()


@pytest.fixture
def call() -> Callable[..., Call]:
    """A call by a stranger, about 小美's earbuds, which came four days ago."""

    def make(*, person: str = "", language: str = "en", key: str = "", **slots: str) -> Call:
        said = {"order_id": "202611040017", "phone_tail": "2567", **slots}
        key = key or str(uuid.uuid4())
        return Call(1, uuid.uuid4(), key, "return", said, person, language)

    return make
