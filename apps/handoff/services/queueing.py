"""Where a visitor stands in the queue."""

from dataclasses import dataclass
from datetime import datetime

from apps.chat.models import Session


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """`position` counts from 1; None: not in the queue (someone has it, or it is a message).
    `eta_s` from how long others waited of late, None when nobody knows. `open_now`: the team works
    at this hour; `opens_at`: when it does next, None while open or when that is never. `attended`:
    somebody who serves this session has the console open."""

    position: int | None
    eta_s: int | None
    open_now: bool
    opens_at: datetime | None
    attended: bool


def queue_place(session: Session) -> QueuePlace:
    """For a session that waits, and for one that thinks of it: then `position` is None."""
    raise NotImplementedError
