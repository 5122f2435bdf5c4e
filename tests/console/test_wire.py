"""A console over the real server, beside a visitor on another process of it."""

import asyncio
import http.cookiejar
import json
import urllib.parse
import urllib.request
import uuid

import pytest
import websockets

from tests.widget.visitor import Visitor

pytestmark = pytest.mark.stack
PATIENCE_S = 15
PASSWORD = "a password for tests only"


def signed_in(base_url):
    """The cookies of the admin's login."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.open(f"{base_url}/admin/login/").read()
    token = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
    form = {"username": "wilma", "password": PASSWORD, "csrfmiddlewaretoken": token}
    body = urllib.parse.urlencode({**form, "next": "/admin/console/"}).encode()
    with opener.open(f"{base_url}/admin/login/", body) as page:
        assert page.url == f"{base_url}/admin/console/"
        assert 'id="setup"' in page.read().decode()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


class Console:
    def __init__(self, socket):
        self._socket = socket

    async def write(self, **frame):
        await self._socket.send(json.dumps(frame, ensure_ascii=False))

    async def until(self, kind, **fields):
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame = json.loads(await self._socket.recv())
                if frame["type"] == kind and all(frame.get(k) == v for k, v in fields.items()):
                    return frame

    async def ask(self, kind, **fields):
        cid = str(uuid.uuid4())
        await self.write(type=kind, cid=cid, **fields)
        return await self.until("done", cid=cid)


async def test_an_operator_and_a_visitor_talk(stack, servers):
    servers.manage(
        "createsuperuser",
        "--noinput",
        "--username=wilma",
        "--email=wilma@shop.example",
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )
    with servers.web() as other:
        cookies = await asyncio.to_thread(signed_in, stack.base_url)
        visitor = await Visitor(other.base_url).begin()
        await visitor.connect()
        url = stack.base_url.replace("http", "ws", 1) + "/ws/console/"
        headers = {"Cookie": cookies}
        async with websockets.connect(
            url, origin=stack.base_url, additional_headers=headers, max_size=None
        ) as socket:
            await talk(Console(socket), visitor)
        await visitor.leave()


async def talk(console, visitor):
    session = visitor.session
    await console.write(type="hello", proto=1)
    await console.until("welcome")
    await console.until("queue")
    await visitor.send("I want to talk to a person")
    while not any(row["id"] == session and row["ticket"] for row in await rows(console)):
        pass
    await console.ask("claim", session=session)
    await visitor.until("state", mode="human")
    await console.write(type="open", session=session)
    thread = await console.until("thread", session=session)
    await console.write(type="typing", session=session)
    assert (await visitor.until("typing"))["name"] == "wilma"
    # More than a frame of a visitor may have.
    long = "字" * 9000
    seen = {"cmid": str(uuid.uuid4()), "seen_seq": thread["last_seq"]}
    sent = await console.ask("send", session=session, text=long, **seen)
    heard = await visitor.until("message", author="operator")
    assert (heard["text"], heard["name"]) == (long, "wilma")
    await visitor.write(type="typing")
    await console.until("typing", who="visitor")
    await visitor.send("thank you")
    said = await console.until("message", session=session)
    while said["message"]["author"] != "visitor":
        said = await console.until("message", session=session)
    assert said["message"]["text"] == "thank you"
    await visitor.write(type="read", seq=said["message"]["seq"])
    await console.until("read", session=session)
    await console.ask("note", session=session, text="a word among us", cmid=str(uuid.uuid4()))
    await console.ask("correct", session=session, message=sent["message"], text="Shorter.")
    await visitor.until("message", author="system")
    await visitor.write(type="sync", since=0)
    await visitor.until("synced")
    told = json.dumps(visitor.heard)
    assert "among us" not in told
    assert '"edited":' not in told
    assert '"operator":' not in json.dumps([one.get("meta") for one in visitor.heard])


async def rows(console):
    return (await console.until("rows"))["set"]
