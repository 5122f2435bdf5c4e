"""The HTTP twin as HTTP: methods, headers, and bodies that never end."""

import asyncio
import http.client
import json

import pytest

from tests.widget.visitor import Visitor

pytestmark = pytest.mark.stack

ALLOWED = {
    "sessions": "POST",
    "messages": "POST, GET",
    "handoff": "POST",
    "contact": "POST",
    "rate": "POST",
    "csat": "POST",
    "identify": "POST",
}


def ask(web, method, path, body=None, token=""):
    """The response, with its headers, and its body read."""
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=15)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    connection.request(method, f"/api/v1/chat/{path}", body, headers)
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    return response, answer


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
@pytest.mark.parametrize("path", ALLOWED)
def test_another_method_is_told_which_ones_there_are(stack, path, method):
    response, _ = ask(stack, method, path)
    assert response.status == 405
    assert response.headers["Allow"] == ALLOWED[path]


async def test_no_answer_may_be_kept(stack):
    token = (await Visitor(stack.base_url).begin()).token
    new = json.dumps({"site": "demo", "locale": "en"})
    answers = [
        ask(stack, "POST", "sessions", new),
        ask(stack, "POST", "sessions", "{}"),
        ask(stack, "POST", "sessions", "x" * 20_000),
        ask(stack, "GET", "messages", token=token),
        ask(stack, "GET", "messages"),
        ask(stack, "GET", "sessions"),
        ask(stack, "POST", "rate", '{"seq": 9, "value": 1}', token),
        ask(stack, "POST", "csat", '{"score": 5}', token),
    ]
    assert [answer.status for answer, _ in answers] == [200, 400, 413, 200, 401, 405, 404, 200]
    assert {answer.headers["Cache-Control"] for answer, _ in answers} == {"no-store"}


async def test_a_body_without_a_length_is_refused_before_it_ends(stack):
    head = (
        b"POST /api/v1/chat/sessions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.port)
    writer.write(head)
    # A chunk too many; more could be lost on the way back with what was never read.
    for _ in range(17):
        writer.write(b"400\r\n" + b" " * 1024 + b"\r\n")
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 15)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"too_long" in await asyncio.wait_for(reader.read(), 15)
    writer.close()


async def test_a_body_without_a_length_is_taken_when_it_is_small(stack):
    body = json.dumps({"site": "demo", "locale": "en"}).encode()
    response, answer = ask(stack, "POST", "sessions", iter([body[:5], body[5:]]))
    assert response.status == 200
    assert json.loads(answer)["token"]
