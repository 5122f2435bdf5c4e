"""Wire protocol version 1 over real sockets, against a real process."""

import asyncio

import psycopg
import pytest
import websockets

from apps.dialogue.driver import TWINS
from tests.widget.visitor import Frame, Visitor, acall, new_cmid

pytestmark = pytest.mark.stack

QUESTION = "how many days until it gets here"
CHINESE = "普通快递一般路上要走多久"


@pytest.fixture
async def visitor(stack):
    visitor = await Visitor(stack.base_url).begin()
    yield visitor
    await visitor.leave()


async def test_a_question_is_acked_then_answered_with_its_source(visitor):
    welcome = await visitor.connect()
    assert welcome["session"] == visitor.session
    assert welcome["epoch"] == visitor.epoch
    assert (welcome["last_seq"], welcome["state"], welcome["mode"]) == (0, "INIT", "bot")
    assert welcome["site"]["key"] == "demo"
    cmid = await visitor.send(QUESTION)
    ack = await visitor.hear()
    assert (ack["type"], ack["cmid"], ack["seq"]) == ("ack", cmid, 1)
    reply = await visitor.hear()
    assert (reply["type"], reply["seq"], reply["author"]) == ("message", 2, "bot")
    assert reply["meta"]["sources"][0]["title"] == "How long does delivery take?"
    assert reply["meta"]["ai"] is True


async def test_chinese_is_answered_in_chinese_whatever_the_page_speaks(visitor):
    await visitor.connect()
    reply = await visitor.ask(CHINESE)
    assert reply["meta"]["sources"][0]["title"] == "下单后多久能收到货？"


async def test_a_resend_gets_the_first_ack_and_stores_nothing(visitor):
    await visitor.connect()
    cmid = await visitor.send(QUESTION)
    first = await visitor.until("ack")
    await visitor.until("message", author="bot")
    await visitor.send(QUESTION, cmid)
    assert await visitor.until("ack") == first
    await visitor.send("another text", cmid)
    refused = await visitor.until("refused")
    assert (refused["code"], refused["cmid"]) == ("cmid_conflict", cmid)
    await visitor.send(QUESTION, cmid, fields={"order": "1"})
    assert (await visitor.until("refused"))["code"] == "cmid_conflict"
    await visitor.write(type="sync", since=0)
    assert (await visitor.until("synced"))["last_seq"] == 2


async def test_twenty_resends_over_several_sockets_store_one_line(stack, visitor):
    sockets = [Visitor(stack.base_url) for _ in range(3)]
    for socket in sockets:
        socket.token = visitor.token
        await socket.connect()
    cmid = new_cmid()
    await asyncio.gather(*(sockets[n % 3].send(QUESTION, cmid) for n in range(20)))
    acks = []
    for socket, expected in zip(sockets, (7, 7, 6), strict=True):
        acks += [await socket.until("ack") for _ in range(expected)]
        await socket.leave()
    assert {(ack["seq"], ack["message"]) for ack in acks} == {(1, acks[0]["message"])}
    assert (await visitor.connect())["last_seq"] == 2


async def test_resends_of_a_line_under_way_are_counted(servers, visitor):
    await visitor.connect()
    with psycopg.connect(servers.database_url) as holder:
        holder.execute("SELECT FROM chat_session WHERE id = %s FOR UPDATE", [visitor.session])
        cmid = await visitor.send(QUESTION)
        for _ in range(TWINS + 3):
            await visitor.send(QUESTION, cmid)
        for _ in range(3):
            assert (await visitor.until("refused", cmid=cmid))["code"] == "busy"
    acks = [await visitor.until("ack", cmid=cmid) for _ in range(1 + TWINS)]
    assert {ack["seq"] for ack in acks} == {1}


async def test_another_tab_sees_both_lines_with_the_cmid(stack, visitor):
    await visitor.connect()
    other = Visitor(stack.base_url)
    other.token = visitor.token
    await other.connect()
    cmid = await visitor.send(QUESTION)
    mine, reply = await other.hear(), await other.hear()
    assert (mine["author"], mine["cmid"], mine["text"]) == ("visitor", cmid, QUESTION)
    assert (reply["author"], reply["seq"]) == ("bot", 2)
    await other.leave()


