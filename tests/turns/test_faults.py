"""What breaks within a drain takes nothing else with it, and says nothing of what was written."""

import asyncio
import uuid

import psycopg
import pytest
from channels.db import database_sync_to_async as in_database

from apps.chat.models import Session, Turn
from apps.dialogue.play import Standing
from apps.dialogue.turns import asking, claims
from apps.dialogue.turns.asking import Asker
from apps.llm.gateway import Learnt
from apps.llm.models import Call
from apps.llm.services import Attempt
from apps.llm.values import Endpoint, Outcome, Purpose, Tier
from tests.turns.conversations import ALL_DONE, asks, turns_of, until_told
from tests.turns.scripted import Echo, Held
from tests.turns.shop import say
from tests.turns.test_drain import until

pytestmark = pytest.mark.django_db(transaction=True)

RENEWED = "SELECT lease_until > %s FROM chat_turn"
UNKNOWN = "Do fish sleep on trains?"


@pytest.fixture
def session(make_session):
    return make_session()


@pytest.fixture
def breaks(monkeypatch):
    """Makes a function of `claims` raise these, one a call, and then work again. `when` tells by the
    statement which calls are meant."""

    def make(name, *errors, when=None):
        works, left = getattr(claims, name), list(errors)

        async def broken(*words):
            if left and when in (None, words[1]):
                raise left.pop(0)
            return await works(*words)

        monkeypatch.setattr(claims, name, broken)

    return make


OF_ALL_KINDS = (psycopg.errors.UndefinedColumn("my secret"), TypeError("my secret"))


async def test_renewals_go_on_whatever_one_of_them_meets(
    session, started, watch, all_holds, breaks, caplog
):
    held = Held()
    async with started.drain(held):
        await asks(session)
        call = await held.calls.get()
        breaks("still_ours", *OF_ALL_KINDS, when=claims.RENEW)
        await until_told(caplog, "drain: broken (TypeError")
        await until(watch, RENEWED, (await Turn.objects.aget()).lease_until)
        call.answer("here")
        await until(watch)
    assert "the database is away (UndefinedColumn)" in caplog.text
    assert "secret" not in caplog.text


async def test_what_grows_is_shown_whatever_a_piece_of_it_meets(
    session, started, watch, all_holds, breaks, caplog
):
    held = Held()
    async with started.drain(held):
        await asks(session)
        call = await held.calls.get()
        breaks("still_ours", TypeError("my secret"), when=claims.SHOW)
        call.show(1, "It")
        await until_told(caplog, "drain: broken (TypeError")
        call.show(1, "It is")
        async with asyncio.timeout(60):
            assert (await started.shown.get()).text == "It is"
        call.answer("It is one")
        await until(watch)


async def test_claimed_turns_that_cannot_be_loaded_are_given_back(
    make_session, started, watch, all_holds, breaks
):
    sessions = await in_database(lambda: [make_session() for _ in range(3)])()
    for session in sessions:
        await asks(session)
    breaks("load", psycopg.OperationalError())
    async with started.drain(Echo()):
        await until(watch)
    assert [await turns_of(each) for each in sessions] == [[("done", 2, 1, 1)]] * 3
    assert not await Turn.objects.filter(losses__gt=0).aexists()


async def test_a_turn_that_nothing_can_be_made_of_keeps_no_other_from_its_answer(
    make_session, started, watch, caplog
):
    bad, good = await in_database(lambda: [make_session() for _ in range(2)])()
    for session in (bad, good):
        await asks(session, "my secret")
    await Session.objects.filter(pk=bad.pk).aupdate(state="NEWER")
    async with started.drain(Echo()):
        await until(watch, "SELECT count(*) = 1 FROM chat_turn WHERE state = 'done'")
        assert [state for state, *_ in await turns_of(bad)] == ["running"]
    assert "cannot be loaded (" in caplog.text
    assert await turns_of(good) == [("done", 1, 1, 1)]


async def test_all_is_closed_whatever_one_step_meets(session, started, watch, all_holds, caplog):
    class Broken(Echo):
        async def close(self):
            raise ValueError("my secret")

    async with started.drain(Broken()) as drain:
        await asks(session)
        await until(watch)
    assert drain._line._connection is None
    assert drain._finisher.journal._connection is None
    assert "not closed: ValueError" in caplog.text
    assert "secret" not in caplog.text


async def test_what_was_booked_is_written_whatever_the_cache_meets(db, monkeypatch):
    asker = Asker()
    monkeypatch.setattr(asker._recall, "close", lambda: 1 / 0)
    endpoint = Endpoint(
        uuid.uuid4(),
        uuid.uuid4(),
        Tier.LOCAL,
        Purpose.ANSWER,
        base_url="http://127.0.0.1",
        key="",
        name="m",
    )
    asker._ledger.book(Attempt(endpoint, Outcome.OK))
    await asker.close()
    assert await Call.objects.acount() == 1


async def test_a_model_that_failed_is_left_alone_by_the_next_drain_too(
    driver, models, make_session, started, watch, fakellm, monkeypatch
):
    """On a quiet site each line finds a new drain: what the last has learnt is not lost with it."""
    monkeypatch.setattr(asking, "_learnt", Learnt(), raising=False)
    await in_database(models)("500")
    sent = []
    for _ in range(6):
        handle = driver.hold(Standing.of(await in_database(make_session)()))
        await say(driver, handle, UNKNOWN)
        async with started.drain(Asker()):
            await until(watch, ALL_DONE)
        sent.append(len(fakellm.calls("500")))
    outcomes = await in_database(
        lambda: [*Call.objects.order_by("at").values_list("outcome", flat=True)]
    )()
    assert outcomes == ["server_error"] * 5 + ["breaker"]
    assert sent[5] == sent[4]


async def test_the_way_that_works_is_known_to_the_next_drain_too(
    driver, models, make_session, started, watch, fakellm, monkeypatch
):
    monkeypatch.setattr(asking, "_learnt", Learnt(), raising=False)
    await in_database(models)("400-on-schema")
    calls = []
    for _ in range(2):
        handle = driver.hold(Standing.of(await in_database(make_session)()))
        await say(driver, handle, UNKNOWN)
        async with started.drain(Asker()):
            await until(watch, ALL_DONE)
        calls.append(len(fakellm.calls("400-on-schema")))
    assert calls == [2, 3]
