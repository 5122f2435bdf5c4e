"""What breaks while visitors talk: nothing acked is lost, nothing is doubled, order is kept."""

import asyncio
import contextlib
import random
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
import websockets

from tests.redis_child import RedisChild
from tests.widget.visitor import Visitor, acall, new_cmid

pytestmark = pytest.mark.stack

UNLIMITED = {"HELPDESK_LIMITS_TRUSTED": "127.0.0.0/8"}
BROKEN = (websockets.WebSocketException, OSError, TimeoutError, asyncio.IncompleteReadError)


class Persistent(Visitor):
    """Says its lines one after the other, each until it is acked, over as many sockets as it
    takes, as the protocol asks of a client."""

    def __init__(self, base_url):
        super().__init__(base_url)
        self.acked: list[tuple[str, int]] = []
        self.view: list[tuple[int, str]] = []
        self.cursor = 0
        self.server_up = asyncio.Event()
        self.server_up.set()
        self.on_ack = lambda: None

    async def talk(self, lines):
        for line in lines:
            cmid = new_cmid()
            while not await self._say(line, cmid):
                await self.reconnect()

    async def reconnect(self):
        for _ in range(200):
            await self.server_up.wait()
            with contextlib.suppress(*BROKEN):
                await self.connect(self.cursor)
                return
        raise AssertionError("the server never came back")

    async def _say(self, line, cmid):
        try:
            await self.send(line, cmid)
            while True:
                frame = await self.hear()
                if frame.get("cmid") == cmid and frame["type"] == "ack":
                    self.acked.append((line, frame["seq"]))
                    self.on_ack()
                    return True
                if frame.get("cmid") == cmid and frame["type"] == "refused":
                    return False
        except BROKEN:
            return False

    async def hear(self):
        frame = await super().hear()
        if frame["type"] == "ack" and frame["seq"] == self.cursor + 1:
            self.cursor += 1
        if frame["type"] == "message" and frame["seq"] == self.cursor + 1:
            self.cursor += 1
            self.view.append((frame["seq"], frame["text"]))
        return frame


def check(servers, visitors, lines):
    """Every acked line stands once, at the seq of its ack; seq has no gap; order is kept."""
    for visitor in visitors:
        stored = servers.query(
            "SELECT seq, author, text FROM chat_message WHERE session_id = %s ORDER BY seq",
            visitor.session,
        )
        assert [row[0] for row in stored] == list(range(1, len(stored) + 1))
        said = [(text, seq) for seq, author, text in stored if author == "visitor"]
        assert [text for text, _ in said] == lines
        assert said == visitor.acked
        replies = [row for row in stored if row[1] == "bot"]
        assert len(replies) == len(lines)
        everything = {(seq, text) for seq, _, text in stored}
        assert set(visitor.view) <= everything
    doubled = servers.query(
        "SELECT turn_id FROM chat_message WHERE author = 'bot' GROUP BY turn_id HAVING count(*) > 1"
    )
    assert doubled == []


async def begin(base_urls, count):
    visitors = [Persistent(base_urls[number % len(base_urls)]) for number in range(count)]
    await asyncio.gather(*(visitor.begin() for visitor in visitors))
    await asyncio.gather(*(visitor.connect() for visitor in visitors))
    return visitors


def cut_at_random(visitors, chance):
    """Cuts anyone's socket, at whatever it does just then, after about every tenth ack."""

    def cut():
        if chance.random() < 0.1:
            # Whoever is connecting anew has no socket yet.
            with contextlib.suppress(AssertionError, AttributeError):
                chance.choice(visitors).cut()

    for visitor in visitors:
        visitor.on_ack = cut


async def test_fifty_sockets_cut_at_random_lose_and_double_nothing(servers):
    lines = [f"how many days until it gets here {number}" for number in range(40)]
    with servers.web(**UNLIMITED) as web:
        visitors = await begin([web.base_url], 50)
        cut_at_random(visitors, random.Random(3))
        await asyncio.gather(*(visitor.talk(lines) for visitor in visitors))
        await asyncio.gather(*(visitor.leave() for visitor in visitors))
    check(servers, visitors, lines)


async def test_a_visitor_on_two_processes_sees_one_order(servers):
    with servers.web(**UNLIMITED) as one, servers.web(**UNLIMITED) as two:
        first = await Visitor(one.base_url).begin()
        await first.connect()
        second = Visitor(two.base_url)
        second.token = first.token
        await second.connect()

        async def talk(visitor, name):
            for number in range(20):
                cmid = await visitor.send(f"{name} {number}")
                await visitor.until("ack", cmid=cmid)

        await asyncio.gather(talk(first, "one"), talk(second, "two"))
        for visitor in (first, second):
            while len(lines_of(visitor)) < 80:
                await visitor.hear()
            assert lines_of(visitor) == list(range(1, 81))
            await visitor.leave()


