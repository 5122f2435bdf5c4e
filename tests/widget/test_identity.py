"""Signed visitors over the wire: what is answered, which token is left, and who is sent away."""

import time

import pytest

from tests.signed import ANN, BEN, ec_key, public_pem, signed
from tests.widget.visitor import Visitor, acall

pytestmark = pytest.mark.stack

KEY = ec_key()
OFTEN = {"HELPDESK_HEAL_SECONDS": "0.1"}
WHO = (
    "SELECT v.external_id, v.name, v.email, s.anonymous_seq FROM chat_session s"
    " JOIN chat_visitor v ON v.id = s.visitor_id WHERE s.id = %s"
)
NOBODY = [("", "", "", None)]


@pytest.fixture(autouse=True)
def shop(servers):
    """The demo shop signs with a key of its own."""
    servers.query(
        "UPDATE sites_site SET identity_algorithm = 'ES256', identity_key = %s WHERE key = 'demo'",
        public_pem(KEY),
    )
    return servers


def jwt(audience="demo", **changes):
    return signed(audience, KEY, "ES256", **changes)


@pytest.fixture
async def visitor(stack):
    visitor = await Visitor(stack.base_url).begin()
    await visitor.connect()
    yield visitor
    await visitor.leave()


async def another(visitor):
    """A second socket with the same token."""
    made = Visitor(visitor.base_url)
    made.token = visitor.token
    await made.connect()
    return made


async def identified(visitor, **changes):
    """Says who it is; keeps the new token."""
    await visitor.write(type="identify", jwt=jwt(**changes))
    frame = await visitor.until("identified")
    visitor.token = frame.get("token", visitor.token)
    return frame


async def ask_over_http(web, token, value):
    return await acall(f"{web.base_url}/api/v1/chat/identify", {"jwt": value}, token)


class TestSocket:
    async def test_a_stranger_becomes_known_with_a_new_token(self, visitor, servers):
        old = visitor.token
        await visitor.ask("Where is my order?")
        frame = await identified(visitor)
        assert set(frame) == {"type", "token"}
        assert frame["token"] != old
        assert servers.query(WHO, visitor.session) == [(*ANN.values(), 2)]
        assert (await visitor.ask("And now?"))["seq"] == 4

    async def test_the_old_token_opens_nothing(self, visitor):
        thief = Visitor(visitor.base_url)
        thief.token = visitor.token
        await identified(visitor)
        await thief.open()
        await thief.say_hello()
        assert (await thief.until("error"))["code"] == "token_unknown"
        status, _ = await acall(f"{visitor.base_url}/api/v1/chat/messages", None, thief.token)
        assert status == 401

    async def test_whoever_listens_with_the_old_token_is_sent_away_before_the_next_line(
        self, visitor
    ):
        thief = await another(visitor)
        await identified(visitor)
        await visitor.ask("My card ends in 4711")
        assert await thief.closed() == 1012
        assert [frame["type"] for frame in thief.heard[-1:]] == ["going_away"]
        assert "card ends" not in str(thief.heard)

    async def test_in_another_process_it_ends_like_any_socket_whose_token_is_gone(
        self, visitor, servers
    ):
        with servers.web(**OFTEN) as web:
            thief = Visitor(web.base_url)
            thief.token = visitor.token
            await thief.connect()
            await identified(visitor)
            assert (await thief.until("error"))["code"] == "token_unknown"
            assert await thief.closed() == 4401

    async def test_two_tabs_at_once(self, visitor, servers):
        """The second comes back with the token that the first was given."""
        other = await another(visitor)
        await visitor.write(type="identify", jwt=jwt())
        await other.write(type="identify", jwt=jwt())
        tabs = {visitor: await visitor.hear(), other: await other.hear()}
        answers = sorted(frame["type"] for frame in tabs.values())
        assert answers == ["going_away", "identified"]
        assert servers.query(WHO, visitor.session) == [(*ANN.values(), 0)]

    async def test_again_leaves_the_token_and_the_other_sockets(self, visitor):
        await identified(visitor)
        other = await another(visitor)
        assert await identified(visitor) == {"type": "identified"}
        await visitor.ask("Still here?")
        await other.until("message", author="bot")
        await other.leave()

    async def test_it_lasts_over_a_reconnect(self, visitor, servers):
        await identified(visitor)
        visitor.cut()
        welcome = await visitor.connect()
        assert welcome["session"] == visitor.session
        assert servers.query(WHO, visitor.session) == [(*ANN.values(), 0)]

    async def test_somebody_else_ends_the_session(self, visitor, servers):
        await visitor.ask("I am Ann")
        await identified(visitor)
        tab = await another(visitor)
        await visitor.write(type="identify", jwt=jwt(**BEN))
        assert (await visitor.until("error"))["code"] == "identity_changed"
        assert await visitor.closed() == 4401
        assert await tab.closed() == 1012
        assert servers.query(WHO, visitor.session) == [(*ANN.values(), 2)]
        [[closed]] = servers.query(
            "SELECT closed_at FROM chat_session WHERE id = %s", visitor.session
        )
        assert closed
        status, _ = await acall(f"{visitor.base_url}/api/v1/chat/messages", None, visitor.token)
        assert status == 401

    async def test_the_same_person_elsewhere_is_shown_nothing_of_it(self, visitor, stack, servers):
        await visitor.ask("My card ends in 4711")
        await identified(visitor)
        phone = await Visitor(stack.base_url).begin()
        await phone.connect()
        await identified(phone)
        await phone.write(type="sync", since=0)
        await phone.until("synced")
        assert phone.session != visitor.session
        assert "card ends" not in str(phone.heard)
        assert servers.query(WHO, phone.session) == [(*ANN.values(), 0)]
        await phone.leave()

    async def test_a_contact_form_makes_nobody_known(self, visitor, servers):
        cmid = await visitor.send("hello")
        await visitor.until("ack", cmid=cmid)
        form = {"text": "Call me", "name": ANN["name"], "email": ANN["email"]}
        await visitor.write(type="contact", cmid="0b0e7a52-3c1d-4b57-9d3c-5c7f6a1b2c3d", **form)
        await visitor.until("ack")
        assert servers.query(WHO, visitor.session) == NOBODY

    @pytest.mark.parametrize(
        ("value", "code"),
        [
            ("a.b.c", "identity_refused"),
            ("x" * 5000, "identity_refused"),
            ("\0" * 9, "identity_refused"),
            ("\ud800", "identity_refused"),
            (signed("demo"), "identity_refused"),
            (signed("demo", public_pem(KEY).replace("-----", "")), "identity_refused"),
            (lambda: jwt("another-shop"), "identity_refused"),
            (lambda: jwt(exp=int(time.time()) + 3600), "identity_refused"),
            (lambda: jwt(sub="a\0b"), "identity_refused"),
            (lambda: jwt(iat=1_000_000, exp=1_000_300), "identity_expired"),
        ],
        ids=range(10),
    )
    async def test_a_bad_one_changes_nothing_and_tells_little(
        self, visitor, servers, stack, value, code
    ):
        sent = value() if callable(value) else value
        await visitor.write(type="identify", jwt=sent)
        frame = await visitor.until("error")
        assert frame["code"] == code
        assert frame["detail"].endswith("You can go on chatting.")
        assert servers.query(WHO, visitor.session) == NOBODY
        assert (await visitor.ask("hello"))["seq"] == 2
        logged = "\n".join(stack.child.lines)
        assert "identity: refused on site" in logged
        assert "Traceback" not in logged
        assert ANN["name"] not in logged
        assert ANN["email"] not in logged

    async def test_it_may_be_tried_five_times_a_minute(self, visitor):
        for _ in range(5):
            await visitor.write(type="identify", jwt="a.b.c")
            assert (await visitor.until("error"))["code"] == "identity_refused"
        await visitor.write(type="identify", jwt=jwt())
        frame = await visitor.until("error")
        assert frame["code"] == "rate_limited"
        assert 0 < frame["retry_after"] <= 12
        assert "too often" in frame["detail"]
        # On another socket, and over HTTP, it is the same session.
        status, _ = await ask_over_http(visitor, visitor.token, jwt())
        assert status == 429

    async def test_before_hello_nobody_is_listening(self, stack):
        visitor = Visitor(stack.base_url)
        await visitor.open()
        await visitor.write(type="identify", jwt=jwt())
        assert (await visitor.until("error"))["code"] == "bad_frame"
        await visitor.leave()

    async def test_after_a_logout_the_token_is_gone(self, visitor):
        await identified(visitor)
        await visitor.write(type="logout")
        await visitor.closed()
        status, _ = await acall(f"{visitor.base_url}/api/v1/chat/messages", None, visitor.token)
        assert status == 401


