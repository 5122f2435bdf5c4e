"""The rules of axe, all but the triple-A ones, in every state the widget can be in; and a visit
without a mouse."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Literal

import pytest
from playwright.sync_api import FilePayload, Frame, expect

from tests.pictures import PDF, SVG
from tests.widget.asking import EMAIL, REASON, TAIL, ask, confirm
from tests.widget.conftest import LAUNCHER, Widget
from tests.widget.scripted import Script, begin, configure

pytestmark = pytest.mark.browser

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
# The frame of the widget is looked at by itself, and not once more within its page.
RUN = """async ([selector, tag]) => {
  const rules = axe.getRules(tag && [tag])
    .filter(({ tags }) => !tags.some((tag) => /aaa|deprecated/.test(tag)));
  const runOnly = { type: "rule", values: rules.map(({ ruleId }) => ruleId) };
  const options = { runOnly, resultTypes: ["violations"], iframes: false, preload: false };
  const { violations, passes } = await axe.run(selector || document, options);
  const told = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, any }) => `${id} ${target} ${any[0]?.message || ""}`));
  return passes.length || tag ? told : ["nothing was looked at"];
}"""
WIDE, PHONE = (1440, 900), (390, 844)
SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]
# Any picture of ours will do.
PICTURE = "/static/admin/helpdesk.svg"
# Of the rules, those that one scheme may break and the other not.
COLOURS = "cat.color"
WORDS = {
    "en": ("How long does delivery take?", "Two to four days, **always**.", "Mia Lindqvist"),
    "zh-Hans": ("下单后多久能收到货？", "**一般**两到四天。", "林晓梅"),
}


@pytest.fixture(scope="module")
def still(browser) -> Iterator[Callable[..., object]]:
    """Contexts in which nothing moves: a colour half-way faded in is nobody's choice."""
    contexts = []

    def make(width: int, height: int) -> object:
        size = {"width": width, "height": height}
        contexts.append(browser.new_context(viewport=size, reduced_motion="reduce"))
        return contexts[-1]

    yield make
    for context in contexts:
        context.close()


def states(widget: Widget, script: Script) -> Iterator[str]:
    """Takes a conversation through all it can show."""
    yield "open"
    yield from with_answers(widget, script)
    yield from with_flows(widget, script)
    yield from with_people(widget, script)
    yield from with_trouble(widget, script)


def with_answers(widget: Widget, script: Script) -> Iterator[str]:
    frame, words = widget.frame, widget.words
    question, answer, _operator = WORDS[widget.language]
    begin(widget, script, question)
    expect(frame.locator(".dots")).to_be_visible()
    yield "waiting"
    script.delta(answer, 0)
    expect(frame.locator(".streaming .bubble")).to_contain_text("**")
    yield "streaming"
    script.answer(answer)
    widget.answers.locator("summary").click()
    yield "answer and sources"
    widget.answers.get_by_role("button", name=words["not_helpful"]).click()
    widget.answers.get_by_text(words["why_wrong"]).click()
    yield "thumb down"
    yield from with_files(widget, script)
    buttons = [{"label": text, "text": text} for text in (question, words["talk_to_person"])]
    script.say("bot", answer, meta={"ai": True, "quick_replies": buttons})
    expect(frame.locator("#replies")).to_be_visible()
    yield "near questions"


def with_flows(widget: Widget, script: Script) -> Iterator[str]:
    frame, words = widget.frame, widget.words
    question, answer, _operator = WORDS[widget.language]
    options = [{"label": f"{question} {n}", "value": str(n)} for n in range(20)]
    for name, form in {
        "field": {**TAIL, "error": answer},
        "choice": {**REASON, "options": options[:5], "lack": True},
        "list": {**REASON, "options": options, "error": answer},
        "day": {"slot": "day", "type": "date", "label": question},
    }.items():
        ask(script, form, question)
        expect(frame.locator(".ask")).to_have_count(1)
        expect(frame.get_by_label(form["label"])).to_be_visible()
        yield name
    confirm(script, TAIL, EMAIL, text=question)
    expect(frame.get_by_role("button", name=words["yes"])).to_be_visible()
    yield "card"
    frame.locator(".card").get_by_role("button", name=words["no"]).click()
    yield "card that was answered"
    for status in ("running", "done", "failed", "unclear"):
        action = {"id": status, "status": status}
        script.say("bot", answer, meta={"ai": True, "action": action})
        expect(frame.locator(f"[data-state={status}]")).to_be_visible()
        yield status


