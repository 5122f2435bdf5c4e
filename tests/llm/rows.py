"""Providers, models and calls for tests."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from apps.llm import endpoints
from apps.llm.models import Model, Price, Provider
from apps.llm.services import Attempt, set_key
from apps.llm.values import Endpoint, Outcome, Purpose, Tier, Usage

KEY = "sk-test-0123456789-wxyz"
LOCAL_URL, CLOUD_URL = "http://127.0.0.1:11434/v1", "https://8.8.8.8/v1"
LONG_AGO = date(2020, 1, 1)


def provider(name: str = "Far away", url: str = CLOUD_URL, key: str = KEY) -> Provider:
    made = Provider(name=name, base_url=url)
    set_key(provider=made, key=key)
    made.save()
    return made


def model(of: Provider, name: str = "big", **values: Any) -> Model:
    values = {"tier": Tier.CLOUD, "purpose": Purpose.ANSWER, **values}
    values.setdefault("rank", Model.objects.next_rank(values["tier"], values["purpose"]))
    return Model.objects.create(provider=of, name=name, **values)


def price(of: Model, read: str = "0.03", written: str = "0.06", **values: Any) -> Price:
    values = {"valid_from": LONG_AGO, "currency": "USD", **values}
    return Price.objects.create(
        model=of, price_in=Decimal(read), price_out=Decimal(written), **values
    )


def endpoint(of: Model) -> Endpoint:
    return endpoints.endpoint_of(of, "", None)


def attempt(of: Model, **values: Any) -> Attempt:
    usage = Usage(tokens_in=1000, tokens_out=500)
    given = {"outcome": Outcome.OK, "usage": usage, "session": uuid.uuid4(), **values}
    return Attempt(endpoint(of), **given)
