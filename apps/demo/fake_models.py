"""Models of the server that stands in for real ones (FAKELLM=1): a local one that answers, a cloud
one behind it, and what staff may try in their place: see tests/fakellm/README.md for the names."""

from datetime import date
from decimal import Decimal

from django.db import transaction

from apps.llm.models import Mode, Model, Price, Provider, Routing
from apps.llm.services import ladder_changed, set_key
from apps.llm.values import Purpose, Tier
from apps.sites.models import Site

NAME = "FakeLLM"
# It takes any, and refuses none at all.
KEY = "any-key-will-do"
# Shown at a rate at which people read; the prices are those of nobody.
MODELS = (("good-1200ms", Tier.LOCAL, None), ("good-1200ms~cloud", Tier.CLOUD, Decimal("0.001")))


@transaction.atomic
def load_models(*, base_url: str, site: Site | None) -> bool:
    """Once, behind the models that are there: what staff have changed since then stays, but the
    address, which is another at each port. False if it was there."""
    provider, is_new = Provider.objects.update_or_create(
        name=NAME, defaults={"base_url": base_url, "dialect": "other"}
    )
    if is_new:
        set_key(provider=provider, key=KEY).save()
        for name, tier, price in MODELS:
            rank = Model.objects.next_rank(tier, Purpose.ANSWER)
            row = Model.objects.create(
                provider=provider, name=name, tier=tier, purpose=Purpose.ANSWER, rank=rank
            )
            if price is not None:
                Price.objects.create(
                    model=row, valid_from=date(2020, 1, 1), price_in=price, price_out=2 * price
                )
        # Not where the site would ask somebody's real cloud along with it.
        if site is not None and not _has_other_clouds(provider):
            Routing.objects.get_or_create(site=site, defaults={"mode": Mode.LOCAL_THEN_CLOUD})
    ladder_changed()
    return is_new


def _has_other_clouds(provider: Provider) -> bool:
    return Model.objects.exclude(tier=Tier.LOCAL).exclude(provider=provider).exists()
