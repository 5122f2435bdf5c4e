"""What a process knows of the queue, and which consoles it tells.

Everything here runs on one event loop. One reader at a time asks the database, so that no older row
ever takes the place of a newer one; a snapshot and the changes after it come from the same rows.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import timezone

from apps.chat import events as hints
from apps.chat.codes import CLOSE_RESTART
from apps.chat.threads import in_thread
from apps.console import crew, events, news, rows
from apps.console.people import revoked
from apps.console.rows import Row
from apps.console.seats import Seat
from apps.console.signs import REPEAT_S, REPLYING, VIEWING, Signs

logger = logging.getLogger(__name__)

CLOSE_REVOKED = 4403
# Changes are joined for so long: a person sees no difference, and a burst is one frame.
JOINED_S = 0.03
# Sessions that are read at once; the others wait for the next round.
AT_ONCE = 200
TICK_S = 1.0
RETRY_S = 1.0
"""

