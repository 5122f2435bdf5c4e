"""What clients should never send: each gets its code, nothing is half-written, and the
connection survives where the protocol says so."""

import asyncio
import json

import pytest
import websockets

from tests.widget.visitor import Visitor, acall, new_cmid

pytestmark = pytest.mark.stack

QUESTION = "how many days until it gets here"


@pytest.fixture
async def visitor(stack):
    visitor = await Visitor(stack.base_url).begin()
    await visitor.connect()
    yield visitor
    await visitor.leave()


async def still_answers(visitor, lines=0):
    """The connection lives, and nothing but `lines` was stored before."""
    reply = await visitor.ask(QUESTION)
    assert reply["seq"] == lines + 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (" \n\t　", "empty"),
        ("\u200b\u200d\ufeff", "empty"),
        ("x" * 4001, "too_long"),
        ("字" * 4001, "too_long"),
        ("a\0b", "bad_text"),
        ("a\x07b", "bad_text"),
        ("a\x9bb", "bad_text"),
        ("half \ud83d", "bad_text"),
    ],
    ids=lambda value: ascii(value[:6]),
)
async def test_text_that_cannot_be_taken_is_refused_for_good(visitor, text, code):
    raw = json.dumps(
        {"type": "send", "cmid": new_cmid(), "text": text}, ensure_ascii="字" not in text
    )
    await visitor.write(raw)
    refused = await visitor.until("refused")
    assert refused["code"] == code
    assert "retry_after" not in refused
    assert refused["detail"]
    await still_answers(visitor)


@pytest.mark.parametrize(
    "text",
    [
        "\u202eright to left\u202c مرحبا",
        "😀👍🏽",
        "<script>alert(1)</script> <img src=x onerror=alert(1)>",
        "'; DROP TABLE chat_message; --",
        "%s %(x)s {{ 7*7 }} ${7*7}",
        "line one\nline two\ttab\r\n",
        "x" * 4000,
        "\\u0000 \\ud800",
    ],
    ids=range(8),
)
async def test_any_other_text_is_stored_as_it_is(visitor, text):
    await visitor.send(text)
    await visitor.until("ack")
    await visitor.until("message", author="bot")
    await visitor.write(type="sync", since=0)
    assert (await visitor.until("message", author="visitor"))["text"] == text
    await visitor.until("synced")
    await still_answers(visitor, lines=2)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "bad_frame"),
        ("nonsense", "bad_frame"),
        ("[1]", "bad_frame"),
        ("null", "bad_frame"),
        ('"send"', "bad_frame"),
        ("{}", "bad_frame"),
        ('{"type": 7}', "bad_frame"),
        ('{"type": "teleport"}', "unknown_type"),
        ('{"type": "identify", "jwt": "a.b.c"}', "identity_refused"),
        ('{"type": "identify"}', "bad_frame"),
        ('{"type": "identify", "jwt": ["a.b.c"]}', "bad_frame"),
        ('{"type": "send", "text": "x"}', "bad_frame"),
        ('{"type": "send", "cmid": "CMID"}', "bad_frame"),
        ('{"type": "send", "cmid": "no uuid", "text": "x"}', "bad_cmid"),
        ('{"type": "send", "cmid": 7, "text": "x"}', "bad_cmid"),
        ('{"type": "send", "cmid": "CMID", "text": 7}', "bad_frame"),
        ('{"type": "send", "cmid": "CMID", "text": "x", "fields": [1]}', "bad_frame"),
        ('{"type": "send", "cmid": "CMID", "text": "x", "fields": {"a": {}}}', "bad_frame"),
        ('{"type": "sync"}', "bad_frame"),
        ('{"type": "sync", "since": -1}', "bad_frame"),
        ('{"type": "sync", "since": NaN}', "bad_frame"),
        ('{"type": "sync", "since": 1e400}', "bad_frame"),
        ('{"type": "sync", "since": true}', "bad_frame"),
        ('{"type": "rate", "seq": 1, "value": 5}', "bad_frame"),
        ('{"type": "rate", "seq": 1, "value": true}', "bad_frame"),
        ('{"type": "csat", "score": 0}', "bad_frame"),
        ('{"type": "csat", "score": true}', "bad_frame"),
        ('{"type": "hello", "proto": 1, "token": "again"}', "bad_frame"),
        ("[" * 8000, "bad_frame"),
        (b"\x00\xff", "bad_frame"),
    ],
    ids=range(30),
)
async def test_frames_that_are_not_understood_leave_the_socket_open(visitor, raw, code):
    await visitor.write(raw.replace("CMID", new_cmid()) if isinstance(raw, str) else raw)
    assert (await visitor.until("error"))["code"] == code
    await still_answers(visitor)


