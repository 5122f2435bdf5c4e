"""Tells the broker that turns wait, when they are more than the living drains have places for.

It blocks nobody: a thread of its own asks and publishes, one at a time, and what is asked for
meanwhile is one more look afterwards. After a failure it does not try for a while. Whatever it
fails to tell is found by drains, which poll, and by the sweeper.
"""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from apps.dialogue.tasks import enqueue_turns
from apps.dialogue.turns import claims
from apps.dialogue.turns.claims import Places
from apps.dialogue.turns.faults import place

logger = logging.getLogger(__name__)

PAUSE_S = 5.0
BETWEEN_S = 0.1


class Waker:
    """For one process."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="wake")
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._looks = False
        self._not_before = 0.0

    def wake(self) -> None:
        """Call after a commit that left a turn pending. Returns at once."""
        self._wanted.set()
        with self._lock:
            if self._looks:
                return
            self._looks = True
        try:
            self._pool.submit(self._look)
        except RuntimeError:
            return  # the process is about to end

    def _look(self) -> None:
        try:
            while True:
                self._wanted.clear()
                try:
                    self._publish_if_short()
                except Exception as error:  # noqa: BLE001 whatever it is, the next line is looked at
                    logger.error("turns: not told (%s)", place(error))  # noqa: TRY400 see `place`
                # Under load the next look waits for what gathers.
                time.sleep(BETWEEN_S)
                with self._lock:
                    if not self._wanted.is_set():
                        self._looks = False
                        return
        finally:
            connection.close()

    def _publish_if_short(self) -> None:
        if time.monotonic() < self._not_before or not _is_short():
            return
        pause = settings.TURNS.publish_s if enqueue_turns() else PAUSE_S
        self._not_before = time.monotonic() + pause


def _is_short() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(claims.PLACES, claims.bounds())
            return Places(*cursor.fetchone()).are_short
    except DatabaseError as error:
        logger.warning("turns: not looked for (%s)", type(error).__name__)
        connection.close()
        return False


_waker = Waker()
wake = _waker.wake
