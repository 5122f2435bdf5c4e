from collections.abc import AsyncIterator
from uuid import UUID

import pytest_asyncio
from channels.db import database_sync_to_async as in_database

from apps.chat.journal import Journal, conninfo
from apps.chat.models import Message, Session


class Committed(list[tuple[UUID, int]]):
    """Every position that the journal announced."""


@pytest_asyncio.fixture
async def committed() -> Committed:
    return Committed()


@pytest_asyncio.fixture
async def journal(committed: Committed) -> AsyncIterator[Journal]:
    journal = Journal(conninfo(), on_commit=committed.extend, wait_s=5)
    yield journal
    await journal.close()


@in_database
def seqs(session: Session) -> list[int]:
    return list(
        Message.objects.filter(session=session).order_by("seq").values_list("seq", flat=True)
    )


@in_database
def texts(session: Session) -> list[str]:
    return list(
        Message.objects.filter(session=session).order_by("seq").values_list("text", flat=True)
    )


@in_database
def fresh(session: Session) -> Session:
    return Session.objects.get(pk=session.pk)
