"""The launcher on the page of a shop: what it costs, how it is reached, what it needs."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import WebSocketRoute, expect

pytestmark = pytest.mark.browser


def test_one_request_before_it_is_opened(context, stack, visit):
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    widget = visit()
    widget.page.wait_for_load_state("networkidle")
    assert [url for url in asked if url.startswith(stack.base_url)] == [
        f"{stack.base_url}/w/1/loader.js"
    ]
    widget.open()
    assert widget.page.evaluate("Object.keys(localStorage)") == []
    assert not context.cookies()


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_it_works_by_keyboard_and_gives_the_focus_back(visit, language):
    widget = visit(language=language)
    expect(widget.launcher).to_have_attribute("aria-expanded", "false")
    widget.launcher.focus()
    widget.page.keyboard.press("Enter")
    expect(widget.launcher).to_have_attribute("aria-expanded", "true")
    expect(widget.box).to_be_focused()
    widget.page.keyboard.press("Escape")
    expect(widget.launcher).to_be_focused()
    expect(widget.launcher).to_have_attribute("aria-expanded", "false")
    expect(widget.box).to_be_hidden()


def test_opened_by_the_page_it_takes_the_focus_and_returns_it_to_the_launcher(visit):
    widget = visit()
    widget.page.get_by_role("button", name="Ask a question").click()
    expect(widget.box).to_be_focused()
    widget.frame.get_by_role("button", name=widget.words["close"]).click()
    expect(widget.launcher).to_be_focused()


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_nothing_is_reported_on_the_demo_pages(visit, language):
    for path in ["/demo/", "/demo/product/heron/", "/demo/help/"]:
        widget = visit(path, language)
        widget.page.wait_for_load_state("networkidle")
        assert not widget.problems
        widget.page.close()
    widget = visit(language=language).open()
    widget.frame.locator("#replies button").first.click()
    expect(widget.answers).to_have_count(1)
    assert not widget.problems


@pytest.mark.parametrize("policy", ["none", "strict", "isolated"])
def test_nothing_is_reported_on_other_pages(host, stack, visit, policy):
    origin = stack.base_url
    host.headers = {
        "none": {},
        "strict": {
            "Content-Security-Policy": (
                f"default-src 'self'; script-src 'self' {origin}; frame-src {origin}"
            )
        },
        "isolated": {
            "Cross-Origin-Embedder-Policy": "require-corp",
            "Cross-Origin-Opener-Policy": "same-origin",
        },
    }[policy]
    widget = visit(host.origin).open()
    widget.say("How long does delivery take?")
    expect(widget.answers.locator("summary")).to_be_visible()
    assert not widget.problems


def test_a_page_that_is_not_listed_cannot_show_the_frame(host, servers, visit):
    servers.query("UPDATE sites_site SET allowed_pages = %s", ["https://shop.example"])
    widget = visit(host.origin)
    widget.launcher.click()
    again = widget.page.get_by_role("button", name="Try again")
    expect(again).to_be_visible(timeout=20_000)
    assert any("frame-ancestors" in problem for problem in widget.problems)


def test_a_page_that_is_not_listed_is_told_without_waiting_for_the_last_timer(
    context, host, servers, visit
):
    servers.query("UPDATE sites_site SET allowed_pages = '{https://other.example}'")
    context.add_init_script(
        "const real = setTimeout;"
        "window.setTimeout = (run, ms, ...rest) => ms < 10000 && real(run, ms, ...rest);"
    )
    widget = visit(host.origin)
    widget.launcher.click()
    expect(widget.page.get_by_text("The chat cannot be reached right now.")).to_be_visible()


def test_it_is_included_once_and_survives_a_new_body(host, visit):
    host.body = host.body.replace("<body>", host.body.split("<title>Host</title>")[1])
    widget = visit(host.origin)
    expect(widget.page.locator("helpdesk-chat")).to_have_count(1)
    widget.open().say("How long does delivery take?")
    expect(widget.answers).to_have_count(1)
    widget.page.evaluate("document.body.replaceWith(document.createElement('body'))")
    expect(widget.answers).to_have_count(1)
    expect(widget.box).to_be_visible()


def test_the_page_can_steer_it_and_hears_of_it(host, visit):
    widget = visit(host.origin)
    widget.page.evaluate(
        """() => {
          window.heard = [];
          for (const name of ["ready", "open", "close", "message", "unread", "handoff"])
            Helpdesk.on(name, (detail) => heard.push(name + JSON.stringify(detail)));
          Helpdesk.open();
        }"""
    )
    expect(widget.box).to_be_focused()
    widget.say("Talk to a person")
    expect(widget.frame.locator("form.contact")).to_be_visible()
    widget.page.evaluate("Helpdesk.close()")
    expect(widget.launcher).to_be_focused()
    widget.page.evaluate("Helpdesk.setLocale('zh-Hans')")
    expect(widget.page.get_by_role("button", name="打开客服对话")).to_be_visible()
    heard = widget.page.evaluate("heard.map((one) => one.replace(/{.*/, ''))")
    assert heard[:2] == ["ready", "open"]
    assert set(heard) == {"ready", "open", "message", "handoff", "close"}
    assert "person" not in " ".join(widget.page.evaluate("heard"))
    widget.page.evaluate("Helpdesk.hide()")
    expect(widget.page.locator("helpdesk-chat button.launcher")).to_be_hidden()
    widget.page.evaluate("Helpdesk.show()")
    expect(widget.page.locator("helpdesk-chat button.launcher")).to_be_visible()
    widget.page.evaluate("Helpdesk.destroy()")
    expect(widget.page.locator("helpdesk-chat")).to_have_count(0)


def test_an_answer_that_comes_while_it_is_closed_is_counted(context, visit):
    sockets = []

    def keep(socket):
        sockets.append(_hold(socket))

    context.route_web_socket(re.compile("/ws/chat/"), keep)
    widget = visit().open()
    widget.say("How long does delivery take?")
    expect(widget.state("sending")).to_be_visible()
    widget.frame.get_by_role("button", name=widget.words["close"]).click()
    expect(widget.launcher).to_be_focused()
    while not sockets:
        widget.page.wait_for_timeout(10)
    sockets[0]()
    expect(widget.page.get_by_role("button", name="Open support chat, 1 new")).to_be_visible()
    widget.launcher.click()
    expect(widget.page.get_by_role("button", name="Open support chat", exact=True)).to_be_visible()


def _hold(socket: WebSocketRoute) -> Callable[[], None]:
    """Keeps what the page says from the server until the returned function is called."""
    server = socket.connect_to_server()
    held: list[str | bytes] = []
    is_free = False

    def pass_on(message: str | bytes) -> None:
        if is_free:
            server.send(message)
        else:
            held.append(message)

    def release() -> None:
        nonlocal is_free
        is_free = True
        for message in held:
            server.send(message)

    socket.on_message(pass_on)
    return release


def test_on_a_phone_it_covers_the_page_which_takes_no_part(browser, context, stack, visit):
    phone = browser.new_context(
        viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    widget = visit(page=phone.new_page())
    widget.launcher.tap()
    expect(widget.frame.locator("#title")).to_be_focused()
    expect(widget.page.locator("helpdesk-chat button.launcher")).to_be_hidden()
    assert widget.page.locator("helpdesk-chat iframe").bounding_box() == {
        "x": 0,
        "y": 0,
        "width": 390,
        "height": 800,
    }
    assert widget.page.evaluate("document.body.inert") is True
    widget.frame.get_by_role("button", name=widget.words["close"]).tap()
    expect(widget.launcher).to_be_focused()
    assert widget.page.evaluate("document.body.inert") is False
    phone.close()
