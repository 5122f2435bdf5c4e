import uuid
from collections.abc import Callable

import pytest

from apps.demo.orders import load_orders
from apps.dialogue.actions.registry import Call


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
