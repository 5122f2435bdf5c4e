"""Servers that are there and do not answer: a Redis or a PostgreSQL that was stopped in its tracks.

Worse than one that is away, since whoever asks it waits.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import redis as client

from tests.redis_child import RedisChild
from tests.widget.visitor import Frame, Visitor

pytestmark = pytest.mark.stack

QUESTION = "how many days until it gets here"


@pytest.fixture
def redis():
    folder = Path(tempfile.mkdtemp(prefix="hd-"))
    child = RedisChild(folder)
    child.start()
    yield child
    child.thaw()
    child.kill()
    shutil.rmtree(folder)


async def test_a_frozen_redis_holds_up_nobody_who_comes(servers, redis):
    own = replace(servers, redis_url=redis.url)
    with own.web() as web:
        known = client.Redis(unix_socket_path=str(redis.socket))
        before = known.info("stats")["total_connections_received"]
        redis.freeze()
        visitors = await asyncio.gather(*(Visitor(web.base_url).begin() for _ in range(24)))
        await visitors[0].connect()
        assert (await visitors[0].ask(QUESTION))["meta"]["sources"]
        await visitors[0].leave()
        redis.thaw()
        # After each thread's first try it was left alone: fewer asked than came.
        asked = known.info("stats")
        assert asked["total_connections_received"] - before < len(visitors)


@contextlib.contextmanager
def frozen(database_url):
    """Stops PostgreSQL: its main process and every connection's."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        found = connection.execute("SELECT pid FROM pg_stat_activity WHERE backend_type ~ 'client'")
        backends = [pid for (pid,) in found]
        mine = connection.info.backend_pid
    status = Path(f"/proc/{next(pid for pid in backends if pid != mine)}/stat").read_text()
    main = int(status.rpartition(")")[2].split()[1])
    stopped = [main, *(pid for pid in backends if pid != mine)]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


async def answers(visitor, cmids):
    """The answer to each line, and the heartbeats that went by."""
    found: dict[str, Frame] = {}
    beats = 0
    while len(found) < len(cmids):
        frame = await visitor.hear()
        beats += frame["type"] == "heartbeat"
        if frame["type"] in {"ack", "refused"}:
            found[frame["cmid"]] = frame
    return found, beats


def lines_of(servers, visitor):
    return servers.query(
        "SELECT cmid::text, seq, text FROM chat_message"
        " WHERE session_id = %s AND author = 'visitor' ORDER BY seq",
        visitor.session,
    )


async def test_with_the_database_frozen_every_line_is_soon_told_to_come_back(servers):
    """Measured by the server's own clock: four beats are what a line may wait."""
    times = {"HELPDESK_JOURNAL_WAIT_SECONDS": "1", "HELPDESK_HEARTBEAT_SECONDS": "1"}
    with servers.web(**times) as web:
        visitor = await Visitor(web.base_url).begin()
        await visitor.connect()
        await visitor.ask(QUESTION)
        with frozen(servers.database_url):
            cmids = [await visitor.send(f"{QUESTION} {number}") for number in range(9)]
            refused, beats = await answers(visitor, cmids)
        assert {frame["code"] for frame in refused.values()} == {"busy"}
        assert all(frame["retry_after"] > 0 for frame in refused.values())
        assert beats <= 4
        seqs = {}
        for number, cmid in enumerate(cmids):
            while cmid not in seqs:
                await visitor.send(f"{QUESTION} {number}", cmid)
                again, _ = await answers(visitor, [cmid])
                if again[cmid]["type"] == "ack":
                    seqs[cmid] = again[cmid]["seq"]
        stored = lines_of(servers, visitor)[1:]
        assert sorted(stored) == sorted(
            (cmid, seqs[cmid], f"{QUESTION} {number}") for number, cmid in enumerate(cmids)
        )
        await visitor.leave()


async def test_a_line_that_was_stored_after_it_was_told_to_come_back_has_one_number(servers):
    with servers.web(HELPDESK_JOURNAL_WAIT_SECONDS="0.4") as web:
        visitor = await Visitor(web.base_url).begin()
        await visitor.connect()
        await visitor.ask(QUESTION)
        async with await psycopg.AsyncConnection.connect(servers.database_url) as holder:
            await holder.execute("LOCK TABLE chat_message IN EXCLUSIVE MODE")
            cmid = await visitor.send("late")
            assert (await visitor.until("refused", cmid=cmid))["code"] == "busy"
        # Stored by now, or soon: no resend may store it again.
        late = await visitor.until("message", cmid=cmid)
        await visitor.send("late", cmid)
        assert (await visitor.until("ack", cmid=cmid))["seq"] == late["seq"] == 3
        assert [text for _, _, text in lines_of(servers, visitor)] == [QUESTION, "late"]
        await visitor.leave()
