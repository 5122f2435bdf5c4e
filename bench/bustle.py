"""A queue of visitors who wait for a person, and what goes on in it while operators look."""

import asyncio
import contextlib
import json
import random
import threading
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.sync.client import connect as connect_beside
from websockets.typing import Origin

from bench.visitors import SEED, sit_down
from tests.stack import Web

PER_SECOND = 20
# Of the visitors so many write, each from a socket of their own; every fifth event is a colleague's.
WRITING = 100
COLLEAGUE_EACH = 5
SAID = "I have been waiting since this morning and would like to know where parcel {number} is"


@dataclass(frozen=True)
class Queue:
    """`tokens` of the visitors by session; `login` of the operator who is watched and `colleague`,
    the cookies' name and value."""

    tokens: dict[str, str]
    login: tuple[str, str]
    colleague: tuple[str, str]


def make_queue(count: int) -> Queue:
    """Visitors of the demo shop who have asked for a person, written past the wire."""
    import django

    django.setup()
    from apps.chat.services import start_session
    from apps.dialogue.play import Said
    from apps.dialogue.services import take_line
    from apps.sites.models import Site

    site, tokens = Site.objects.get(key="demo"), {}
    for number in range(count):
        opened = start_session(site=site, locale=("en", "zh-Hans")[number % 2])
        session = opened.session.id
        for text in ("I want to talk to a person", SAID.format(number=number)):
            take_line(session_id=session, said=Said(uuid.uuid4(), text))
        tokens[str(session)] = opened.token
    return Queue(tokens, _login("lin"), _login("chen"))


def _login(name: str) -> tuple[str, str]:
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client()
    client.force_login(User.objects.create_superuser(name))
    return settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value


@contextlib.contextmanager
def bustle(web: Web, queue: Queue) -> Iterator[list[int]]:
    """Goes on until the block ends; what is given grows by one with each event."""
    events: list[int] = []
    ended = threading.Event()
    work = threading.Thread(target=lambda: asyncio.run(_bustle(web, queue, events, ended)))
    work.start()
    try:
        yield events
    finally:
        ended.set()
        work.join()


async def _bustle(web: Web, queue: Queue, events: list[int], ended: threading.Event) -> None:
    chance = random.Random(SEED)  # noqa: S311 a repeatable load
    sessions = list(queue.tokens)
    sittings = await sit_down(web.port, list(queue.tokens.values())[:WRITING])
    async with _colleague(web, queue) as colleague:
        reading = [asyncio.create_task(_read(one.socket.receive)) for one in sittings]
        reading.append(asyncio.create_task(_read(colleague.recv)))
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not ended.is_set():
            await asyncio.sleep(began + len(events) / PER_SECOND - loop.time())
            number = len(events)
            if number % COLLEAGUE_EACH:
                chance.choice(sittings).socket.send(_line(SAID.format(number=number)))
            else:
                await colleague.send(_priority(chance.choice(sessions), chance.randrange(4)))
            events.append(number)
        for task in reading:
            task.cancel()
    for sitting in sittings:
        sitting.socket.close()


@contextlib.asynccontextmanager
async def _colleague(web: Web, queue: Queue) -> AsyncIterator[ClientConnection]:
    """Another operator's socket."""
    cookie = {"Cookie": "=".join(queue.colleague)}
    url = f"ws://127.0.0.1:{web.port}/ws/console/"
    async with connect(
        url, origin=Origin(web.base_url), additional_headers=cookie, max_size=None
    ) as socket:
        await socket.send(json.dumps({"type": "hello", "proto": 1}))
        yield socket


async def _read(receive: Callable[[], Awaitable[object]]) -> None:
    """Takes what comes, so that nobody is cut for reading too slowly."""
    while True:
        await receive()


@contextlib.contextmanager
def visiting(web: Web, token: str) -> Iterator[Callable[[str], None]]:
    """A visitor's socket; what is given sends a line over it."""
    with connect_beside(web.ws_url, origin=Origin(web.base_url), max_queue=None) as socket:
        hello = {"type": "hello", "proto": 1, "token": token, "last_seq": 0}
        socket.send(json.dumps(hello))
        while json.loads(socket.recv())["type"] != "synced":
            pass
        yield lambda text: socket.send(_line(text))


def _line(text: str) -> str:
    return json.dumps({"type": "send", "cmid": str(uuid.uuid4()), "text": text})


def _priority(session: str, value: int) -> str:
    cid = str(uuid.uuid4())
    return json.dumps({"type": "priority", "cid": cid, "session": session, "value": value})
