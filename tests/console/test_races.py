"""Operators of two web processes who want the same at the same moment."""

import asyncio
import json
import uuid

import pytest
import websockets

from tests.widget.visitor import Visitor

pytestmark = pytest.mark.stack
PATIENCE_S = 60
CROWD = 50
# Each with a login of their own; the cookies' values, one a line.
MAKE = f"""
from django.contrib.auth.models import User
from django.test import Client
for number in range({CROWD}):
    user = User.objects.create_superuser(f"crowd{{number}}")
    client = Client()
    client.force_login(user)
    print(client.cookies["sessionid"].value)
"""


class Console:
    def __init__(self, socket):
        self._socket = socket

    async def write(self, **frame):
        await self._socket.send(json.dumps(frame))

    async def until(self, *kinds, **fields):
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame = json.loads(await self._socket.recv())
                if frame["type"] in kinds and all(frame.get(k) == v for k, v in fields.items()):
                    return frame

    async def sit(self):
        await self.write(type="hello", proto=1)
        await self.until("queue")
        return self

    async def ask(self, kind, **fields):
        cid = str(uuid.uuid4())
        await self.write(type=kind, cid=cid, **fields)
        return await self.until("done", "refused", cid=cid)


@pytest.fixture
async def crowd(stack, servers):
    """Half of them at one process, half at another."""
    cookies = (await asyncio.to_thread(servers.manage, "shell", "--no-imports", "-c", MAKE)).split()
    other = await asyncio.to_thread(servers.start_web)
    sockets = []
    for number, cookie in enumerate(cookies):
        web = (stack, other)[number % 2]
        sockets.append(
            await websockets.connect(
                web.ws_url.replace("/ws/chat/", "/ws/console/"),
                origin=web.base_url,
                additional_headers={"Cookie": f"sessionid={cookie}"},
                max_size=None,
                max_queue=None,
            )
        )
    yield await asyncio.gather(*(Console(socket).sit() for socket in sockets))
    await asyncio.gather(*(socket.close() for socket in sockets))
    await asyncio.to_thread(other.child.stop)


async def test_of_fifty_who_claim_one_chat_one_gets_it_and_the_others_hear_who(
    crowd, stack, servers
):
    visitor = await Visitor(stack.base_url).begin()
    await visitor.connect()
    await visitor.send("I want to talk to a person")
    await visitor.until("state", mode="queued")
    answers = await asyncio.gather(*(one.ask("claim", session=visitor.session) for one in crowd))
    lost = [one for one in answers if one["type"] == "refused"]
    assert len(lost) == CROWD - 1
    [(name, at)] = servers.query(
        """SELECT o.name, t.claimed_at FROM handoff_ticket t
        JOIN handoff_operator o ON o.id = t.operator_id WHERE t.session_id = %s""",
        visitor.session,
    )
    winner = int(name.removeprefix("crowd"))
    assert answers[winner]["type"] == "done"
    told = {(one["code"], one["facts"]["by"], one["facts"]["at"]) for one in lost}
    assert told == {("taken", name, at.isoformat())}
    await visitor.until("state", mode="human")
    joined = "SELECT text FROM chat_message WHERE session_id = %s AND text LIKE '%%has joined%%'"
    assert servers.query(joined, visitor.session) == [(f"{name} has joined the chat.",)]
    await visitor.leave()
