"""What runs beside the sockets: a fault of one part leaves the others running."""

import asyncio
from dataclasses import replace

import pytest

from apps.dialogue import books
from apps.dialogue.pulse import Pulse
from apps.knowledge.index import library
from tests.threads import stopped

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("broken", "other"), [(library, books), (books, library)])
async def test_knowledge_and_flows_are_looked_after_apart(
    driver, settings, monkeypatch, broken, other
):
    settings.KNOWLEDGE = replace(settings.KNOWLEDGE, watch_s=0.001)
    loop, left = asyncio.get_running_loop(), [3]
    came = asyncio.Event()

    def fails() -> None:
        raise RuntimeError

    def counts() -> None:
        left[0] -= 1
        if not left[0]:
            loop.call_soon_threadsafe(came.set)

    monkeypatch.setattr(broken, "refresh", fails)
    monkeypatch.setattr(other, "refresh", counts)
    pulse = Pulse(driver)
    pulse.start()
    try:
        await asyncio.wait_for(came.wait(), 30)
    finally:
        await stopped(pulse)
