"""Visitors whose side reads nothing: they keep neither places, nor memory, nor a connection."""

import asyncio
import contextlib
import select
import socket
from dataclasses import replace

import pytest

from apps.chat.codes import CLOSE_SLOW, CLOSE_TOKEN
from apps.chat.sockets import MOST_UNREAD, Socket
from tests.widget.visitor import Visitor

LINES = 40
# Each brings the whole history again. More than the kernel holds for a reader of small windows.
SYNCS = 25
TIMES = {
    "HELPDESK_MESSAGE_BURST": "1000",
    "HELPDESK_HEARTBEAT_SECONDS": "0.2",
    "HELPDESK_SOCKETS_PER_VISITOR": "1",
}


async def talkative(base_url):
    """A visitor with a long history, connected."""
    visitor = await Visitor(base_url).begin()
    await visitor.connect()
    for number in range(LINES):
        await visitor.send(f"{number} " + "x" * 3900)
        await visitor.until("ack")
    return visitor


async def go_deaf(visitor):
    """Asks for everything, over and over, and reads nothing of it."""
    transport = visitor._socket.transport
    transport.pause_reading()
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for _ in range(SYNCS):
        await visitor.write(type="sync", since=0)
    return connection


async def is_cut(connection):
    """Whether the server drops the connection, seen without reading from it."""
    poll = select.poll()
    poll.register(connection.fileno(), 0)
    return bool(await asyncio.to_thread(poll.poll, 15_000))


@pytest.mark.stack
async def test_a_reader_that_never_reads_gives_its_place_back_before_it_is_gone(servers):
    with servers.web(**TIMES, HELPDESK_CLOSE_SECONDS="600") as web:
        deaf = await talkative(web.base_url)
        await go_deaf(deaf)
        again = Visitor(web.base_url)
        again.token = deaf.token
        for _ in range(300):
            await again.open()
            await again.say_hello(last_seq=2 * LINES)
            if (await again.hear())["type"] == "welcome":
                break
            await again.leave()
        assert again.heard[-1]["type"] == "welcome"
        await again.leave()
        deaf.cut()
        await deaf._socket.wait_closed()


@pytest.mark.stack
async def test_a_reader_that_never_reads_does_not_keep_its_connection(servers):
    with servers.web(**TIMES, HELPDESK_CLOSE_SECONDS="0.2") as web:
        deaf = await talkative(web.base_url)
        assert await is_cut(await go_deaf(deaf))
        deaf.cut()


class Line:
    """A connection that takes frames as long as nobody reads slowly."""

    def __init__(self):
        self.sent = []
        self.closed = []
        self.aborted = asyncio.Event()
        self.held = 0
        self.gone = []
        self.reads = asyncio.Event()
        self.reads.set()

    async def send(self, frame):
        await self.reads.wait()
        self.sent.append(frame)

    def unread(self):
        return self.held

    def reset(self):
        self.aborted.set()

    async def close(self, code):
        await self.reads.wait()
        self.closed.append(code)


@pytest.fixture
def line():
    return Line()


@pytest.fixture
def end(line, settings):
    """The socket over the line; little patience is had."""
    settings.CHAT = replace(settings.CHAT, close_s=0.01, heartbeat_s=0.01)
    made = Socket(line.send, line.close, line)
    made.on_gone = lambda: line.gone.append(True)
    return made


async def test_frames_come_in_order_and_before_the_close(line, end):
    for frame in "abc":
        end.push(frame)
    end.shut(CLOSE_TOKEN)
    end.push("too late")
    await line.aborted.wait()
    assert (line.sent, line.closed, line.gone) == (["a", "b", "c"], [CLOSE_TOKEN], [])


async def test_a_close_that_nobody_reads_ends_with_the_connection(line, end):
    line.reads.clear()
    end.push("a")
    end.shut(CLOSE_TOKEN)
    await line.aborted.wait()
    assert (line.sent, line.closed) == ([], [])


async def test_who_says_goodbye_and_reads_nothing_more_is_dropped_as_well(line, end):
    end.drop()
    await line.aborted.wait()


async def test_a_frame_that_is_not_taken_for_a_whole_beat_is_the_last(line, end, settings):
    """However little waits for it."""
    settings.CHAT = replace(settings.CHAT, unsent_frames=10**6, unsent_bytes=10**9)
    line.reads.clear()
    for _ in range(100_000):
        end.push("beat")
        await asyncio.sleep(0)
        if end.is_closed:
            break
    assert line.gone == [True]
    line.reads.set()
    await line.aborted.wait()
    assert line.closed == [CLOSE_SLOW]


@pytest.mark.parametrize(("held", "is_reset"), [(0, False), (MOST_UNREAD + 1, True)])
async def test_only_a_connection_that_holds_too_much_is_reset(line, end, held, is_reset):
    line.held = held
    end.relieve()
    assert line.aborted.is_set() is is_reset


@pytest.mark.stack
async def test_a_flood_of_pings_whose_answers_nobody_reads_is_cut_off(servers):
    """The kernel holds some megabytes of pongs, then the server has to."""
    with servers.web(HELPDESK_CLOSE_SECONDS="600") as web:
        deaf = await Visitor(web.base_url).begin()
        await deaf.connect()
        transport = deaf._socket.transport
        transport.pause_reading()
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        pings = (b"\x89\xfd\0\0\0\0" + b"x" * 125) * 200_000
        sending = asyncio.create_task(push(connection.dup(), pings))
        assert await is_cut(connection)
        await sending
        deaf.cut()
        await deaf._socket.wait_closed()


async def push(connection, data):
    loop = asyncio.get_running_loop()
    with connection, contextlib.suppress(ConnectionError):
        await loop.sock_sendall(connection, data)


async def test_a_connection_that_fails_gives_everything_back_at_once(line, end):
    async def fail(_frame):
        raise RuntimeError

    end._send = fail
    end.push("a")
    await line.aborted.wait()
    assert (end.is_closed, line.gone) == (True, [True])
