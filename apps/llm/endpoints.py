"""The rows as values for those who ask models: which may be asked, in which order, for which site."""

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from django.db import transaction
from django.utils import timezone

from apps.llm.models import LadderState, Mode, Model, Price, Provider, Routing
from apps.llm.values import MOST_BYTES, Dialect, Endpoint, Purpose, Tier, Way
from apps.sites.sealing import SealError, unseal

logger = logging.getLogger(__name__)

# A hundred texts of 3,000 dimensions, each number in twenty characters or so.
VECTOR_BYTES = 8 * 1024 * 1024
Version = tuple[int, date]


@dataclass(frozen=True, slots=True)
class Route:
    """What a site allows. Caps are amounts in `currency`; None stands for no cap. `deadline_s`: of
    a turn, None for that of the settings."""

    mode: Mode = Mode.LOCAL_ONLY
    last_resort: bool = False
    cap_chat: Decimal | None = None
    cap_day: Decimal | None = None
    currency: str = "USD"
    deadline_s: int | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """Everything at one moment. `endpoints` stand by purpose in the order in which they are asked;
    `unreadable` are providers whose key does not open: none of their models is in it."""

    version: Version
    endpoints: Mapping[Purpose, tuple[Endpoint, ...]] = field(default_factory=dict)
    routes: Mapping[int, Route] = field(default_factory=dict)
    unreadable: frozenset[uuid.UUID] = frozenset()

    def route(self, site_id: int) -> Route:
        return self.routes.get(site_id, Route())

    def steps(
        self, site_id: int, purpose: Purpose, *, high_value: bool = False
    ) -> tuple[Endpoint, ...]:
        """The models that a site may ask, the first to be asked first; what a turn has spent is
        not looked at."""
        allowed = _tiers(self.route(site_id), high_value=high_value)
        return tuple(one for one in self.endpoints.get(purpose, ()) if one.tier in allowed)


def version() -> Version:
    """Load again when it has moved: something was changed, or prices of another day hold."""
    return LadderState.current(), timezone.localdate()


@transaction.atomic
def load() -> Ladder:
    """Keys unsealed; five queries, whatever stands in the tables."""
    # Before the rows: a change meanwhile makes for one load too many, never for one too few.
    known = version()
    rows = list(Model.objects.usable().select_related("provider").in_order())
    prices = Price.objects.on(known[1], [row.pk for row in rows])
    keys = {row.provider_id: _key(row.provider) for row in rows}
    found: dict[Purpose, list[Endpoint]] = {}
    for row in rows:
        key = keys[row.provider_id]
        if key is not None:
            made = endpoint_of(row, key, prices.get(row.pk))
            found.setdefault(made.purpose, []).append(made)
    return Ladder(
        known,
        MappingProxyType({purpose: tuple(ones) for purpose, ones in found.items()}),
        MappingProxyType({row.site_id: _route(row) for row in Routing.objects.all()}),
        frozenset(provider for provider, key in keys.items() if key is None),
    )


def endpoint_of(model: Model, key: str, price: Price | None) -> Endpoint:
    """A model as it can be asked."""
    return Endpoint(
        provider=model.provider_id,
        model=model.pk,
        tier=Tier(model.tier),
        purpose=Purpose(model.purpose),
        base_url=model.provider.base_url,
        key=key,
        name=model.name,
        dialect=Dialect(model.provider.dialect),
        way=Way(model.way),
        deadline_s=model.deadline_s,
        first_token_s=model.first_token_s,
        gap_s=model.gap_s,
        most_bytes=VECTOR_BYTES if model.purpose == Purpose.EMBEDDING else MOST_BYTES,
        most_tokens=model.most_tokens,
        context=model.context,
        tokens_per_minute=model.tokens_per_minute,
        concurrency=model.concurrency,
        price_in=price.price_in if price else None,
        price_out=price.price_out if price else None,
        currency=price.currency if price else "",
    )


def open_key(provider: Provider) -> str:
    """ "" when it has none. Raises SealError."""
    return unseal(provider.sealed_key, owner=provider.owner) if provider.sealed_key else ""


def _key(provider: Provider) -> str | None:
    """None for one that does not open: the installation's key is another than it was sealed with."""
    try:
        return open_key(provider)
    except SealError:
        logger.warning("the key of provider %s does not open", provider.pk)
        return None


def _tiers(route: Route, *, high_value: bool) -> set[Tier]:
    if route.mode == Mode.OFF:
        return set()
    allowed = {Tier.LOCAL}
    if route.mode == Mode.LOCAL_THEN_CLOUD:
        allowed |= {Tier.CLOUD}
        if route.last_resort and high_value:
            allowed |= {Tier.LAST_RESORT}
    return allowed


def _route(row: Routing) -> Route:
    return Route(
        Mode(row.mode),
        row.last_resort,
        row.cap_chat,
        row.cap_day,
        row.currency,
        row.deadline_s,
    )
