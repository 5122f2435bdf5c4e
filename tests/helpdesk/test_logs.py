"""What a web process writes down of its visitors: that something happened, never who or what."""

import contextlib
import json
import logging
import urllib.error
import urllib.request

import pytest
import websockets

from helpdesk.logs import NoHandshakes, NoTracebacks
from tests.widget.visitor import Visitor, acall, new_cmid

SECRET = "canary-7d1f"
EMAIL = "jo.canary@shop.example"
ADDRESS = "198.51.100.77"


@pytest.fixture
def web(servers):
    with servers.web(
        HELPDESK_LOG_LEVEL="DEBUG",
        HELPDESK_TRUSTED_PROXIES="127.0.0.0/8",
        HELPDESK_HELLO_SECONDS="0.5",
    ) as web:
        yield web


def get(url, **headers):
    request = urllib.request.Request(url, headers=headers)
    with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(request) as response:
        response.read()


async def shake(url, origin):
    """A handshake, whatever comes of it."""
    headers = {"X-Forwarded-For": ADDRESS, "Authorization": f"Bearer {SECRET}"}
    with contextlib.suppress(websockets.WebSocketException):
        async with websockets.connect(url, origin=origin, additional_headers=headers) as socket:
            await socket.send(f'{{"type": "hello", "proto": 1, "token": "{SECRET}"}}')
            await socket.wait_closed()


async def misbehave(web):
    """Everything that a client may send where it should not."""
    await shake(f"{web.ws_url}?token={SECRET}", web.base_url)
    await shake(f"{web.ws_url}?token={SECRET}", "https://evil.example")
    await shake(f"{web.ws_url}{SECRET}", web.base_url)
    api = f"{web.base_url}/api/v1/chat"
    await acall(f"{api}/messages?since=0&token={SECRET}", token=SECRET)
    await acall(f"{api}/sessions", {"site": SECRET}, **{"X-Forwarded-For": ADDRESS})
    await acall(f"{api}/sessions", f'{{"site": "{SECRET}'.encode())
    get(f"{web.base_url}/w/1/frame/?key={SECRET}")
    get(f"{web.base_url}/admin/?token={SECRET}")
    get(f"{web.base_url}/", Host=f"{SECRET}.example")


async def break_a_frame(web):
    """Sends half a character, which the server's own parser refuses."""
    visitor = Visitor(web.base_url)
    await visitor.open()
    visitor._socket.transport.write(b"\x81\x81\0\0\0\0\xe5")
    assert await visitor.closed() == 1007


async def talk(web):
    """A visit with an address to answer at, and one text that cannot be stored."""
    visitor = await Visitor(web.base_url).begin()
    await visitor.connect()
    await visitor.ask(SECRET)
    await visitor.send(f"{SECRET}\0")
    await visitor.until("refused")
    await visitor.write(json.dumps({"type": SECRET}))
    await visitor.until("error")
    await visitor.write(type="context", url=f"https://shop.example/{SECRET}", title=SECRET)
    await visitor.write(type="contact", cmid=new_cmid(), text=SECRET, email=EMAIL, name=SECRET)
    await visitor.until("ack")
    await visitor.leave()
    return visitor.token


@pytest.mark.stack
async def test_nothing_of_a_visitor_is_in_the_log(servers, web):
    token = await talk(web)
    await misbehave(web)
    await break_a_frame(web)
    web.child.stop()
    said = "\n".join(web.child.lines)
    assert "Application startup complete" in said
    assert "Traceback" not in said
    for secret in (SECRET, EMAIL, ADDRESS, token, "127.0.0.1:"):
        told = [line for line in said.splitlines() if secret in line and "Uvicorn" not in line]
        assert told == []


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ('%s - "WebSocket %s" [accepted]', False),
        ('%s - "WebSocket %s" 403', False),
        ("connection open", False),
        ("connection rejected (%d %s)", False),
        ("Invalid UTF-8 sequence received from client.", False),
        ("Application startup complete.", True),
        ("Exception in ASGI application\n", True),
    ],
)
def test_the_servers_line_for_a_handshake_is_dropped_and_no_other(message, kept):
    record = logging.LogRecord(
        "uvicorn.error", logging.INFO, "", 0, message, ("1.2.3.4", "/"), None
    )
    assert NoHandshakes().filter(record) is kept


@pytest.mark.parametrize(("status", "is_told"), [(403, False), (404, False), (500, True)])
def test_what_was_refused_leaves_a_line_and_no_traceback(status, is_told):
    record = logging.makeLogRecord({"status_code": status, "exc_info": (ValueError, None, None)})
    assert NoTracebacks().filter(record)
    assert bool(record.exc_info) is is_told
