"""How much may be sent to which address, and how long that may take."""

import asyncio
import json
from collections.abc import Iterable

import pytest
from django.conf import settings

from helpdesk import bodies

IMPORT = "/admin/knowledge/faqimport/add/"
MIB = 2**20


def scope(path: str, method: str = "POST", **headers: str):
    named = {"host": "localhost", **headers}
    return {
        "type": "http",
        "path": path,
        "method": method,
        "query_string": b"",
        "headers": [(n.replace("_", "-").encode(), v.encode()) for n, v in named.items()],
    }


class Answer:
    """What was sent, and what the application behind it read."""

    def __init__(self):
        self.status = 0
        self.body = b""
        self.headers = {}
        self.read = 0
        self.ended = False

    async def application(self, _scope, receive, send):
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            self.read += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        self.ended = True
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = dict(message["headers"])
        else:
            self.body += message["body"]


async def asked(scope, pieces: Iterable[bytes] = (b"",), *, ends: bool = True) -> Answer:
    answer = Answer()
    waiting = iter(list(pieces))
    count = len(list(pieces))
    given = 0

    async def receive():
        nonlocal given
        piece = next(waiting, None)
        if piece is None:
            await asyncio.Event().wait()
        given += 1
        return {"type": "http.request", "body": piece, "more_body": given < count or not ends}

    await bodies.Bodies(answer.application)(scope, receive, answer.send)
    return answer


SMALL = ["/", "/w/1/frame/", "/static/x.css", "/i18n/setlang/", "/admin/login/", "/healthz", IMPORT]


@pytest.mark.parametrize("path", [*SMALL, "/admin/password_reset/"])
async def test_strangers_may_send_a_form_and_no_more(path):
    assert (await asked(scope(path), [b"x" * 16_000])).status == 200
    announced = await asked(scope(path, content_length="300000000"))
    assert (announced.status, announced.read) == (413, 0)
    assert announced.headers[b"connection"] == b"close"
    streamed = await asked(scope(path), [b"x" * 10_000] * 100, ends=False)
    assert (streamed.status, streamed.ended) == (413, False)
    assert streamed.read <= 20_000


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "said"), [("en", "A file"), ("zh-CN", "文件")])
async def test_an_operators_file_is_refused_in_their_language_with_the_limit(language, said):
    path = str(bodies.OPERATORS_UPLOAD)
    cookie = f"{settings.SESSION_COOKIE_NAME}=anything"
    asks = scope(path, cookie=cookie, accept_language=language, content_length="300000000")
    answer = await asked(asks)
    assert (answer.status, answer.headers[b"content-type"]) == (413, b"application/json")
    told = json.loads(answer.body)
    assert told["code"] == "file_too_big"
    assert f"{settings.ATTACHMENTS.megabytes}" in told["detail"]
    assert said in told["detail"]


@pytest.mark.parametrize("length", ["9" * 19, "9" * 5000])
async def test_no_length_is_too_long_to_be_read(length):
    assert (await asked(scope("/", content_length=length))).status == 413


async def test_staff_may_send_what_their_forms_hold():
    cookie = f"{settings.SESSION_COOKIE_NAME}=anything"
    page = scope("/admin/knowledge/faq/1/change/", cookie=cookie)
    assert (await asked(page, [b"x" * MIB] * 2)).status == 200
    assert (await asked(page, [b"x" * MIB] * 4)).status == 413
    assert (await asked(scope("/i18n/setlang/", cookie=cookie), [b"x" * MIB])).status == 413


async def test_a_file_is_taken_from_those_who_are_signed_in(monkeypatch):
    async def signed_in(_scope):
        return "key=real" in str(_scope["headers"])

    monkeypatch.setattr(bodies, "_is_signed_in", signed_in)
    most = settings.SHEETS.file_bytes
    length = {"content_length": str(most + MIB)}
    real = {"cookie": "key=real; sessionid=x"}
    assert (await asked(scope(IMPORT, **length, **real))).status == 200
    assert (await asked(scope(IMPORT, **real), [b"x" * MIB] * 5)).status == 200
    assert (await asked(scope(IMPORT, content_length=str(most + MIB + 1), **real))).status == 413
    made_up = {"cookie": "sessionid=made-up"}
    assert (await asked(scope(IMPORT, **length, **made_up))).status == 413
    assert (await asked(scope(IMPORT, **made_up), [b"x" * MIB] * 5)).status == 413


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("cookie", ["", "sessionid=made-up", "sessionid=%00", "=;=;;"])
async def test_whoever_makes_a_session_up_is_not_signed_in(cookie):
    assert not await bodies._is_signed_in(scope(IMPORT, cookie=cookie))


async def test_a_body_that_does_not_end_is_given_up(monkeypatch):
    monkeypatch.setattr(bodies, "BODY_S", 0.01)
    monkeypatch.setattr(bodies, "BYTES_A_SECOND", 10**9)
    for path in ("/admin/login/", "/api/v1/chat/messages"):
        answer = await asked(scope(path, content_length="20"), [b"x"], ends=False)
        assert (answer.status, answer.ended) == (408, False)


async def test_the_time_is_that_of_the_body_alone(monkeypatch):
    """Django goes on listening for the end of the connection."""
    monkeypatch.setattr(bodies, "BODY_S", 0)
    body = bodies.Body(asyncio.Queue().get, most=10)
    body.ended = True
    waiting = asyncio.ensure_future(body.receive())
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


@pytest.mark.parametrize(
    ("language", "said"), [("en", "This is too much at once."), ("zh-CN", "一次发送的内容过多。")]
)
async def test_people_are_told_in_their_language(language, said):
    page = scope("/admin/login/", content_length="300000000", accept_language=language)
    assert f"<h1>{said}</h1>" in (await asked(page)).body.decode()
    chat = scope("/api/v1/chat/messages", content_length="300000000", accept_language=language)
    assert b'"too_long"' in (await asked(chat)).body


@pytest.mark.stack
@pytest.mark.parametrize("path", ["/w/1/frame/", "/admin/login/", "/i18n/setlang/", IMPORT])
@pytest.mark.parametrize("cookie", [b"", b"Cookie: sessionid=made-up\r\n"])
async def test_nothing_is_waited_for_on_the_wire(stack, path, cookie):
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.port)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000000000000\r\n"
    writer.write(head.encode() + cookie + b"\r\n" + b"A" * 1000)
    answer = await asyncio.wait_for(reader.readline(), 10)
    assert answer.startswith(b"HTTP/1.1 413")
    writer.close()


@pytest.mark.stack
async def test_a_file_arrives_on_the_wire(stack, keeper):
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.port)
    size = 5 * MIB
    head = (
        f"POST {IMPORT} HTTP/1.1\r\nHost: 127.0.0.1:{stack.port}\r\nContent-Length: {size}\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nCookie: sessionid={keeper}\r\n"
        "Connection: close\r\n\r\n"
    )
    writer.write(head.encode() + b"A" * size)
    answer = await asyncio.wait_for(reader.readline(), 20)
    # No token against forged forms was in it: Django read it all before it could know.
    assert answer.startswith((b"HTTP/1.1 403", b"HTTP/1.1 400"))
    writer.close()
