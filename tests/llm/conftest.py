"""Gateways over the fake server."""

import os
from collections.abc import AsyncIterator

import pytest

from apps.llm.gateway import Gateway
from tests.llm.asked import LOOPBACK


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """One that may reach this machine, with the run's Redis."""
    async with Gateway(os.environ["REDIS_URL"], LOOPBACK) as made:
        yield made
