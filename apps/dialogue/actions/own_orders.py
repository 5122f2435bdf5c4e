"""The orders among which a visitor whom the shop has signed may choose.

The shop is asked inside the commit of the line that asks for the order, so it has little time, and
what it cannot tell is left out: the number can be typed.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from apps.chat.admission import UNSTORABLE
from apps.chat.models import Session
from apps.dialogue.actions import registry
from apps.dialogue.actions.registry import Call, OwnOrder
from apps.engine.checks import problem_of
from apps.engine.flows import SlotSpec
from apps.engine.types import ActiveFlow, Snapshot

logger = logging.getLogger(__name__)

MOST = 5
# For one statement of the shop's function, in milliseconds.
LONGEST_MS = 2_000
LONGEST_LABEL = 80


def told(
    session: Session, active: ActiveFlow, spec: SlotSpec, snapshot: Snapshot
) -> tuple[OwnOrder, ...]:
    """At most MOST of those that can stand in the slot. Call in a transaction, for a visitor whom
    the shop has signed."""
    tells = registry.orders()
    if tells is None:
        return ()
    call = Call(
        site=session.site_id,
        session=session.pk,
        key="",
        flow=active.flow,
        slots={name: given.value for name, given in active.slots.items()},
        person=session.visitor.external_id,
        language=active.language or session.language,
    )
    try:
        with transaction.atomic(), _in_little_time():
            found = [_cleaned(one) for one in tells(call)]
    except Exception as error:  # noqa: BLE001 whatever the shop's function throws
        logger.warning("own orders: the shop could not tell them (%s)", type(error).__name__)
        return ()
    fitting = (one for one in found if not problem_of(spec, one.number, snapshot))
    return tuple(fitting)[:MOST]


def _cleaned(one: OwnOrder) -> OwnOrder:
    """Raises AttributeError or TypeError for what is none."""
    label = UNSTORABLE.sub("", one.label)[:LONGEST_LABEL].strip()
    return OwnOrder(one.number, label or one.number)


@contextmanager
def _in_little_time() -> Iterator[None]:
    """What holds for the rest of the transaction is put back; a rollback does it by itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        (before,) = cursor.fetchone()
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(LONGEST_MS)])
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
