"""This process' driver and its background, for the doors that share them."""

from dataclasses import dataclass

from django.conf import settings

from apps.chat.threads import in_thread
from apps.dialogue import books, dropped, ladders
from apps.dialogue.driver import Driver
from apps.dialogue.pulse import Pulse
from apps.guard.limits import Places
from apps.knowledge.index import library
from apps.sites.models import Installation


@dataclass(slots=True)
class Running:
    driver: Driver
    pulse: Pulse
    epoch: str
    sockets_of_visitor: Places
    sockets_of_address: Places
    sockets: int = 0

    def has_room(self) -> bool:
        return self.sockets < settings.CHAT.sockets_per_process


_running: list[Running] = []


def running() -> Running:
    """Raises RuntimeError before `start`: the server has to send `lifespan.startup`."""
    if not _running:
        raise RuntimeError("the chat is not started: the ASGI server must speak lifespan")
    return _running[0]


async def start() -> None:
    """Loads the indexes, the flows and the epoch, then starts the background."""
    await in_thread(library.refresh)
    await in_thread(books.refresh)
    await in_thread(ladders.refresh)
    await in_thread(dropped.refresh)
    installation = await in_thread(Installation.current)
    driver = Driver()
    pulse = Pulse(driver)
    _running[:] = [Running(driver, pulse, str(installation.epoch), Places(), Places())]
    pulse.start()


async def stop() -> None:
    if _running:
        now = _running.pop()
        await now.pulse.stop()
        await now.driver.close()