async def test_a_resume_brings_what_was_missed_and_only_that(visitor):
    await visitor.connect()
    await visitor.ask(QUESTION)
    visitor.cut()
    await visitor.open()
    await visitor.say_hello(last_seq=1)
    frames = [await visitor.hear() for _ in range(3)]
    assert [frame["type"] for frame in frames] == ["welcome", "message", "synced"]
    assert frames[1]["seq"] == 2


@pytest.mark.parametrize(("last_seq", "epoch"), [(99, None), (2, "another epoch")])
async def test_a_number_from_before_a_restore_brings_everything(visitor, last_seq, epoch):
    await visitor.connect()
    await visitor.ask(QUESTION)
    await visitor.leave()
    welcome = await visitor.connect(last_seq, epoch=epoch)
    assert welcome["last_seq"] == 2
    assert [frame["seq"] for frame in visitor.heard if frame["type"] == "message"][-2:] == [1, 2]


async def test_a_long_history_comes_in_pages_in_order(visitor):
    await visitor.connect()
    for number in range(110):
        await visitor.send(f"{QUESTION} {number}")
        answer = await visitor.hear()
        while answer["type"] == "message" or answer.get("code") == "busy":
            answer = await visitor.hear()
        if answer["type"] == "refused":
            break
    await visitor.leave()
    stored = (await visitor.connect())["last_seq"]
    assert stored >= 40
    seqs = [frame["seq"] for frame in visitor.heard if frame["type"] == "message"][-stored:]
    assert seqs == list(range(1, stored + 1))


async def test_a_person_is_asked_for_and_a_message_left(visitor):
    await visitor.connect()
    cmid = new_cmid()
    await visitor.write(type="handoff", cmid=cmid)
    assert (await visitor.until("ack"))["cmid"] == cmid
    reply = await visitor.until("message", author="bot")
    assert reply["meta"]["form"]["type"] == "contact"
    state = await visitor.until("state")
    assert (state["state"], state["mode"], state["slots"]) == ("COLLECT", "queued", [])
    await visitor.write(type="contact", cmid=new_cmid(), text="Call me", email="no address")
    refused = await visitor.until("refused")
    assert (refused["code"], refused["field"]) == ("bad_text", "email")
    assert "e-mail" in refused["detail"]
    await visitor.write(type="contact", cmid=new_cmid(), text="Call me", email="jo@shop.example")
    await visitor.until("ack")
    notice = await visitor.until("message", author="system")
    assert "jo@shop.example" in notice["text"]


async def test_more_than_eight_waiting_lines_are_busy(visitor):
    await visitor.connect()
    await asyncio.gather(*(visitor.send(QUESTION) for _ in range(20)))
    answers: list[Frame] = []
    while len(answers) < 20:
        frame = await visitor.hear()
        if frame["type"] in {"ack", "refused"}:
            answers.append(frame)
    for refused in (answer for answer in answers if answer["type"] == "refused"):
        assert refused["code"] in {"busy", "rate_limited"}
        assert refused["retry_after"] > 0


async def test_a_burst_is_stored_and_the_rest_is_told_when_to_come_back(visitor):
    await visitor.connect()
    acks = 0
    while True:
        cmid = await visitor.send("hello")
        answer = await visitor.hear()
        while answer.get("cmid") != cmid:
            answer = await visitor.hear()
        if answer["type"] == "refused":
            break
        acks += 1
    assert acks >= 20
    assert answer["code"] == "rate_limited"
    assert 0 < answer["retry_after"] <= 1


