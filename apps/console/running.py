"""This process' hub, for the sockets that share it."""

from apps.console.hub import Hub
from apps.dialogue.running import running

_hubs: list[Hub] = []


def hub() -> Hub:
    """Raises RuntimeError before `start`: the server has to send `lifespan.startup`."""
    if not _hubs:
        raise RuntimeError("the console is not started: the ASGI server must speak lifespan")
    return _hubs[0]


def start() -> None:
    """After the chat's own start."""
    _hubs[:] = [Hub()]
    running().pulse.listeners.add(_hubs[0])
    _hubs[0].start()


async def stop() -> None:
    """Before the chat's own stop."""
    if _hubs:
        last = _hubs.pop()
        running().pulse.listeners.discard(last)
        await last.stop()