def with_files(widget: Widget, script: Script) -> Iterator[str]:
    question, _answer, operator = WORDS[widget.language]
    file = {"id": "1", "name": f"{question}.pdf", "bytes": 99, "image": False, "url": "/files/1/"}
    picture = {**file, "id": "2", "name": "a.png", "image": True, "url": PICTURE}
    script.say("operator", "", name=operator, meta={"attachments": [file, picture]})
    expect(widget.frame.locator(".picture img")).to_be_visible()
    with widget.page.expect_file_chooser() as chooser:
        widget.frame.get_by_role("button", name=widget.words["attach"]).click()
    sent: list[FilePayload] = [
        {"name": "bill.pdf", "mimeType": "application/pdf", "buffer": PDF},
        {"name": "bill.svg", "mimeType": "image/svg+xml", "buffer": SVG},
    ]
    chooser.value.set_files(sent)
    expect(widget.frame.locator("#tray .error")).to_have_count(1)
    expect(widget.frame.locator("#tray progress:visible")).to_have_count(0)
    yield "files"
    for name in ("bill.pdf", "bill.svg"):
        away = widget.words["remove"].format(name=name)
        widget.frame.get_by_role("button", name=away).click()


def with_people(widget: Widget, script: Script) -> Iterator[str]:
    frame = widget.frame
    _question, answer, operator = WORDS[widget.language]
    form = {"slot": "contact", "type": "contact", "label": widget.words["form_title"]}
    script.say("bot", answer, meta={"ai": True, "form": form})
    script.tell("state", state="HANDOFF", mode="queued")
    frame.locator(".contact").wait_for()
    yield "queue and form"
    frame.locator(".contact .main").click()
    yield "form errors"
    queue = {"position": 3, "eta_s": 170, "open": True, "attended": True}
    script.tell("state", state="HANDOFF", mode="queued", queue=queue)
    expect(widget.frame.get_by_role("button", name=widget.words["leave"])).to_be_visible()
    yield "place in the queue"
    script.say("system", answer)
    script.tell("state", state="HANDOFF", mode="human", operator=operator)
    said = script.say("operator", f"{answer} `code` https://a.example/b", name=operator)
    expect(frame.locator(".person").last).to_be_visible()
    script.say("system", answer, meta={"corrects": {"seq": said["seq"], "text": answer}})
    expect(frame.locator(".edited")).to_be_visible()
    yield "human"
    script.tell("state", state="INIT", mode="bot")
    script.say("system", answer, meta={"csat": True})
    five = frame.get_by_role("radio", name=f"5 {widget.words['csat_5']}")
    expect(five).to_be_attached()
    yield "satisfaction"
    five.press("Space")
    frame.get_by_role("button", name=widget.words["csat_send"]).click()
    expect(frame.get_by_role("button", name=widget.words["csat_change"])).to_be_visible()
    yield "rated"
    frame.locator("#menu summary").click()
    yield "menu"
    frame.locator("#menu summary").click()


def with_trouble(widget: Widget, script: Script) -> Iterator[str]:
    question, answer, _operator = WORDS[widget.language]
    script.say("visitor", answer * 150, at=datetime.now(UTC) - timedelta(days=1))
    expect(widget.frame.locator(".folded")).to_be_visible()
    yield "long text of another day"
    script.acks = False
    widget.say(question)
    expect(widget.state("sending")).to_have_count(1)
    cmid = script.of_type("send")[-1]["cmid"]
    script.tell("refused", cmid=cmid, code="bad_text", detail=answer)
    expect(widget.state("failed")).to_have_count(1)
    yield "failed"
    script.leave()
    widget.say(question)
    expect(widget.strip).to_be_visible()
    yield "offline"


