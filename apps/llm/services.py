"""Verbs on models and the ledger."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apps.llm import jobs
from apps.llm.caps import paid
from apps.llm.endpoints import Route
from apps.llm.models import (
    AnswerCount,
    Call,
    DroppedAnswer,
    LadderState,
    Model,
    Price,
    Provider,
)
from apps.llm.values import Endpoint, Outcome, Tier, Usage
from apps.sites.sealing import seal

# Of a short key four characters would tell too much.
SHORTEST_SHOWN = 12
MOST_COST = Decimal("9999999999.99999999")
SiteDay = tuple[int, date]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call as it went, for the ledger. `sent`: the masked messages, as plain JSON; it is kept
    for what left the house only, and for `LLM_TEXT_DAYS`, and with it `rejected`, the answer that was
    not taken. `why`: what made the step before hand the turn on. `key`: of one there is one row,
    however often it is written."""

    endpoint: Endpoint
    outcome: Outcome
    session: uuid.UUID | None = None
    turn: uuid.UUID | None = None
    site_id: int | None = None
    number: int = 1
    why: str = ""
    usage: Usage = field(default_factory=Usage)
    served: str = ""
    way: str = ""
    first_token_ms: int | None = None
    total_ms: int = 0
    at: datetime = field(default_factory=timezone.now)
    sent: Sequence[dict[str, str]] | None = None
    prompt_version: str = ""
    key: uuid.UUID = field(default_factory=uuid.uuid4)
    rejected: dict[str, Any] | None = None


@transaction.atomic
def save_calls(*, attempts: Sequence[Attempt]) -> list[Call]:
    """Writes them into the ledger at the prices of their days: one insert, and a query for the
    names and one for the prices of each day. What is there already stays as it is."""
    keys = {attempt.endpoint.model for attempt in attempts}
    models = {row.pk: row for row in Model.objects.filter(pk__in=keys).select_related("provider")}
    prices = _prices(attempts)
    rows = [
        _row(one, models.get(one.endpoint.model), prices[_day(one)].get(one.endpoint.model))
        for one in attempts
    ]
    # With `ignore_conflicts` the rows would come back without their numbers.
    return Call.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["key"], update_fields=["key"]
    )


def spent(*, session: uuid.UUID) -> dict[str, Decimal]:
    """What a chat has cost, by currency."""
    return Call.objects.filter(session=session).spent()


def spent_today(*, site_id: int) -> dict[str, Decimal]:
    """What all chats of a site have cost since midnight of the server's time zone, by currency."""
    return Call.objects.filter(site_id=site_id).since(_midnight()).spent()


def spent_today_by_site() -> dict[int, dict[str, Decimal]]:
    """The same of all sites, in one query."""
    return Call.objects.since(_midnight()).spent_by_site()


def cap_reached(*, session: uuid.UUID | None, site_id: int, route: Route) -> str:
    """ "chat" or "day" for the cap that forbids models that cost something, else "". `session` None
    for what is of no chat."""
    if session and _is_spent(route.cap_chat, route, lambda: spent(session=session)):
        return "chat"
    if _is_spent(route.cap_day, route, lambda: spent_today(site_id=site_id)):
        return "day"
    return ""


@sensitive_variables("key")
def set_key(*, provider: Provider, key: str) -> Provider:
    """Seals it into the row, which the caller stores; "" takes it away."""
    provider.sealed_key = seal(key, owner=provider.owner) if key else ""
    provider.key_end = key[-4:] if len(key) >= SHORTEST_SHOWN else ""
    return provider


@transaction.atomic
def ladder_changed() -> None:
    """Tells every process to read the models again, once this transaction is committed."""
    LadderState.move()


@transaction.atomic
def keep_findings(
    *, provider: Provider, findings: list[dict[str, Any]], seen: dict[uuid.UUID, dict[str, Any]]
) -> Provider:
    """Remembers what a check found, and of each model the way that works and the length of its
    vectors, as far as `seen` names them. One that was deleted meanwhile stays deleted."""
    for key, values in seen.items():
        Model.objects.filter(pk=key).update(way_checked_at=timezone.now(), **values)
    provider.checked_at, provider.findings = timezone.now(), findings
    kept = {"checked_at": provider.checked_at, "findings": findings}
    Provider.objects.filter(pk=provider.pk).update(**kept)
    LadderState.move()
    return provider