class TestHttp:
    async def test_a_stranger_becomes_known(self, stack, servers):
        visitor = await Visitor(stack.base_url).begin()
        status, answer = await ask_over_http(stack, visitor.token, jwt())
        assert (status, answer["type"]) == (200, "identified")
        assert servers.query(WHO, visitor.session) == [(*ANN.values(), 0)]
        url = f"{stack.base_url}/api/v1/chat/messages"
        assert [
            (await acall(url, None, token))[0] for token in (visitor.token, answer["token"])
        ] == [
            401,
            200,
        ]

    async def test_its_sockets_are_sent_away(self, visitor, stack):
        await ask_over_http(stack, visitor.token, jwt())
        assert await visitor.closed() == 1012

    @pytest.mark.parametrize(
        ("value", "status", "code"),
        [
            ("a.b.c", 400, "identity_refused"),
            (lambda: jwt(iat=1_000_000, exp=1_000_300), 400, "identity_expired"),
            (7, 400, "bad_frame"),
            (None, 400, "bad_frame"),
            ("x" * 17_000, 413, "too_long"),
        ],
        ids=range(5),
    )
    async def test_a_bad_one_is_refused(self, stack, value, status, code):
        visitor = await Visitor(stack.base_url).begin()
        sent = value() if callable(value) else value
        found, answer = await ask_over_http(stack, visitor.token, sent)
        assert (found, answer["code"]) == (status, code)

    async def test_somebody_else_ends_the_session(self, stack):
        visitor = await Visitor(stack.base_url).begin()
        _, answer = await ask_over_http(stack, visitor.token, jwt())
        status, changed = await ask_over_http(stack, answer["token"], jwt(**BEN))
        assert (status, changed["code"]) == (401, "identity_changed")
        status, gone = await ask_over_http(stack, answer["token"], jwt())
        assert (status, gone["code"]) == (401, "token_unknown")

    async def test_without_a_token(self, stack):
        assert (await ask_over_http(stack, "", jwt()))[0] == 401
