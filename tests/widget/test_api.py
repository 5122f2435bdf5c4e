"""The HTTP twin as HTTP: methods, headers, and bodies that never end."""

import asyncio
import http.client
import json
import re

import pytest

from apps.chat.codes import TOO_MANY_CHATS, words
from tests.widget.visitor import Visitor, acall, new_cmid

pytestmark = pytest.mark.stack

ALLOWED = {
    "sessions": "POST",
    "messages": "POST, GET",
    "handoff": "POST",
    "contact": "POST",
    "rate": "POST",
    "csat": "POST",
    "attachments": "POST, GET",
    "transcript": "GET",
    "identify": "POST",
    "context": "POST",
    "logout": "POST",
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


def post(web, path, token, body="{}"):
    response, answer = ask(web, "POST", path, body, token)
    return response.status, json.loads(answer)


async def test_a_logout_ends_the_session_with_all_who_listen(stack, servers):
    visitor = await Visitor(stack.base_url).begin()
    await visitor.connect()
    poll = asyncio.create_task(
        asyncio.to_thread(ask, stack, "GET", "messages?wait=20", None, visitor.token)
    )
    assert await asyncio.to_thread(post, stack, "logout", visitor.token) == (200, {})
    assert await visitor.closed() == 4401
    response, _ = await poll
    assert response.status == 401
    status, answer = await asyncio.to_thread(post, stack, "logout", visitor.token)
    assert (status, answer["code"]) == (401, "token_unknown")
    rows = servers.query(
        "SELECT closed_at IS NULL, (SELECT count(*) FROM chat_visitortoken t"
        " WHERE t.visitor_id = s.visitor_id) FROM chat_session s WHERE id = %s",
        visitor.session,
    )
    assert rows == [(False, 0)]


async def test_where_the_visitor_is_may_be_told(stack, servers):
    visitor = await Visitor(stack.base_url).begin()
    await visitor.connect()
    told = json.dumps({"url": "https://shop.example/a", "title": "A", "locale": "zh-CN"})
    assert await asyncio.to_thread(post, stack, "context", visitor.token, told) == (200, {})
    rows = servers.query(
        "SELECT v.page_url, v.page_title, s.language FROM chat_session s"
        " JOIN chat_visitor v ON v.id = s.visitor_id WHERE s.id = %s",
        visitor.session,
    )
    assert rows == [("https://shop.example/a", "A", "zh-Hans")]
    # The socket of the same session speaks the page's language as well.
    await visitor.send("")
    assert (await visitor.until("refused"))["detail"] == "消息是空的。"
    bad = json.dumps({"url": 5})
    status, answer = await asyncio.to_thread(post, stack, "context", visitor.token, bad)
    assert (status, answer["code"]) == (400, "bad_frame")
    await visitor.leave()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "messages", None),
        ("POST", "rate", '{"seq": 9, "value": 1}'),
        ("POST", "csat", '{"score": 5}'),
        ("POST", "context", "{}"),
    ],
)
async def test_what_stores_no_line_has_a_limit_too(stack, method, path, body):
    token = (await Visitor(stack.base_url).begin()).token
    for _ in range(200):
        response, answer = ask(stack, method, path, body, token)
        if response.status == 429:
            break
    assert response.status == 429
    assert json.loads(answer)["code"] == "rate_limited"
    assert "sent again" not in json.loads(answer)["detail"]
    assert int(response.headers["Retry-After"]) == 1
    # Lines have a quota of their own.
    line = json.dumps({"cmid": new_cmid(), "text": "Hello"})
    assert ask(stack, "POST", "messages", line, token)[0].status == 200


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["", "nothing", "messages/", "sessions/1"])
def test_what_is_not_there_is_told_in_json_and_not_kept(stack, method, path):
    response, answer = ask(stack, method, path, "{}")
    assert response.status == 404
    assert json.loads(answer)["code"] == "not_found"
    assert response.headers["Cache-Control"] == "no-store"


async def test_new_sessions_of_an_address_are_limited(servers):
    with servers.web(HELPDESK_SESSIONS_PER_HOUR="3", HELPDESK_TRUSTED_PROXIES="127.0.0.1") as web:
        url = f"{web.base_url}/api/v1/chat/sessions"
        client = {"X-Forwarded-For": f"10.9.8.7, 2001:db8:{new_cmid()[:4]}::1"}
        answers = [await acall(url, {"site": "demo", "locale": "en"}, **client) for _ in range(4)]
        assert [status for status, _ in answers] == [200, 200, 200, 429]
        assert answers[3][1]["code"] == "rate_limited"
        (minutes,) = re.findall(r"in about (\d+) min", answers[3][1]["detail"])
        assert 1 <= int(minutes) <= 60
        _, answer = await acall(url, {"site": "demo", "locale": "zh-CN"}, **client)
        told = words(TOO_MANY_CHATS, "zh-Hans")
        assert answer["detail"] in {told % {"minutes": n} for n in range(1, 61)}
