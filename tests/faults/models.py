"""Which models the shop has: rows, changed while its processes run."""

import asyncio
from typing import Any

from django.db import transaction

from apps.llm.models import Model, Provider
from apps.llm.services import ladder_changed
from apps.llm.values import Tier
from tests.fakellm.process import FakeLLM
from tests.faults.waiting import until
from tests.llm.rows import model, provider

FAKE = "Fake"


class Models:
    """`await models("hang", "good")`: from now on these, in the order in which they are asked."""

    async def __call__(self, *names: str, url: str = "", **values: Any) -> None:
        """`url` and `values` are the first one's: what answers after it has its own times."""
        await asyncio.to_thread(self._replace, names, url, values)

    async def become(self, name: str) -> None:
        """The first one does otherwise from now on; for us it is the same model."""
        await asyncio.to_thread(self._rename, name)

    @transaction.atomic
    def _replace(self, names: tuple[str, ...], url: str, values: dict[str, Any]) -> None:
        Model.objects.all().delete()
        fake = Provider.objects.get(name=FAKE)
        first = provider(f"At {url}", url) if url else fake
        for name in names:
            model(first, name, tier=Tier.LOCAL, **values)
            first, values = fake, {}
        ladder_changed()

    @transaction.atomic
    def _rename(self, name: str) -> None:
        first = Model.objects.in_order()[0]
        first.name = name
        first.save()
        ladder_changed()


async def asked(fakellm: FakeLLM, name: str) -> None:
    """Once the model has a call; its process tells nobody."""
    await until(lambda: fakellm.calls(name), f"{name} is asked")
