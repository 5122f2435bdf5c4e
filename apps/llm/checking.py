"""The check of a provider: its models are tried out, and what was seen is kept."""

import asyncio
import contextlib
import hashlib
import importlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import connection

from apps.llm.doctor import Examined, examine
from apps.llm.endpoints import endpoint_of, open_key
from apps.llm.findings import Code, Finding, Level
from apps.llm.gateway import Gateway
from apps.llm.models import Model, Provider
from apps.llm.services import Attempt, keep_findings, save_calls
from apps.llm.values import Endpoint
from apps.sites.sealing import SealError

# Somebody sits before the page.
WHOLE_S = 45.0
AT_ONCE = 2
ASKED_BECAUSE = "check"


def check(*, provider: Provider) -> Provider:
    """Tries every enabled model of it, writes each call into the ledger, and stores what was found
    and which ways work."""
    rows = list(provider.models.filter(is_enabled=True).in_order())
    try:
        key = open_key(provider)
    except SealError:
        return _keep(provider, [Finding(Code.SEALED)], [])
    if not rows:
        return _keep(provider, [Finding(Code.NO_MODEL)], [])
    asked = [(endpoint_of(row, key, None), row.dimensions) for row in rows]
    if not connection.in_atomic_block:
        # No connection is held while models speak.
        connection.close()
    examined = asyncio.run(_examine_all(asked))
    findings = [one for each in examined for one in each.findings]
    return _keep(provider, findings, examined)


def worst(findings: Sequence[dict[str, Any]]) -> str:
    levels = {one.get("level") for one in findings}
    order = (Level.FAULT, Level.WARNING)
    return next((level.value for level in order if level in levels), Level.OK.value)


def is_of_another(provider: Provider, rows: Iterable[Model]) -> bool:
    """Whether the findings are of another address, or of other models than `rows`, all of it."""
    tried = {one["model"] for one in provider.findings if one.get("model")}
    at = {one.get("address", _mark(provider)) for one in provider.findings}
    asked = {row.name for row in rows if row.is_enabled}
    if any(one["code"] == Code.NO_MODEL for one in provider.findings):
        return bool(asked)
    return bool(at - {_mark(provider)}) or (bool(tried) and tried != asked)


def _mark(provider: Provider) -> str:
    """Of the address; the address itself may have been entered with a key in it."""
    return hashlib.sha256(provider.base_url.encode()).hexdigest()[:16]


async def _examine_all(asked: Sequence[tuple[Endpoint, int | None]]) -> list[Examined]:
    # Its second is not the model's: the first call of a process would seem slow.
    importlib.import_module("openai")
    places = asyncio.Semaphore(AT_ONCE)
    found = [Examined(endpoint) for endpoint, _size in asked]

    async def one(place: int) -> None:
        async with places:
            found[place] = await examine(_open, *asked[place])

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(WHOLE_S):
            await asyncio.gather(*(one(place) for place in range(len(asked))))
    for each in found:
        if not each.findings:
            values = {"seconds": WHOLE_S}
            each.findings.append(Finding(Code.NOT_FINISHED, each.endpoint.name, values=values))
    return found


def _open() -> Gateway:
    return Gateway(None, settings.LLM_ALLOWED_NETWORKS)


def _keep(
    provider: Provider, findings: Sequence[Finding], examined: Sequence[Examined]
) -> Provider:
    save_calls(attempts=[one for each in examined for one in _attempts(each)])
    return keep_findings(
        provider=provider,
        findings=[one.stored() | {"address": _mark(provider)} for one in findings],
        seen={each.endpoint.model: seen for each in examined if (seen := _seen(each))},
    )


def _seen(examined: Examined) -> dict[str, Any]:
    learnt = {"way": examined.way, "dimensions": examined.dimensions}
    return {name: value for name, value in learnt.items() if value is not None}


def _attempts(examined: Examined) -> list[Attempt]:
    return [
        Attempt(
            examined.endpoint,
            tried.outcome,
            number=number,
            why=ASKED_BECAUSE,
            usage=tried.usage,
            served=tried.served,
            way=tried.way,
            first_token_ms=tried.first_token_ms,
            total_ms=tried.total_ms,
            sent=[asdict(message) for message in tried.sent] or None,
        )
        for number, tried in enumerate(examined.tried, 1)
    ]