async def test_refusals_speak_the_visitors_language(stack):
    visitor = await Visitor(stack.base_url, locale="ZH-hans-CN").begin()
    await visitor.connect()
    await visitor.send("")
    assert (await visitor.until("refused"))["detail"] == "消息是空的。"
    await visitor.leave()


async def test_a_contact_form_with_other_contents_is_no_resend(visitor):
    cmid = new_cmid()
    await visitor.write(type="contact", cmid=cmid, text="Call me", email="one@shop.example")
    first = await visitor.until("ack")
    await visitor.write(type="contact", cmid=cmid, text="Call me", email="two@shop.example")
    assert (await visitor.until("refused"))["code"] == "cmid_conflict"
    await visitor.write(type="contact", cmid=cmid, text="Call me", email="one@shop.example")
    assert await visitor.until("ack") == first
    await visitor.send("Call me", cmid)
    assert (await visitor.until("refused"))["code"] == "cmid_conflict"


async def test_frames_behind_a_logout_are_not_carried_out(servers, visitor):
    await visitor.write(type="logout")
    await visitor.write(type="csat", score=1)
    await visitor.closed()
    kept = servers.query("SELECT csat FROM chat_session WHERE id = %s", visitor.session)
    assert kept == [(None,)]


async def test_a_body_that_announces_too_much_is_refused_before_it_comes(stack):
    head = (
        b"POST /api/v1/chat/sessions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Type: application/json\r\nContent-Length: 10000000000\r\n\r\n{"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.port)
    writer.write(head)
    answer = await asyncio.wait_for(reader.readline(), 10)
    assert answer.startswith(b"HTTP/1.1 413")
    writer.close()


async def test_unknown_keys_are_ignored(visitor):
    await visitor.send(QUESTION, surprise={"a": [1]}, author="operator", seq=77)
    assert (await visitor.until("ack"))["seq"] == 1


async def test_twenty_bad_frames_in_a_minute_end_it(visitor):
    for _ in range(25):
        try:
            await visitor.write("nonsense")
        except websockets.ConnectionClosed:
            break
    assert await visitor.closed() == 4400


@pytest.mark.parametrize("size", [16_385, 1_000_000])
async def test_a_frame_over_the_limit_ends_it(visitor, size):
    await visitor.write("x" * size)
    assert await visitor.closed() == 1009


@pytest.mark.parametrize("token", ["", "wrong", "x" * 200, "a\0b", "字"])
async def test_a_wrong_token_ends_it(stack, token):
    visitor = Visitor(stack.base_url)
    visitor.token = token
    await visitor.open()
    await visitor.say_hello()
    assert (await visitor.until("error"))["code"] == "token_unknown"
    assert await visitor.closed() == 4401


async def test_an_expired_token_says_so(servers, stack):
    visitor = await Visitor(stack.base_url).begin()
    servers.query(
        "UPDATE chat_visitortoken SET expires_at = now() - interval '1 s' WHERE visitor_id ="
        " (SELECT visitor_id FROM chat_session WHERE id = %s)",
        visitor.session,
    )
    await visitor.open()
    await visitor.say_hello()
    assert (await visitor.until("error"))["code"] == "token_expired"
    assert await visitor.closed() == 4401
    url = f"{stack.base_url}/api/v1/chat/messages"
    status, body = await acall(url, token=visitor.token)
    assert (status, body["code"]) == (401, "token_expired")


async def test_a_socket_that_never_says_hello_is_closed(servers):
    with servers.web(HELPDESK_HELLO_SECONDS="0.1") as web:
        visitor = Visitor(web.base_url)
        await visitor.open()
        assert await visitor.closed() == 4408