def axe_in(frame: Frame, selector: str = "", tag: str = "") -> list[str]:
    """What breaks a rule, or one of those with this tag."""
    if not frame.evaluate("() => 'axe' in window"):
        frame.evaluate(AXE)
    return list(frame.evaluate(RUN, [selector, tag]))


def look(widget: Widget, state: str) -> list[str]:
    """What is wrong in both schemes, with where it was seen."""
    [inner] = [frame for frame in widget.page.frames if "/w/1/frame/" in frame.url]
    found = []
    for scheme, tag in zip(SCHEMES, ["", COLOURS], strict=True):
        widget.page.emulate_media(color_scheme=scheme)
        expect(widget.frame.locator("html")).to_have_attribute("data-scheme", scheme)
        found += [f"{state}, {scheme}: {problem}" for problem in axe_in(inner, tag=tag)]
        host = axe_in(widget.page.main_frame, "helpdesk-chat", tag)
        found += [f"{state}, {scheme}, page: {problem}" for problem in host]
    return found


@pytest.mark.parametrize(("language", "size"), [("en", WIDE), ("zh-Hans", PHONE)])
def test_axe_finds_nothing(visit, still, language, size):
    page = still(*size).new_page()
    script = Script(page)
    widget = visit(page=page, language=language)
    problems = [f"closed: {problem}" for problem in axe_in(page.main_frame, "helpdesk-chat")]
    widget.open()
    for state in states(widget, script):
        problems += look(widget, state)
    assert not problems


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_axe_finds_nothing_where_consent_is_asked_for(visit, still, language):
    page = still(*PHONE).new_page()
    configure(page, privacy={"text": "90", "url": "https://a.example/p", "consent": True})
    widget = visit(page=page, language=language)
    widget.launcher.click()
    expect(widget.frame.locator("#consent")).to_be_visible()
    assert not look(widget, "consent")


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_a_visit_without_a_mouse(visit, context, language):
    page = context.new_page()
    script = Script(page)
    widget = visit(page=page, language=language)
    keys, words = page.keyboard, widget.words
    page.get_by_role("button", name=LAUNCHER[language]).focus()
    keys.press("Enter")
    expect(widget.box).to_be_focused()
    keys.type("hello")
    keys.press("Enter")
    expect(widget.state("sent")).to_have_count(1)
    buttons = [{"label": text, "text": text} for text in ("One", "Two")]
    sources = [{"id": "1", "title": "A page"}]
    script.say("bot", "Which?", meta={"sources": sources, "quick_replies": buttons})
    expect(widget.frame.get_by_role("button", name="Two")).to_be_visible()
    expect(widget.box).to_be_focused()
    # From the box backwards: the newest first.
    reached = []
    for _ in range(7):
        keys.press("Shift+Tab")
        reached.append(widget.frame.locator("*:focus").first.evaluate(NAME))
    assert reached == [
        "Two",
        "One",
        words["not_helpful"],
        words["helpful"],
        words["sources"].format(count=1),
        words["conversation"],
        words["talk_to_person"],
    ]
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Enter")
    expect(widget.answers.get_by_text("A page")).to_be_visible()
    for key in ("Tab", "Tab", "Enter"):
        keys.press(key)
    expect(widget.answers.get_by_role("radio").first).to_be_visible()
    keys.press("Tab")
    keys.press("Space")
    expect(widget.answers.get_by_role("radio").first).to_be_checked()
    keys.press("Tab")
    keys.type("because")
    keys.press("Tab")
    keys.press("Enter")
    expect(widget.answers.get_by_role("status")).to_have_text(words["rated"])
    expect(widget.answers.get_by_role("button", name=words["talk_to_person"])).to_be_focused()
    keys.press("Enter")
    expect(widget.box).to_be_focused()
    assert script.of_type("handoff")
    keys.press("Escape")
    expect(page.get_by_role("button", name=LAUNCHER[language])).to_be_focused()


NAME = "(node) => node.ariaLabel || node.textContent.trim()"
