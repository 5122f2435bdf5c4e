"""Signed visitors through the real loader: the page says who is there, the frame proves it."""

import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.signed import ANN, BEN, ec_key, public_pem, signed
from tests.widget.scripted import SOCKET, Script, begin

pytestmark = pytest.mark.browser

KEY = ec_key()
QUESTION = "How long does delivery take?"
WHO = (
    "SELECT v.external_id, s.anonymous_seq, s.closed_at IS NULL FROM chat_session s"
    " JOIN chat_visitor v ON v.id = s.visitor_id"
    " WHERE s.id = (SELECT session_id FROM chat_message WHERE text = %s LIMIT 1)"
)
LISTEN = "window.errors = []; Helpdesk.on('error', ({ code }) => window.errors.push(code));"
TOKEN = "localStorage.getItem('helpdesk:demo:token')"


@pytest.fixture(autouse=True)
def shop(servers):
    servers.query(
        "UPDATE sites_site SET identity_algorithm = 'ES256', identity_key = %s WHERE key = 'demo'",
        public_pem(KEY),
    )
    return servers


@dataclass
class Signer:
    """The shop's own server; `lasts` is for how many seconds from now."""

    person: dict[str, Any] = field(default_factory=lambda: dict(ANN))
    lasts: int = 300
    asked: int = 0

    def sign(self) -> str:
        self.asked += 1
        now = int(time.time())
        return signed("demo", KEY, "ES256", iat=now + self.lasts - 300, exp=now + self.lasts,
                      **{"name": None, "email": None, **self.person})  # fmt: skip


@pytest.fixture
def signer():
    return Signer()


@pytest.fixture
def page(context, signer):
    context.expose_function("sign", signer.sign)
    return context.new_page()


def sign_in(page: Page) -> None:
    page.evaluate("Helpdesk.identify(() => sign())")


def test_whoever_has_signed_in_is_known_from_their_first_line(host, visit, page, signer, servers):
    widget = visit(host.origin, page=page)
    sign_in(page)
    assert signer.asked == 0  # a visitor who only looks costs the shop nothing
    widget.open()
    widget.say("known at once")
    expect(widget.answers).to_have_count(1)
    assert servers.query(WHO, "known at once") == [(ANN["sub"], 0, True)]
    assert signer.asked == 1
    assert widget.problems == []


def test_signing_in_during_a_chat_goes_on_with_it_under_a_new_token(host, visit, page, servers):
    widget = visit(host.origin, page=page).open()
    widget.say("anonymous line")
    expect(widget.answers).to_have_count(1)
    old = page.evaluate(TOKEN)
    sign_in(page)
    page.wait_for_function(f"(old) => {TOKEN} !== old", arg=old)
    widget.say("known line")
    expect(widget.answers).to_have_count(2)
    assert servers.query(WHO, "known line") == [(ANN["sub"], 2, True)]
    page.reload()
    expect(widget.own).to_have_count(2)
    assert widget.problems == []


def test_other_tabs_go_on_with_the_new_token(host, visit, page, context, servers):
    widget = visit(host.origin, page=page).open()
    widget.say("in the first tab")
    expect(widget.answers).to_have_count(1)
    other = visit(host.origin).open()
    expect(other.own).to_have_count(1)
    sign_in(page)
    other.say("in the second tab")
    expect(other.answers).to_have_count(2)
    expect(widget.own).to_have_count(2)
    assert servers.query(WHO, "in the second tab")[0][0] == ANN["sub"]
    assert page.evaluate(TOKEN) == other.page.evaluate(TOKEN)


def test_the_next_person_sees_nothing_and_begins_anew(host, visit, page, signer, servers):
    widget = visit(host.origin, page=page)
    sign_in(page)
    widget.open()
    widget.say("Ann was here")
    expect(widget.answers).to_have_count(1)
    signer.person = BEN
    sign_in(page)
    expect(widget.frame.get_by_text("Ann was here")).to_have_count(0)
    expect(widget.frame.get_by_text(widget.words["ended"])).to_be_visible()
    widget.say("Ben is here")
    expect(widget.answers).to_have_count(1)
    assert servers.query(WHO, "Ann was here")[0] == (ANN["sub"], 0, False)
    assert servers.query(WHO, "Ben is here")[0] == (BEN["sub"], 0, True)


def test_after_a_logout_nobody_is_known(host, visit, page, servers):
    widget = visit(host.origin, page=page)
    sign_in(page)
    widget.open()
    widget.say("before the logout")
    expect(widget.answers).to_have_count(1)
    page.evaluate("Helpdesk.logout()")
    expect(widget.own).to_have_count(0)
    widget.say("after the logout")
    expect(widget.answers).to_have_count(1)
    assert servers.query(WHO, "after the logout") == [("", None, True)]


def test_an_expired_token_is_asked_for_anew_once(host, visit, page, signer, servers):
    widget = visit(host.origin, page=page)
    page.evaluate(LISTEN)
    signer.lasts = -120
    widget.open()
    widget.say("with an old token")
    expect(widget.answers).to_have_count(1)
    sign_in(page)
    page.wait_for_function("window.errors.length")
    assert page.evaluate("window.errors") == ["identity_expired"]
    assert "Helpdesk: identify() has failed (identity_expired)" in widget.problems
    assert signer.asked == 2
    # The chat goes on all the same.
    widget.say("still a stranger")
    expect(widget.answers).to_have_count(2)
    assert servers.query(WHO, "still a stranger")[0][0] == ""


def test_a_fresh_one_heals_it(host, visit, page, signer, servers):
    widget = visit(host.origin, page=page)
    page.evaluate(LISTEN)
    widget.open()
    widget.say("heals")
    expect(widget.answers).to_have_count(1)
    old = page.evaluate(TOKEN)
    signer.lasts = -120
    stale = signer.sign()
    signer.lasts = 300
    page.evaluate(
        "(stale) => { let next = stale; Helpdesk.identify(async () => {"
        " const now = next; next = null; return now || sign(); }); }",
        stale,
    )
    page.wait_for_function(f"(old) => {TOKEN} !== old", arg=old)
    assert servers.query(WHO, "heals")[0][0] == ANN["sub"]
    assert page.evaluate("window.errors") == []


def test_a_session_that_was_replaced_is_told_who_it_is_too(host, visit, page):
    script = Script(page)
    widget = visit(host.origin, page=page)
    sign_in(page)
    widget.open()
    begin(widget, script)
    assert len(script.of_type("identify")) == 1
    script.tell("identified", token="another")
    script.session = "00000000-0000-4000-8000-000000000000"
    script.lines.clear()
    for socket in list(script.sockets):
        socket.close()
    script.sockets.clear()
    expect(widget.own).to_have_count(0)
    begin(widget, script, "Anybody there?")
    assert [frame["type"] for frame in script.heard].count("identify") == 2
    assert script.of_type("hello")[-1]["token"] == "another"


def test_without_sockets_it_goes_over_http(host, visit, page, servers, context):
    context.route_web_socket(SOCKET, lambda socket: socket.close())
    widget = visit(host.origin, page=page)
    sign_in(page)
    widget.open()
    widget.say("over plain HTTP")
    expect(widget.answers).to_have_count(1)
    assert servers.query(WHO, "over plain HTTP")[0][0] == ANN["sub"]
    widget.say("and again")
    expect(widget.answers).to_have_count(2)