async def test_nothing_is_taken_before_hello(stack):
    visitor = await Visitor(stack.base_url).begin()
    await visitor.open()
    await visitor.send(QUESTION)
    assert (await visitor.until("error"))["code"] == "bad_frame"
    await visitor.say_hello()
    assert (await visitor.until("welcome"))["last_seq"] == 0
    await visitor.leave()


async def test_another_protocol_version_is_not_spoken(stack):
    visitor = await Visitor(stack.base_url).begin()
    await visitor.open()
    # Whatever else that version has in its hello.
    await visitor.write(type="hello", proto=2, ticket="t")
    error = await visitor.until("error")
    assert (error["code"], "reload" in error["detail"]) == ("bad_frame", True)
    assert await visitor.closed() == 4400


async def test_a_proto_that_is_no_number_is_a_bad_frame_like_any_other(stack):
    visitor = await Visitor(stack.base_url).begin()
    await visitor.open()
    for proto in (True, "1", 1.0, None):
        await visitor.write(type="hello", proto=proto, token=visitor.token)
        error = await visitor.until("error")
        assert (error["code"], "reload" in error["detail"]) == ("bad_frame", False)
    await visitor.say_hello()
    await visitor.until("welcome")
    await visitor.leave()


async def test_a_reader_that_never_reads_is_closed_while_others_go_on(servers):
    """The kernel's buffers fill first, at most some 5 MB; then our outbox does."""
    times = {"HELPDESK_LIMITS_TRUSTED": "127.0.0.0/8", "HELPDESK_CLOSE_SECONDS": "600"}
    with servers.web(**times) as web:
        deaf = await Visitor(web.base_url).begin()
        await deaf.connect()
        assert deaf._socket is not None
        deaf._socket.transport.pause_reading()
        speaker = Visitor(web.base_url)
        speaker.token = deaf.token
        await speaker.connect()
        for number in range(2000):
            await speaker.send(f"{number} " + "x" * 3900)
            await speaker.until("ack")
        deaf._socket.transport.resume_reading()
        assert await deaf.closed() == 4008
        await speaker.leave()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"site": "nobody", "locale": "en"}, 404, "not_found"),
        ({"site": "no\0body", "locale": "en"}, 404, "not_found"),
        ({"site": "\ud800", "locale": "en"}, 404, "not_found"),
        ({"site": 7, "locale": "en"}, 400, "bad_frame"),
        ({"locale": "en"}, 400, "bad_frame"),
        ({"site": "demo", "locale": []}, 400, "bad_frame"),
        (b"nonsense", 400, "bad_frame"),
        (b"[]", 400, "bad_frame"),
        (b"\xff\xfe", 400, "bad_frame"),
        (b'{"site": "demo", "locale": "' + b"x" * 20_000 + b'"}', 413, "too_long"),
    ],
    ids=range(10),
)
async def test_sessions_that_cannot_be_made(stack, body, status, code):
    got, answer = await acall(f"{stack.base_url}/api/v1/chat/sessions", body)
    assert (got, answer["code"]) == (status, code)


@pytest.mark.parametrize("locale", ["", "fr", "zh-TW", "ZH", "x" * 300, "en_GB", "☃", "\ud800"])
async def test_any_locale_makes_a_session(stack, locale):
    body = {"site": "demo", "locale": locale}
    status, _ = await acall(f"{stack.base_url}/api/v1/chat/sessions", body)
    assert status == 200


