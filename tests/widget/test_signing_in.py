"""Who a visitor is reaches every process that holds the session, whatever else it reads meanwhile."""

import asyncio
import threading
import uuid

import pytest
from channels.db import database_sync_to_async as in_database
from django.db import connection, transaction

from apps.chat import services as chat
from apps.chat.frames import Send
from apps.chat.items import Item, Line
from apps.chat.journal import append
from apps.chat.models import Session
from apps.dialogue.driver import Driver
from apps.dialogue.play import Standing
from apps.dialogue.pulse import Pulse
from apps.dialogue.services import load
from apps.engine.types import Author
from apps.sites import signing
from apps.widget.signing_in import SignIn, sign_in
from tests.signed import signed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wish(site):
    """A stranger's session, and what the shop says of them."""
    secret = signing.make_secret(site=site, seen="")
    started = chat.start_session(site=site, locale="en")
    return SignIn(started.token, signed(site.key, secret))


@pytest.fixture
def session(wish):
    return Session.objects.select_related("site", "visitor").get()


@pytest.fixture
async def drivers():
    """Two processes."""
    made = Driver(), Driver()
    yield made
    for driver in made:
        await driver.close()


@pytest.fixture
def held(drivers, session):
    return [driver.hold(Standing.of(session)) for driver in drivers]


def line():
    return Send(cmid=uuid.uuid4(), text="hello", fields=None)


def write_as_other(session):
    def write():
        try:
            with transaction.atomic():
                append(Item(session.id, None, (Line(Author.SYSTEM, "a notice"),)))
        finally:
            connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()


async def test_the_next_line_in_another_process_is_that_persons(drivers, held, wish):
    here, there = held
    await sign_in(here, wish)
    assert (await drivers[1].send(there, line()))["type"] == "ack"
    assert (here.standing.is_verified, there.standing.is_verified) == (True, True)


async def test_another_process_learns_it_without_a_line(drivers, held, wish):
    here, there = held
    await sign_in(here, wish)
    pulse = Pulse(drivers[1])
    await pulse._heal()
    await asyncio.gather(*pulse._tasks)
    assert there.standing.is_verified


async def test_a_row_that_was_read_before_does_not_undo_it(drivers, held, wish, session):
    """Another process has written; its line is being read while the visitor signs in."""
    here, _ = held
    write_as_other(session)
    before = await in_database(load)(session.id)
    await sign_in(here, wish)
    here.stand(before)
    assert (await drivers[0].send(here, line()))["type"] == "ack"
    assert here.standing.is_verified


async def test_the_same_person_again_moves_nothing(held, wish, session):
    answer = await sign_in(held[0], wish)
    version = (await in_database(load)(session.id)).version
    await sign_in(held[0], SignIn(answer["token"], wish.jwt))
    assert (await in_database(load)(session.id)).version == version == 1
