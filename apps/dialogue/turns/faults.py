"""Faults of our own, told without what visitors wrote."""

import logging
import traceback
from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)


def place(error: BaseException) -> str:
    """What broke and where; never its message, which may hold what a visitor wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    name = type(error).__name__
    return f"{name}, {last.filename}:{last.lineno}" if last else name


async def closed(*steps: Callable[[], Awaitable[object]]) -> None:
    """Takes every step, in order, whatever becomes of those before it."""
    for step in steps:
        try:
            await step()
        except Exception as error:  # noqa: BLE001  # what is left open would be lost with it
            logger.error("not closed: %s", place(error))  # noqa: TRY400  # a traceback holds what the visitor wrote
