"""Tokens on live sockets: they end, they are replaced, and one that is gone opens nothing."""

import asyncio

import pytest

from tests.widget.visitor import Visitor, acall, new_cmid

pytestmark = pytest.mark.stack

OFTEN = {"HELPDESK_HEAL_SECONDS": "0.1"}


@pytest.fixture
def own(servers):
    """Changes the tokens of a visitor."""

    def change(visitor, what):
        return servers.query(
            f"{what} WHERE visitor_id = (SELECT visitor_id FROM chat_session WHERE id = %s)",
            visitor.session,
        )

    return change


AGE = "UPDATE chat_visitortoken SET created_at = now() - interval '2 days'"


async def connected(web, token=""):
    visitor = Visitor(web.base_url)
    if token:
        visitor.token = token
    else:
        await visitor.begin()
    await visitor.connect()
    return visitor


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE chat_visitortoken SET expires_at = now() - interval '1 s'", "token_expired"),
        ("DELETE FROM chat_visitortoken", "token_unknown"),
    ],
)
async def test_a_socket_ends_with_its_token(servers, own, change, code):
    with servers.web(**OFTEN) as web:
        visitor, other = await connected(web), await connected(web)
        own(visitor, change)
        assert (await visitor.until("error"))["code"] == code
        assert await visitor.closed() == 4401
        assert (await other.ask("hello"))["seq"] == 2
        await other.leave()


async def test_a_token_that_grows_old_on_live_sockets_has_one_successor(servers, own):
    with servers.web(**OFTEN) as web:
        one = await connected(web)
        two = await connected(web, one.token)
        own(one, AGE)
        fresh = (await one.until("token"))["token"]
        assert (await two.until("token"))["token"] == fresh != one.token
        for socket in (one, two):
            socket.cut()
        again = await connected(web, fresh)
        assert again.token == fresh
        assert [frame["type"] for frame in again.heard] == ["welcome", "synced"]
        await again.leave()
    assert own(one, "SELECT count(*) FROM chat_visitortoken") == [(2,)]


async def test_sockets_that_come_at_once_with_an_old_token_get_the_same_successor(stack, own):
    visitor = await Visitor(stack.base_url).begin()
    own(visitor, AGE)
    sockets = [Visitor(stack.base_url) for _ in range(3)]
    for socket in sockets:
        socket.token = visitor.token
    await asyncio.gather(*(socket.connect() for socket in sockets))
    tokens = [frame["token"] for s in sockets for frame in s.heard if frame["type"] == "token"]
    assert len(tokens) == 3
    assert len(set(tokens)) == 1
    for socket in sockets:
        await socket.leave()


async def test_a_logout_with_a_token_that_has_just_ended_is_told_so(stack, own):
    visitor = await connected(stack)
    own(visitor, "UPDATE chat_visitortoken SET expires_at = now() - interval '1 s'")
    await visitor.write(type="logout")
    assert (await visitor.until("error"))["code"] == "token_expired"
    assert await visitor.closed() == 4401


CALLS = [
    ("messages", {"cmid": new_cmid(), "text": "hello"}),
    ("messages?since=0", None),
    ("handoff", {"cmid": new_cmid()}),
    ("contact", {"cmid": new_cmid(), "text": "hello", "phone": "12345"}),
    ("rate", {"seq": 2, "value": 1}),
    ("csat", {"score": 5}),
    ("identify", {"jwt": "a.b.c"}),
]


@pytest.mark.parametrize(("path", "body"), CALLS, ids=range(len(CALLS)))
async def test_a_request_opens_no_session_in_place_of_an_erased_one(servers, stack, path, body):
    visitor = await Visitor(stack.base_url).begin()
    [[owner]] = servers.query("DELETE FROM chat_session WHERE id = %s RETURNING visitor_id",
                              visitor.session)  # fmt: skip
    url = f"{stack.base_url}/api/v1/chat/{path}"
    status, answer = await acall(url, body, visitor.token)
    assert (status, answer["type"], answer["code"]) == (401, "error", "token_unknown")
    assert servers.query("SELECT FROM chat_session WHERE visitor_id = %s", owner) == []
    # A socket is told of the new session in its welcome.
    welcome = await visitor.connect(last_seq=7)
    assert (welcome["last_seq"], welcome["session"] == visitor.session) == (0, False)
    await visitor.leave()