@transaction.atomic
def count_answers(*, asked: Mapping[SiteDay, int], hits: Mapping[SiteDay, int]) -> None:
    """Adds to how often the cache of answers was asked, and had one, by site and day.

    Not idempotent: what a slow database took after its caller had given up counts twice. A number
    for each batch would be a row for each, which a rough figure on a list is not worth."""
    # In one order, so that no two processes wait for each other.
    for site_id, day in sorted({*asked, *hits}):
        key = (site_id, day)
        AnswerCount.add(site_id, day, asked.get(key, 0), hits.get(key, 0))


@transaction.atomic
def drop_answer(*, turn: uuid.UUID, said: uuid.UUID, site_id: int) -> DroppedAnswer:
    """What a model answered in `turn` is said no more, since it was of no use when the turn `said`
    said it. Every process knows within some seconds."""
    known = {"turn": turn, "site_id": site_id, "at": timezone.now()}
    return DroppedAnswer.objects.update_or_create(said=said, defaults=known)[0]


@transaction.atomic
def lift_answer(*, said: uuid.UUID) -> bool:
    """Takes back what `drop_answer` was told of that turn; False if there was nothing. Others'
    words on the same answer stand."""
    return bool(DroppedAnswer.objects.filter(said=said).delete()[0])


def forget_sessions(*, sessions: Collection[uuid.UUID]) -> int:
    """Empties what left the house of them and unlinks their calls; how many those were. What they
    cost stays."""
    return jobs.unlink(sessions)


def _midnight() -> datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _is_spent(cap: Decimal | None, route: Route, found: Callable[[], dict[str, Decimal]]) -> bool:
    return cap is not None and found().get(route.currency, 0) >= cap


def _prices(attempts: Sequence[Attempt]) -> dict[date, dict[uuid.UUID, Price]]:
    asked: defaultdict[date, set[uuid.UUID]] = defaultdict(set)
    for attempt in attempts:
        asked[_day(attempt)].add(attempt.endpoint.model)
    return {day: Price.objects.on(day, models) for day, models in asked.items()}


def _day(attempt: Attempt) -> date:
    return timezone.localdate(attempt.at)


def _cost(usage: Usage, price: Price) -> Decimal:
    """No more than the column holds: whoever has entered such a price sees that."""
    return min(paid(usage, price.price_in, price.price_out), MOST_COST)


def _row(attempt: Attempt, model: Model | None, price: Price | None) -> Call:
    """`model` is None for one that was deleted while it was asked."""
    endpoint, usage = attempt.endpoint, attempt.usage
    is_free = attempt.outcome is Outcome.CACHE
    cost = _cost(usage, price) if price else Decimal(0) if is_free else None
    kept: list[dict[str, Any]] = list(attempt.sent or ()) if settings.LLM_TEXT_DAYS else []
    if kept and attempt.rejected:
        # With what was sent it is forgotten.
        kept.append(attempt.rejected)
    left = endpoint.tier != Tier.LOCAL and attempt.sent is not None
    return Call(
        key=attempt.key,
        at=attempt.at,
        site_id=attempt.site_id,
        session=attempt.session,
        turn=attempt.turn,
        attempt=attempt.number,
        provider_id=model.provider_id if model else None,
        provider_name=model.provider.name if model else "",
        model=model,
        model_name=str(model or endpoint.name),
        served=attempt.served[:200],
        tier=endpoint.tier,
        purpose=endpoint.purpose,
        outcome=attempt.outcome,
        why=attempt.why[:40],
        way=attempt.way,
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
        cached_in=usage.cached_in,
        measured=usage.measured,
        cost=cost,
        currency=price.currency if price else "",
        first_token_ms=attempt.first_token_ms,
        total_ms=attempt.total_ms,
        sent=kept if left else None,
        prompt_version=attempt.prompt_version[:40],
    )
