"""Files in the widget, from the picker, the clipboard or a folder, to the transcript."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Route, expect

from tests.pictures import PDF, SVG, picture
from tests.widget.conftest import Widget
from tests.widget.scripted import Script

pytestmark = pytest.mark.browser
UPLOAD = re.compile("/api/v1/chat/attachments$")
PHOTO: FilePayload = {
    "name": "photo.png",
    "mimeType": "image/png",
    "buffer": picture(size=(300, 200)),
}
BILL: FilePayload = {"name": "bill.pdf", "mimeType": "application/pdf", "buffer": PDF}
PASTE = """(box) => {
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File(["Hello"], "note.txt", { type: "text/plain" }));
  const pasted = { clipboardData, bubbles: true, cancelable: true };
  return box.dispatchEvent(new ClipboardEvent("paste", pasted));
}"""


def choose(widget: Widget, *found: FilePayload) -> None:
    with widget.page.expect_file_chooser() as chooser:
        widget.frame.get_by_role("button", name=widget.words["attach"]).click()
    chooser.value.set_files(list(found))


def tray(widget: Widget):
    return widget.frame.get_by_role("list", name=widget.words["files"]).get_by_role("listitem")


def test_files_go_up_with_a_line_and_come_back_with_it(visit, tmp_path):
    widget = visit().open()
    send = widget.frame.get_by_role("button", name=widget.words["send"], exact=True)
    choose(widget, PHOTO, BILL)
    expect(tray(widget)).to_have_count(2)
    expect(tray(widget).locator("progress:visible")).to_have_count(0)
    expect(send).to_be_enabled()
    # A text from the clipboard is text; a file on it is a file.
    assert widget.box.evaluate(PASTE) is False
    expect(tray(widget)).to_have_count(3)
    note = tray(widget).filter(has_text="note.txt")
    note.get_by_role("button", name=widget.words["remove"].format(name="note.txt")).press("Enter")
    expect(tray(widget)).to_have_count(2)
    expect(widget.box).to_be_focused()
    widget.say("How long does delivery take?")
    expect(widget.state("sent")).to_have_count(1)
    expect(tray(widget)).to_have_count(0)
    expect(widget.answers).to_contain_text("days")
    widget.page.reload()
    image = widget.own.get_by_role("img", name="photo.png")
    expect(image).to_have_js_property("naturalWidth", 300)
    with widget.page.expect_download() as download:
        widget.own.get_by_role("link", name="bill.pdf").click()
    saved = tmp_path / "bill.pdf"
    download.value.save_as(saved)
    assert (download.value.suggested_filename, Path(saved).read_bytes()) == ("bill.pdf", PDF)
    # A file alone is a line too.
    choose(widget, BILL)
    expect(send).to_be_enabled()
    send.click()
    expect(widget.frame.locator(".notice")).to_contain_text(["The assistant cannot look into it"])
    assert widget.problems == []


def test_what_cannot_be_sent_says_why_and_no_line_leaves_without_it_unnoticed(visit):
    widget = visit().open()
    drawing: FilePayload = {"name": "a.svg", "mimeType": "image/svg+xml", "buffer": SVG}
    film: FilePayload = {"name": "b.png", "mimeType": "image/png", "buffer": bytes(10 * 2**20 + 1)}
    asked = []
    widget.page.on("request", lambda request: asked.append(request.url))
    choose(widget, drawing, film)
    expect(tray(widget).filter(has_text="a.svg")).to_contain_text("Only pictures (PNG, JPEG")
    expect(tray(widget).filter(has_text="b.png")).to_contain_text("It is too large")
    # The larger one was not even begun.
    assert len([url for url in asked if UPLOAD.search(url)]) == 1
    expect(tray(widget).get_by_role("button", name=widget.words["again"])).to_have_count(0)
    widget.say("How long does delivery take?")
    expect(tray(widget).filter(has_text="a.svg")).to_contain_text(widget.words["first"])
    expect(widget.own).to_have_count(0)
    for name in ("a.svg", "b.png"):
        remove = widget.words["remove"].format(name=name)
        tray(widget).get_by_role("button", name=remove).click()
    widget.box.press("Enter")
    expect(widget.state("sent")).to_have_count(1)
    expect(widget.own.locator(".files")).to_have_count(0)


def test_a_refused_line_comes_back_for_editing_with_its_files(visit):
    widget = visit().open()
    send = widget.frame.get_by_role("button", name=widget.words["send"], exact=True)
    choose(widget, PHOTO, BILL)
    expect(tray(widget).locator("progress:visible")).to_have_count(0)
    expect(send).to_be_enabled()
    widget.box.fill("a\x00b")
    widget.box.press("Enter")
    failed = widget.state("failed")
    expect(failed).to_have_count(1)
    expect(tray(widget)).to_have_count(0)
    failed.get_by_role("button", name=widget.words["edit"]).click()
    expect(tray(widget)).to_have_count(2)
    expect(tray(widget).locator("progress:visible")).to_have_count(0)
    widget.box.fill("How long does delivery take?")
    send.click()
    expect(widget.state("sent")).to_have_count(1)
    expect(widget.own.get_by_role("link", name="bill.pdf")).to_have_count(1)
    expect(widget.own.get_by_role("img", name="photo.png")).to_have_count(1)
    assert widget.problems == []


def test_an_upload_that_fails_is_tried_again_and_the_line_waits_for_it(visit):
    widget = visit().open()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    widget.page.route(UPLOAD, hold)
    choose(widget, PHOTO)
    expect(tray(widget).locator("progress")).to_be_visible()
    widget.box.fill("Look at this")
    expect(
        widget.frame.get_by_role("button", name=widget.words["send"], exact=True)
    ).to_be_disabled()
    widget.box.press("Enter")
    expect(widget.own).to_have_count(0)
    held[0].abort()
    expect(tray(widget)).to_contain_text(widget.words["not_up"])
    expect(widget.own).to_have_count(0)
    with widget.page.expect_request(UPLOAD):
        tray(widget).get_by_role("button", name=widget.words["again"]).click()
    # Sent while the file is on its way, the line goes with it.
    widget.box.press("Enter")
    expect(widget.own).to_have_count(0)
    held[1].continue_()
    expect(widget.own.get_by_role("img", name="photo.png")).to_be_visible()
    expect(widget.state("sent")).to_have_count(1)


def test_a_file_of_the_team_is_shown_and_an_old_address_is_made_anew(widget, script: Script):
    told = {"id": "7", "name": "map.png", "type": "image/png", "bytes": 99, "image": True}
    body = PHOTO["buffer"]
    answer = {**told, "url": "/files/new/"}
    widget.page.route("**/files/old/", lambda route: route.fulfill(status=404))
    widget.page.route(
        "**/files/new/", lambda route: route.fulfill(body=body, content_type="image/png")
    )
    widget.page.route(re.compile(r"attachments\?id=7"), lambda route: route.fulfill(json=answer))
    script.say(
        "operator", "Here", name="Mia", meta={"attachments": [{**told, "url": "/files/old/"}]}
    )
    image = widget.frame.locator(".person").get_by_role("img", name="map.png")
    expect(image).to_have_js_property("naturalWidth", 300)
