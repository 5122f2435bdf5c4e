"""What no setting changes and no fault from outside brings about, for child processes of the tests.

`LATER` names a file: that many seconds the breakers of models believe to have passed.
`KILL_AT_WAKE` ends a web process between the commit of a line and all that follows it.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from apps.dialogue.turns.asking import Asker
from apps.dialogue.turns.port import Claimed, Finish
from apps.llm.breaker import Breakers
from apps.llm.gateway import Learnt

LATER, KILL_AT_WAKE = "FAULTS_LATER", "FAULTS_KILL_AT_WAKE"
POISON = "poison"


class Mortal(Asker):
    """The runner of the product; a line of the word ends its process, whoever runs it."""

    async def run(self, claimed: Claimed, show: Callable[[int, str], None]) -> Finish | None:
        if any(POISON in line.text for line in claimed.lines):
            die()
        return await super().run(claimed, show)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def clock() -> float:
    return time.monotonic() + float(Path(os.environ[LATER]).read_text() or 0)


def arm() -> None:
    """Call when Django is set up."""
    from apps.dialogue import driver  # noqa: PLC0415  # only then
    from apps.dialogue.turns import asking, serving  # noqa: PLC0415  # as above

    serving.make_runner = Mortal
    if LATER in os.environ:
        asking._learnt = Learnt(breakers=Breakers(clock))
    if KILL_AT_WAKE in os.environ:
        driver.wake = die  # type: ignore[attr-defined]  # as above
