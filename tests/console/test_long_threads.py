"""A thread with more in it than goes into one frame."""

import uuid

import pytest

from apps.chat.threads import in_thread
from apps.handoff.services import answer, note
from tests.console.test_threads import opened

pytestmark = pytest.mark.django_db(transaction=True)


async def test_long_notes_come_in_pages(taken):
    session, operator, console = taken
    texts = [f"{n} " + "账" * 9_990 for n in range(12)]
    for text in texts:
        await in_thread(note, session_id=session.pk, operator=operator, text=text)
    thread = await opened(console, session)
    known = thread["notes"]
    assert 0 < len(known) < len(texts)
    assert thread["more"]
    more = True
    while more:
        await console.write(type="older", session=str(session.pk), before=1)
        older = await console.until("older")
        known, more = older["notes"] + known, older["more"]
    assert [one["text"] for one in known] == texts


async def test_long_lines_come_in_pages(taken):
    session, operator, console = taken
    texts = [f"{n} " + "账" * 9_990 for n in range(12)]
    for text in texts:
        await in_thread(
            answer,
            session_id=session.pk,
            operator=operator,
            text=text,
            cmid=uuid.uuid4(),
            seen_seq=0,
        )
    thread = await opened(console, session)
    known, more = thread["messages"], thread["more"]
    assert len(known) < len(texts)
    while more:
        await console.write(type="older", session=str(session.pk), before=known[0]["seq"])
        older = await console.until("older")
        known, more = older["messages"] + known, older["more"]
    assert [one["seq"] for one in known] == list(range(1, thread["last_seq"] + 1))
