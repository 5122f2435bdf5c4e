"""Consoles over the real socket application, in the test's own process."""

import asyncio
import contextlib
import json
import uuid

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings as configured
from django.test import Client

from apps.chat.origins import Origins
from apps.chat.threads import in_thread
from apps.console import running as console_running
from apps.console.consumers import OperatorConsumer
from apps.dialogue import running
from apps.handoff.services import claim
from tests.console.browsing import sit, staff
from tests.handoff.talks import asks
from tests.handoff.team import nora
from tests.threads import stopped
from tests.widget.conftest import browser, context, embedding, visit

# Fixtures of others that are at home here as well.
__all__ = ["browser", "context", "embedding", "sit", "staff", "visit"]
PATIENCE_S = 20
HOST = "testserver"


class Console:
    """One operator's page: what it heard, and what it asks."""

    def __init__(self, client, language="en", origin=f"http://{HOST}"):
        cookie = client.cookies[configured.SESSION_COOKIE_NAME].value if client.cookies else ""
        self.client = client
        self.heard = []
        headers = [
            (b"host", HOST.encode()),
            (b"cookie", f"{configured.SESSION_COOKIE_NAME}={cookie}".encode()),
            (b"accept-language", language.encode()),
        ]
        if origin:
            headers.append((b"origin", origin.encode()))
        application = Origins(OperatorConsumer.as_asgi(), listed=False)
        scope = {
            "type": "websocket",
            "path": "/ws/console/",
            "query_string": b"",
            "headers": headers,
            "server": (HOST, 80),
            "client": ("127.0.0.1", 40000),
            "subprotocols": [],
        }
        self.wire = ApplicationCommunicator(application, scope)

    async def connect(self):
        """Whether the handshake is taken."""
        await self.wire.send_input({"type": "websocket.connect"})
        told = await self.wire.receive_output(timeout=PATIENCE_S)
        return told["type"] == "websocket.accept"

    async def sit(self):
        """Says hello, and hears the queue; the welcome."""
        assert await self.connect()
        await self.write(type="hello", proto=1)
        welcome = await self.until("welcome")
        await self.until("queue")
        return welcome

    async def write(self, raw=None, **frame):
        text = json.dumps(frame) if raw is None else raw
        await self.wire.send_input({"type": "websocket.receive", "text": text})

    async def hear(self):
        told = await self.wire.receive_output(timeout=PATIENCE_S)
        assert told["type"] == "websocket.send", told
        frame = json.loads(told["text"])
        self.heard.append(frame)
        return frame

    async def until(self, kind, **fields):
        while True:
            frame = await self.hear()
            if frame["type"] == kind and all(frame.get(k) == v for k, v in fields.items()):
                return frame

    async def row(self, session, **fields):
        """The session's row, once it has these fields."""
        while True:
            frame = await self.until("rows")
            for row in frame["set"]:
                if row["id"] == str(session.pk) and all(row[k] == v for k, v in fields.items()):
                    return row

    async def fact(self, name):
        """What the next facts of a thread that speak of it say."""
        while name not in (told := await self.until("facts")):
            pass
        return told[name]

    async def command(self, kind, **fields):
        cid = str(fields.pop("cid", uuid.uuid4()))
        await self.write(type=kind, cid=cid, **{k: _plain(v) for k, v in fields.items()})
        return cid

    async def ask(self, kind, **fields):
        """The answer to a command: `done` or `refused`."""
        cid = await self.command(kind, **fields)
        while True:
            frame = await self.hear()
            if frame.get("cid") == cid:
                return frame

    async def closed(self):
        """The code with which it ends."""
        while True:
            told = await self.wire.receive_output(timeout=PATIENCE_S)
            if told["type"] == "websocket.close":
                return told["code"]
            self.heard.append(json.loads(told["text"]))

    async def leave(self):
        await self.wire.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wire.wait(timeout=PATIENCE_S)


def _signed_in(operator):
    client = Client()
    if operator:
        client.force_login(getattr(operator, "user", operator))
    return client


def _plain(value):
    return str(value) if isinstance(value, uuid.UUID) else value


@pytest.fixture
async def desks(transactional_db):
    """Makes consoles; ends them and what runs behind them."""
    await running.start()
    console_running.start()
    made = []

    async def of(operator, **options):
        """For an operator, a user, or nobody."""
        made.append(Console(await in_thread(_signed_in, operator), **options))
        return made[-1]

    yield of
    for one in made:
        # One that waited in vain was ended by that.
        with contextlib.suppress(asyncio.CancelledError):
            await one.leave()
    now = running.running()
    await console_running.stop()
    await stopped(now.pulse)
    await running.stop()


@pytest.fixture
async def taken(desks, make_session):
    """A session that Nora has, and her console."""
    operator = await in_thread(nora)
    session = await in_thread(make_session)
    ticket = await in_thread(asks, session)
    await in_thread(claim, ticket_id=ticket.pk, operator=operator)
    console = await desks(operator)
    await console.sit()
    return session, operator, console
