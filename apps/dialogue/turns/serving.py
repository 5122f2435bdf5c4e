"""A drain as a whole process runs it: as a Celery task, as `manage.py drain`, or for one turn."""

import asyncio
import signal
from collections.abc import Callable
from functools import partial

import uvloop

from apps.chat import collector
from apps.dialogue.turns.asking import Asker
from apps.dialogue.turns.drain import Around, Drain
from apps.dialogue.turns.port import TurnRunner

# The parent of Celery's children says with it that the worker is about to stop; see helpdesk/celery.py.
STOP = signal.SIGUSR2

make_runner: Callable[[], TurnRunner] = Asker


def serve(
    around: Around,
    *,
    claim_s: float | None = None,
    alone: bool = False,
    stop_on: tuple[signal.Signals, ...] = (STOP,),
) -> None:
    """Runs a drain to its end. Call in the main thread of a process."""
    collector.spare()
    uvloop.run(_serve(partial(_made, around, claim_s=claim_s, alone=alone), stop_on))
    for number in stop_on:
        # asyncio has put back what would end the process.
        signal.signal(number, signal.SIG_IGN)


def _made(around: Around, *, claim_s: float | None, alone: bool) -> Drain:
    return Drain(make_runner(), around, claim_s=claim_s, alone=alone)


async def _serve(make: Callable[[], Drain], stop_on: tuple[signal.Signals, ...]) -> None:
    """What a drain is made of belongs to its loop."""
    drain = make()
    loop = asyncio.get_running_loop()
    for number in stop_on:
        loop.add_signal_handler(number, drain.stop)
    await drain.run()
