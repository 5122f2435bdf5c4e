"""The ledger's writer: each call is a row once, whatever the database does, and a bad one stops none."""

import threading
from dataclasses import replace
from functools import partial

import psycopg
import pytest
from channels.db import database_sync_to_async as in_database

from apps.chat.journal import conninfo
from apps.dialogue.turns import ledger
from apps.dialogue.turns.ledger import Ledger
from apps.llm.models import Call
from apps.llm.values import Usage
from tests.llm.rows import attempt, model, price, provider

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def far():
    def made():
        row = model(provider())
        price(row)
        return row

    return await in_database(made)()


def locked(begun, done):
    """Nobody writes into the ledger meanwhile."""
    with psycopg.connect(**conninfo()) as connection:
        connection.execute("LOCK TABLE llm_call IN ACCESS EXCLUSIVE MODE")
        begun.set()
        done.wait()


async def stored(**values):
    found = Call.objects.filter(**values).order_by("attempt").values_list("attempt", flat=True)
    return await in_database(lambda: list(found))()


async def test_a_call_that_was_slow_to_be_written_is_written_once(far, settings, caplog):
    """The thread that was given up commits all the same, and its rows are written again."""
    settings.CHAT = replace(settings.CHAT, journal_wait_s=0.1)
    book, begun, done = Ledger(), threading.Event(), threading.Event()
    holder = threading.Thread(target=locked, args=(begun, done))
    holder.start()
    begun.wait()
    book.book(await in_database(partial(attempt, far))())
    await book.close()
    assert "ledger: has to wait (TimeoutError)" in caplog.text
    done.set()
    holder.join()
    settings.CHAT = replace(settings.CHAT, journal_wait_s=10)
    await book.close()
    assert await stored() == [1]


async def test_a_row_that_no_table_takes_stops_no_other(far, caplog):
    book = Ledger()
    for number in range(1, 8):
        bad = {"served": "a\x00b"} if number in {3, 4} else {}
        book.book(await in_database(partial(attempt, far, number=number, **bad))())
    await book.close()
    assert await stored() == [1, 2, 5, 6, 7]
    assert caplog.text.count("ledger: a call is not booked (DataError)") == 2
    assert "a\x00b" not in caplog.text


async def test_a_cost_beyond_the_column_is_the_most_that_it_holds(far):
    await in_database(price)(far, "900000", "900000", valid_from="2020-02-01")
    book = Ledger()
    book.book(await in_database(partial(attempt, far, usage=Usage(10**8, 10**8)))())
    await book.close()
    assert await stored(cost__gt=10**9) == [1]


async def test_what_was_under_way_at_the_end_is_written_once(far, monkeypatch):
    monkeypatch.setattr(ledger, "PAUSE_S", 0)
    book = Ledger()
    book.book(await in_database(partial(attempt, far))())
    await book.close()
    await book.close()
    assert await stored() == [1]
