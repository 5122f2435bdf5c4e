"""The page around the widget: what it may ask for, and what it must not be able to do."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.chromium import ARGUMENTS
from tests.widget.conftest import Widget

pytestmark = pytest.mark.browser

QUESTION = "How long does delivery take?"
NO_STORAGE = """
for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });
"""


def host_style(widget: Widget, selector: str, name: str) -> str:
    found = widget.page.locator(f"helpdesk-chat {selector}").evaluate(
        f"(node) => getComputedStyle(node)['{name}']"
    )
    return str(found)


def test_commands_given_before_it_is_there_are_done(host, visit):
    stub = (
        """<script>(window.Helpdesk ||= []).push(["prefill", "Where is it?"], ["open"]);</script>"""
    )
    host.body = host.body.replace("<script async", f"{stub}<script async")
    widget = visit(host.origin)
    expect(widget.box).to_have_value("Where is it?")
    expect(widget.own).to_have_count(0)


def test_a_command_that_fails_keeps_none_of_the_others_from_being_done(host, visit):
    bad = (
        'null, ["__proto__"], ["constructor"], ["nothing"], '
        '["prefill", { toString() { throw 1 } }], ["on", "ready", null]'
    )
    stub = f"""<script>window.Helpdesk = [{bad}, ["prefill", "Where is it?"], ["open"]];</script>"""
    host.body = host.body.replace("<script async", f"{stub}<script async")
    widget = visit(host.origin)
    expect(widget.box).to_have_value("Where is it?")
    widget.page.evaluate("Helpdesk.push(['__proto__'])")
    assert [said for said in widget.problems if "is not a function" in said] == []


def test_the_page_chooses_place_and_colours(host, visit):
    host.body = host.body.replace(
        "data-key",
        'data-accent="#ffd54a" data-ink="#000000" data-side="start" data-offset="50 60" data-key',
    )
    widget = visit(host.origin)
    box = widget.launcher.bounding_box()
    assert box
    assert (box["x"], round(box["y"] + box["height"])) == (50, 800)
    assert host_style(widget, ".launcher", "backgroundColor") == "rgb(255, 213, 74)"
    widget.page.evaluate("Helpdesk.setTheme({ accent: '#112233', ink: '#ffffff', side: 'end' })")
    assert host_style(widget, ".launcher", "backgroundColor") == "rgb(17, 34, 51)"
    widget.open()
    header = widget.frame.locator("header")
    expect(header).to_have_css("background-color", "rgb(17, 34, 51)")
    assert host_style(widget, ".launcher", "backgroundColor") == "rgb(17, 34, 51)"


def test_a_chat_that_goes_on_is_loaded_while_nobody_looks(context, stack, visit):
    widget = visit().open()
    widget.say(QUESTION)
    expect(widget.answers).to_have_count(1)
    widget.frame.get_by_role("button", name=widget.words["close"]).click()
    widget.page.reload()
    expect(widget.answers).to_have_count(1)
    expect(widget.box).to_be_hidden()
    assert widget.page.evaluate("document.activeElement.tagName") == "BODY"


@pytest.mark.parametrize("is_loaded", [True, False])
def test_after_a_logout_nothing_is_left(context, servers, visit, is_loaded):
    widget = visit().open()
    widget.say(QUESTION)
    expect(widget.answers).to_have_count(1)
    [[session]] = servers.query(
        "SELECT id FROM chat_session WHERE last_seq > 0 ORDER BY created_at DESC LIMIT 1"
    )
    if not is_loaded:
        widget.frame.get_by_role("button", name=widget.words["close"]).click()
        widget.page.add_init_script("window.Helpdesk = [['logout']]")
        widget.page.reload()
        widget.launcher.wait_for()
    else:
        widget.page.evaluate("Helpdesk.logout()")
    kept = "Object.keys(localStorage).filter((name) => name.startsWith('helpdesk:'))"
    widget.page.wait_for_function(f"!({kept}).length")
    ended = "SELECT closed_at IS NOT NULL FROM chat_session WHERE id = %s"
    while servers.query(ended, session) != [(True,)]:
        pass
    if not is_loaded:
        widget.open()
    expect(widget.answers).to_have_count(0)
    expect(widget.own).to_have_count(0)


def test_without_storage_it_works_as_long_as_the_page_lives(context, host, visit):
    context.add_init_script(f"if (window === top) {{ {NO_STORAGE} }}")
    widget = visit(host.origin).open()
    widget.say(QUESTION)
    expect(widget.answers).to_have_count(1)
    widget.frame.get_by_role("button", name=widget.words["close"]).click()
    widget.open()
    expect(widget.answers).to_have_count(1)
    assert not widget.problems


def test_in_a_sandbox_without_an_origin_it_says_so_at_once(context, host, stack):
    inner = host.body
    host.body = (
        f"<!doctype html><title>Outer</title><iframe sandbox='allow-scripts' srcdoc='{inner}'>"
    )
    page = context.new_page()
    page.goto(host.origin)
    inside = page.frame_locator("iframe").first
    inside.get_by_role("button", name="Open support chat").click()
    expect(inside.get_by_role("button", name="Try again")).to_be_visible(timeout=5_000)


def test_nobody_but_the_frame_is_given_the_way_to_the_chat(host, visit):
    widget = visit(host.origin)
    widget.page.evaluate(
        """() => {
          window.got = [];
          addEventListener("message", (event) => got.push([event.data, event.ports.length]));
          postMessage({ helpdesk: "ready" }, "*");
          const other = document.createElement("iframe");
          other.srcdoc = "<script>parent.postMessage({ helpdesk: 'ready' }, '*');" +
            "addEventListener('message', (event) => parent.postMessage({ stolen: true }, '*'))</" + "script>";
          document.body.append(other);
        }"""
    )
    widget.open().say(QUESTION)
    expect(widget.answers).to_have_count(1)
    got = widget.page.evaluate("got")
    assert {json.dumps(data) for data, _ports in got} == {'{"helpdesk": "ready"}'}
    assert all(ports == 0 for _data, ports in got)


def test_the_frame_takes_a_port_only_from_the_window_around_it(host, visit):
    """A frame beside it cannot take over the chat by offering a port of its own."""
    widget = visit(host.origin).open()
    widget.page.evaluate(
        """() => {
          const other = document.createElement("iframe");
          other.srcdoc = `<script>
            const channel = new MessageChannel();
            channel.port1.onmessage = ({ data }) => parent.postMessage({ stolen: data }, "*");
            for (const target of [parent.frames[0], parent.frames[1]])
              target?.postMessage({ helpdesk: "port" }, "*", [new MessageChannel().port2]);
          </` + "script>";
          window.stolen = [];
          addEventListener("message", ({ data }) => data.stolen && stolen.push(data));
          document.body.append(other);
        }"""
    )
    widget.say(QUESTION)
    expect(widget.answers).to_have_count(1)
    assert widget.page.evaluate("stolen") == []


# Chromium's cookie_controls_mode: 0 lets other sites' frames have cookies and storage, 1 does not.
@pytest.fixture(params=[0, 1], ids=["third parties allowed", "third parties blocked"])
def strict_profile(
    request: pytest.FixtureRequest, browser: Browser, chromium: str, tmp_path
) -> Iterator[BrowserContext]:
    preferences = {"profile": {"cookie_controls_mode": request.param}}
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(preferences))
    launch = browser.browser_type.launch_persistent_context
    context = launch(tmp_path, executable_path=chromium, args=ARGUMENTS)
    yield context
    context.close()


def test_third_party_storage_makes_no_difference(
    strict_profile, host, visit: Callable[..., Widget], request
):
    blocked = "blocked" in request.node.name
    widget = visit(host.origin, page=strict_profile.new_page())
    widget.open().say(QUESTION)
    expect(widget.answers).to_have_count(1)
    frame = next(frame for frame in widget.page.frames if "/frame/" in frame.url)
    reads = "() => { try { localStorage.length; return true } catch { return false } }"
    assert frame.evaluate(reads) is not blocked
    widget.page.reload()
    expect(widget.answers).to_have_count(1)
    assert not widget.problems


def test_a_page_can_check_what_it_loads(host, stack, servers, visit):
    line = servers.manage("widget_address").strip().replace("KEY", "demo")
    line = re.sub(r'src="https?://[^/]+', f'src="{stack.base_url}', line)
    host.body = re.sub(r"<script async.*?</script>", line, host.body)
    widget = visit(host.origin).open()
    assert not widget.problems