class TestHttp:
    """The same answers over the HTTP twin."""

    @pytest.fixture
    async def url(self, stack):
        return f"{stack.base_url}/api/v1/chat/messages"

    @pytest.fixture
    async def visitor(self, stack):
        return await Visitor(stack.base_url).begin()

    async def test_a_line_is_acked_and_its_answer_can_be_fetched(self, url, visitor):
        frame = {"type": "send", "cmid": new_cmid(), "text": QUESTION}
        status, ack = await acall(url, frame, visitor.token)
        assert (status, ack["type"], ack["seq"]) == (200, "ack", 1)
        assert await acall(url, frame, visitor.token) == (200, ack)
        status, body = await acall(f"{url}?since=1", token=visitor.token)
        assert [line["seq"] for line in body["messages"]] == [2]
        assert (body["last_seq"], body["state"], body["more"]) == (2, "INIT", False)
        assert body["epoch"] == visitor.epoch

    async def test_a_long_poll_ends_when_a_line_comes(self, url, visitor):
        waiting = asyncio.create_task(acall(f"{url}?since=0&wait=14", token=visitor.token))
        frame = {"type": "send", "cmid": new_cmid(), "text": QUESTION}
        await acall(url, frame, visitor.token)
        status, body = await waiting
        assert (status, body["messages"][0]["text"]) == (200, QUESTION)

    @pytest.mark.parametrize(
        ("frame", "status", "code"),
        [
            ({"cmid": "CMID", "text": ""}, 400, "empty"),
            ({"cmid": "CMID", "text": "x" * 4001}, 413, "too_long"),
            ({"cmid": "CMID", "text": "a\0"}, 400, "bad_text"),
            ({"cmid": "no uuid", "text": "x"}, 400, "bad_cmid"),
            ({"text": "x"}, 400, "bad_frame"),
            ({}, 400, "bad_frame"),
        ],
        ids=range(6),
    )
    async def test_lines_that_cannot_be_taken(self, url, visitor, frame, status, code):
        frame = {key: new_cmid() if value == "CMID" else value for key, value in frame.items()}
        got, answer = await acall(url, {"type": "send", **frame}, visitor.token)
        assert (got, answer["code"]) == (status, code)
        assert (await acall(url, token=visitor.token))[1]["last_seq"] == 0

    async def test_a_cmid_with_another_text_conflicts(self, url, visitor):
        cmid = new_cmid()
        await acall(url, {"cmid": cmid, "text": "one"}, visitor.token)
        status, answer = await acall(url, {"cmid": cmid, "text": "two"}, visitor.token)
        assert (status, answer["type"], answer["code"]) == (409, "refused", "cmid_conflict")

    async def test_a_burst_is_limited_over_http_too(self, url, visitor):
        for _ in range(40):
            frame = {"cmid": new_cmid(), "text": "hello"}
            status, answer = await acall(url, frame, visitor.token)
            if status == 429:
                break
        assert answer["code"] == "rate_limited"

    @pytest.mark.parametrize("token", ["", "wrong", "wrong ütf"])
    async def test_without_a_token_nothing_is_told(self, url, token):
        status, answer = await acall(url, token=token.encode().decode("latin-1"))
        assert (status, answer["code"]) == (401, "token_unknown")

    @pytest.mark.parametrize("query", ["since=x", "since=-1", "since=1e9", "wait=²", "since=9" * 9])
    async def test_numbers_that_are_none(self, url, visitor, query):
        status, answer = await acall(f"{url}?{query.replace('²', '%C2%B2')}", token=visitor.token)
        assert (status, answer["code"]) == (400, "bad_frame")

    async def test_json_sent_as_text_is_not_read(self, url, visitor):
        frame = json.dumps({"cmid": new_cmid(), "text": "x"}).encode()
        headers = {"Content-Type": "text/plain"}
        status, _ = await acall(url, frame, visitor.token, **headers)
        assert status == 415

    async def test_rate_and_csat_answer_what_they_found(self, stack, url, visitor):
        api = f"{stack.base_url}/api/v1/chat"
        await acall(url, {"cmid": new_cmid(), "text": QUESTION}, visitor.token)
        assert await acall(f"{api}/rate", {"seq": 2, "value": 1}, visitor.token) == (200, {})
        assert (await acall(f"{api}/rate", {"seq": 1, "value": 1}, visitor.token))[0] == 404
        assert await acall(f"{api}/csat", {"score": 5}, visitor.token) == (200, {})
        assert (await acall(f"{api}/csat", {"score": 9}, visitor.token))[0] == 400

    async def test_handoff_and_contact(self, stack, url, visitor):
        api = f"{stack.base_url}/api/v1/chat"
        assert (await acall(f"{api}/handoff", {"cmid": new_cmid()}, visitor.token))[0] == 200
        contact = {"cmid": new_cmid(), "text": "hello", "phone": "+86 138 0000 0000"}
        assert (await acall(f"{api}/contact", contact, visitor.token))[0] == 200
        body = (await acall(url, token=visitor.token))[1]
        assert (body["state"], body["mode"]) == ("HANDOFF", "queued")