async def test_ratings_context_and_reads_are_kept(servers, visitor):
    await visitor.connect()
    await visitor.ask(QUESTION)
    await visitor.write(type="rate", seq=2, value=-1, reason="too long")
    await visitor.write(type="csat", score=4, comment="fine")
    await visitor.write(type="read", seq=2)
    await visitor.write(type="context", url="https://shop.example/a", title="A", device="phone")
    await visitor.write(type="typing")
    await visitor.write(type="stop")
    await visitor.write(type="sync", since=2)
    await visitor.until("synced")
    kept = servers.query(
        "SELECT m.rating, m.rating_reason, s.csat, s.csat_comment, s.read_seq, v.page_url"
        " FROM chat_session s JOIN chat_visitor v ON v.id = s.visitor_id"
        " JOIN chat_message m ON m.session_id = s.id AND m.seq = 2 WHERE s.id = %s",
        visitor.session,
    )
    assert kept == [(-1, "too long", 4, "fine", 2, "https://shop.example/a")]


async def test_a_line_that_is_read_again_carries_its_rating(visitor):
    await visitor.connect()
    await visitor.ask(QUESTION)
    await visitor.write(type="rate", seq=2, value=-1)
    await visitor.write(type="sync", since=1)
    again = await visitor.until("message", seq=2)
    assert again["meta"]["rating"] == -1
    assert again["meta"]["sources"]


async def test_the_session_speaks_the_language_of_the_page(visitor):
    await visitor.connect()
    await visitor.write(type="context", locale="zh-CN")
    await visitor.write(type="sync", since=0)
    await visitor.until("synced")
    await visitor.write(type="handoff", cmid=new_cmid())
    reply = await visitor.until("message", author="bot")
    assert reply["meta"]["form"]["label"] == "我们怎么联系您？"


async def test_a_request_for_a_person_stays_with_who_made_it(stack, servers, visitor):
    await visitor.connect()
    await visitor.write(type="handoff", cmid=new_cmid())
    await visitor.until("state", mode="queued")
    await visitor.write(type="logout")
    await visitor.closed()
    following = await Visitor(stack.base_url).begin()
    welcome = await following.connect()
    await following.leave()
    assert (welcome["mode"], welcome["last_seq"], welcome["slots"]) == ("bot", 0, [])
    found = "SELECT status FROM handoff_ticket WHERE session_id = %s"
    # Without an address nobody could be answered any more.
    assert servers.query(found, visitor.session) == [("withdrawn",)]
    assert servers.query(found, following.session) == []


async def test_logout_leaves_nothing_behind_for_the_next_person(stack, visitor):
    await visitor.connect()
    await visitor.ask(QUESTION)
    other = Visitor(stack.base_url)
    other.token = visitor.token
    await other.connect()
    await visitor.write(type="logout")
    assert await visitor.closed() == 1000
    assert (await other.until("error"))["code"] == "token_unknown"
    assert await other.closed() == 4401
    status, body = await acall(f"{stack.base_url}/api/v1/chat/messages", token=visitor.token)
    assert (status, body["code"]) == (401, "token_unknown")


async def test_the_server_closes_politely_when_it_stops(servers):
    with servers.web() as web:
        visitor = await Visitor(web.base_url).begin()
        await visitor.connect()
        assert await asyncio.to_thread(web.child.stop) in {0, -15}
        goodbye = await visitor.until("going_away")
        assert 0 <= goodbye["retry_after"] <= 10
        assert await visitor.closed() == 1012


async def test_a_heartbeat_tells_the_last_line(servers):
    with servers.web(HELPDESK_HEARTBEAT_SECONDS="0.1") as web:
        visitor = await Visitor(web.base_url).begin()
        await visitor.connect()
        await visitor.ask(QUESTION)
        assert (await visitor.until("heartbeat"))["last_seq"] == 2
        await visitor.leave()


