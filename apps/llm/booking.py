"""Between the rows and a climb: its caps, what has been spent of them, and its rows of the ledger."""

import uuid
from dataclasses import asdict

from django.utils import timezone

from apps.llm import services
from apps.llm.caps import NOTHING, Account, Caps, Spent
from apps.llm.endpoints import Route
from apps.llm.services import Attempt
from apps.llm.steps import Tried


def caps_of(route: Route) -> Caps:
    return Caps(route.cap_chat, route.cap_day, route.currency)


def spent(*, session: uuid.UUID, site_id: int, route: Route) -> Spent:
    """In the currency of the caps; of a cap that is not set, 0."""
    return Spent(
        services.spent(session=session).get(route.currency, NOTHING)
        if route.cap_chat is not None
        else NOTHING,
        services.spent_today(site_id=site_id).get(route.currency, NOTHING)
        if route.cap_day is not None
        else NOTHING,
        Account(site_id, timezone.localdate(), route.currency)
        if route.cap_day is not None
        else None,
    )


def attempt_of(one: Tried, *, session: uuid.UUID, turn: uuid.UUID, site_id: int) -> Attempt:
    return Attempt(
        one.step,
        one.outcome,
        session=session,
        turn=turn,
        site_id=site_id,
        number=one.number,
        why=one.why,
        usage=one.usage,
        served=one.served,
        way=one.way,
        first_token_ms=one.first_token_ms,
        total_ms=one.total_ms,
        at=one.at,
        sent=[asdict(message) for message in one.sent] or None,
        prompt_version=one.prompt_version,
        rejected=one.rejected.stored() if one.rejected else None,
    )
