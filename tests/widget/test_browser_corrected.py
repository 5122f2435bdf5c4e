"""A line that its operator has put right: at once, and when it is read again."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
WRONG, RIGHT = "It costs **5**", "It costs **6**"


def test_a_corrected_line_says_the_new_text_and_that_it_is_one(widget, script):
    frame = widget.frame
    written = script.say("operator", WRONG, name="Nora")
    bubble = frame.locator(f'[data-seq="{written["seq"]}"]')
    expect(bubble).to_contain_text("It costs 5")
    told = "Nora has corrected an answer: It costs 6"
    corrects = {"seq": written["seq"], "text": RIGHT}
    line = script.say("system", told, meta={"corrects": corrects})
    expect(bubble.locator(".bubble")).to_have_text("It costs 6")
    expect(bubble.locator("strong")).to_have_text("6")
    mark = bubble.get_by_text(widget.words["edited"].partition("{")[0])
    expect(mark).to_have_count(1)
    expect(frame.locator("#announcer p").filter(has_text=told)).to_have_count(1)
    # Again: the newest counts, and it is marked once.
    again = {"seq": written["seq"], "text": "It costs 7"}
    script.say("system", "Nora has corrected an answer: It costs 7", meta={"corrects": again})
    expect(bubble.locator(".bubble")).to_have_text("It costs 7")
    expect(mark).to_have_count(1)
    # As the server tells it to who comes later.
    written.update(text="It costs 7", meta={"edited_at": line["at"]})
    widget.page.reload()
    expect(bubble.locator(".bubble")).to_have_text("It costs 7")
    expect(mark).to_have_count(1)
    assert widget.problems == []