async def test_an_old_token_is_replaced_and_the_new_one_retires_it(servers):
    times = {"HELPDESK_TOKEN_ROTATE_SECONDS": "1", "HELPDESK_TOKEN_OVERLAP_SECONDS": "0"}
    with servers.web(**times) as web:
        visitor = await Visitor(web.base_url).begin()
        servers.query(
            "UPDATE chat_visitortoken SET created_at = now() - interval '2 s' WHERE visitor_id ="
            " (SELECT visitor_id FROM chat_session WHERE id = %s)",
            visitor.session,
        )
        old = visitor.token
        await visitor.open()
        await visitor.say_hello()
        visitor.token = (await visitor.until("token"))["token"]
        assert visitor.token != old
        await visitor.leave()
        await visitor.connect()
        await visitor.leave()
        visitor.token = old
        await visitor.open()
        await visitor.say_hello()
        assert (await visitor.until("error"))["code"] == "token_expired"
        assert await visitor.closed() == 4401


async def test_only_hashes_of_tokens_are_stored(servers, visitor):
    kept = servers.query("SELECT digest FROM chat_visitortoken")
    assert visitor.token not in {digest for (digest,) in kept}
    assert all(len(str(digest)) == 64 for (digest,) in kept)


async def test_sockets_of_one_visitor_are_limited(stack, visitor):
    sockets = [Visitor(stack.base_url) for _ in range(4)]
    for socket in sockets[:3]:
        socket.token = visitor.token
        await socket.connect()
    sockets[3].token = visitor.token
    await sockets[3].open()
    await sockets[3].say_hello()
    assert (await sockets[3].until("error"))["code"] == "too_many_sockets"
    assert await sockets[3].closed() == 4429
    for socket in sockets[:3]:
        await socket.leave()


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "https://evil.example",
        "https://[",
        "http://127.0.0.1:99999999",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "javascript:alert(1)",
        "http://",
    ],
)
async def test_foreign_and_malformed_origins_are_refused(stack, origin):
    with pytest.raises(websockets.InvalidStatus) as refused:
        await Visitor(stack.base_url).open(origin)
    assert refused.value.response.status_code == 403


async def test_an_unknown_path_has_no_socket(stack):
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(stack.ws_url + "x", origin=stack.base_url)
    assert refused.value.response.status_code == 403


PHONES = {"en": "＋１ 555-123-4567, please", "zh-CN": "我的电话：138 0000 2567"}


@pytest.mark.parametrize("locale", PHONES)
async def test_a_typed_address_is_taken_over_the_socket_and_told(stack, servers, locale):
    visitor = await Visitor(stack.base_url, locale).begin()
    await visitor.connect()
    await visitor.write(type="handoff", cmid=new_cmid())
    await visitor.until("state", state="COLLECT")
    cmid = await visitor.send(PHONES[locale])
    await visitor.until("ack", cmid=cmid)
    notice = await visitor.until("message", author="system")
    assert visitor.session[:8].upper() in notice["text"]
    await visitor.until("state", state="HANDOFF", mode="queued")
    await visitor.send(PHONES[locale], cmid)
    await visitor.until("ack", cmid=cmid)
    assert left(servers, visitor) == [
        [PHONES[locale], "", {"en": "+15551234567", "zh-CN": "13800002567"}[locale]]
    ]
    await visitor.leave()


async def test_a_typed_address_is_taken_over_http(stack, servers):
    visitor = await Visitor(stack.base_url).begin()
    url = f"{stack.base_url}/api/v1/chat"
    await acall(f"{url}/handoff", {"type": "handoff", "cmid": new_cmid()}, visitor.token)
    frame = {"type": "send", "cmid": new_cmid(), "text": "anna@gmail.com"}
    status, ack = await acall(f"{url}/messages", frame, visitor.token)
    assert status == 200
    assert await acall(f"{url}/messages", frame, visitor.token) == (200, ack)
    _, body = await acall(f"{url}/messages?since=0", token=visitor.token)
    assert body["messages"][-1]["author"] == "system"
    assert (body["state"], body["mode"]) == ("HANDOFF", "queued")
    assert left(servers, visitor) == [["anna@gmail.com", "anna@gmail.com", ""]]


def left(servers, visitor):
    statement = "SELECT text, email, phone FROM handoff_ticket WHERE session_id = %s::uuid"
    return [list(row) for row in servers.query(statement, visitor.session)]
