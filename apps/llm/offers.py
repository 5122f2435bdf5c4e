"""Which models a server says it has, to choose from where one is entered.

What comes is a stranger's: it is bounded while it is read, and nothing is kept of it but names that
could have been entered by hand.
"""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from pydantic_core import from_json

from apps.llm import faults
from apps.llm.clients import Clients, Request, got, tracked
from apps.llm.doctor import finding_of
from apps.llm.endpoints import open_key
from apps.llm.findings import Code, Finding
from apps.llm.models import Provider
from apps.llm.streams import Clock
from apps.llm.values import Endpoint, GatewayError, Outcome, Purpose, Tier
from apps.sites.sealing import SealError

MODELS = "/models"
# Somebody sits before the page.
WITHIN_S = 6.0
# Of those who resell others' models some describe hundreds at length.
MOST_BYTES = 2 * 1024 * 1024
MOST_NAMES = 500
LONGEST_NAME = 200


def names(*, provider: Provider) -> list[str] | Finding:
    """By alphabet, at most MOST_NAMES; or why there are none, in the terms of the check."""
    try:
        endpoint = _endpoint(provider, open_key(provider))
    except SealError:
        return Finding(Code.SEALED)
    if not connection.in_atomic_block:
        # No connection is held while the server speaks.
        connection.close()
    return asyncio.run(_asked(endpoint))


def readable(raw: bytes) -> list[str]:
    """The names in what a server has answered. Raises GatewayError with BAD_OUTPUT for what is no
    list of models."""
    try:
        told = from_json(raw)
    except ValueError:
        told = None
    rows = told.get("data") if isinstance(told, dict) else told
    if not isinstance(rows, list):
        raise GatewayError(Outcome.BAD_OUTPUT, "no list of models")
    found = dict.fromkeys(_usable(rows))
    return sorted([*found][:MOST_NAMES], key=str.casefold)


def _usable(rows: Iterable[Any]) -> Iterator[str]:
    for row in rows:
        name = row.get("id") if isinstance(row, dict) else None
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
            continue
        # Signs that cannot be seen would make two names look alike.
        if name.isprintable() and " " not in name:
            yield name


async def _asked(endpoint: Endpoint) -> list[str] | Finding:
    clients = Clients(settings.LLM_ALLOWED_NETWORKS)
    request = Request(endpoint.most_bytes)
    await clients.load()
    try:
        return readable(await _read(clients, endpoint, request))
    except Exception as error:  # noqa: BLE001 whatever the server does, somebody waits for a word
        return await finding_of(endpoint, faults.fault(error, request))
    finally:
        await clients.close()


async def _read(clients: Clients, endpoint: Endpoint, request: Request) -> bytes:
    until = asyncio.get_running_loop().time() + endpoint.deadline_s
    async with Clock(until, endpoint.deadline_s, endpoint.deadline_s):
        with tracked(request):
            async with got(clients.of(endpoint), MODELS) as response:
                return b"".join([chunk async for chunk in response.iter_bytes()])


def _endpoint(provider: Provider, key: str) -> Endpoint:
    """Nothing of a visitor is sent, so that it need not be at home."""
    return Endpoint(
        provider=provider.pk,
        model=UUID(int=0),
        tier=Tier.CLOUD,
        purpose=Purpose.ANSWER,
        base_url=provider.base_url,
        key=key,
        name="",
        deadline_s=WITHIN_S,
        most_bytes=MOST_BYTES,
    )