def lines_of(visitor):
    """The seqs that a client has applied, acks and messages alike."""
    kept = [frame["seq"] for frame in visitor.heard if frame["type"] in {"ack", "message"}]
    return sorted(set(kept))


async def test_a_killed_process_loses_nothing_that_was_acked(servers):
    lines = [f"what is the battery life {number}" for number in range(30)]
    web = servers.start_web(**UNLIMITED)
    visitors = await begin([web.base_url], 10)

    enough = asyncio.Event()

    def count():
        if sum(len(visitor.acked) for visitor in visitors) >= 100:
            enough.set()

    for visitor in visitors:
        visitor.on_ack = count

    async def kill_in_the_middle():
        await enough.wait()
        for visitor in visitors:
            visitor.server_up.clear()
        web.child.process.kill()
        again = await asyncio.to_thread(lambda: servers.start_web(web.port, **UNLIMITED))
        for visitor in visitors:
            visitor.server_up.set()
        return again

    talking = asyncio.gather(*(visitor.talk(lines) for visitor in visitors))
    again = await kill_in_the_middle()
    try:
        await talking
        await asyncio.gather(*(visitor.leave() for visitor in visitors))
    finally:
        await asyncio.to_thread(again.child.stop)
    check(servers, visitors, lines)


@pytest.fixture
def redis():
    folder = Path(tempfile.mkdtemp(prefix="hd-"))
    child = RedisChild(folder)
    child.start()
    yield child
    if child.process:
        child.thaw()
        child.kill()
    shutil.rmtree(folder)


async def test_redis_frozen_killed_and_restarted_under_load_stops_no_ack(servers, redis):
    own = replace(servers, redis_url=redis.url)
    times = {"HELPDESK_HEAL_SECONDS": "0.2", **UNLIMITED}
    with own.web(**times) as one, own.web(**times) as two:
        speaker = await Visitor(one.base_url).begin()
        await speaker.connect()
        listener = Visitor(two.base_url)
        listener.token = speaker.token
        await listener.connect()
        said = 0
        for fault in (lambda: None, redis.freeze, redis.thaw, redis.kill, redis.start):
            fault()
            for _ in range(10):
                await speaker.ask(f"how many days until it gets here {said}")
                said += 1
            while len(lines_of(listener)) < said * 2:
                await listener.hear()
            assert lines_of(listener) == list(range(1, said * 2 + 1))
        assert lines_of(speaker) == list(range(1, said * 2 + 1))
        await speaker.leave()
        await listener.leave()


async def test_without_redis_the_chat_starts_and_answers(servers, redis):
    own = replace(servers, redis_url=redis.url)
    redis.kill()
    with own.web() as web:
        visitor = await Visitor(web.base_url).begin()
        await visitor.connect()
        reply = await visitor.ask("how many days until it gets here")
        assert reply["meta"]["sources"]
        await visitor.leave()


async def test_sockets_dropped_while_told_their_history_give_their_places_back(servers):
    """Three quick reloads on a bad line must not lock the visitor out."""
    with servers.web(HELPDESK_MESSAGE_BURST="1000") as web:
        visitor = await Visitor(web.base_url).begin()
        await visitor.connect()
        for number in range(40):
            await visitor.ask(f"how many days until it gets here {number}")
        await visitor.leave()
        for _ in range(6):
            await visitor.open()
            await visitor.say_hello()
            await visitor.until("welcome")
            visitor.cut()
        assert await welcomed(visitor)
        assert len([frame for frame in visitor.heard if frame["type"] == "synced"]) >= 1
        await visitor.leave()


async def welcomed(visitor):
    """The server may take a moment to see that the dropped sockets are gone."""
    for _ in range(200):
        await visitor.open()
        await visitor.say_hello()
        frame = await visitor.hear()
        if frame["type"] == "welcome":
            await visitor.until("synced")
            return True
        await visitor.leave()
    return False


async def test_a_logout_on_one_process_ends_the_session_on_the_other(servers):
    with servers.web(**UNLIMITED) as one, servers.web(**UNLIMITED) as two:
        here = await Visitor(one.base_url).begin()
        await here.connect()
        there = Visitor(two.base_url)
        there.token = here.token
        await there.connect()
        poll = asyncio.create_task(
            acall(f"{two.base_url}/api/v1/chat/messages?since=0&wait=14", token=here.token)
        )
        await there.write(type="sync", since=0)
        await there.until("synced")
        await here.write(type="logout")
        assert await there.closed() == 4401
        status, answer = await poll
        assert (status, answer["code"]) == (401, "token_unknown")
