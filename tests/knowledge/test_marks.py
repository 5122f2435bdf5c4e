"""The few marks that an answer may have, as the staff pages show them."""

import pytest
from django.template.loader import render_to_string

from apps.knowledge import marks
from apps.knowledge.jobs import build_index
from apps.knowledge.models import Faq
from apps.knowledge.services import knowledge_changed
from tests.staff import HOSTILE, alice, page, signed_in


@pytest.mark.parametrize(
    ("text", "html", "plain"),
    [
        ("**Free** for `30` days", "<strong>Free</strong> for <code>30</code> days", "Free for 30 days"),
        ("One:\n- a\n* b", "One:<br>• a<br>• b", "One: a b"),
        ("2 ** 3 and a*b*c", "2 ** 3 and a*b*c", "2 ** 3 and a*b*c"),
        ("**a\nb**", "**a<br>b**", "**a b**"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_marks(text, html, plain):
    assert marks.rendered(text) == html
    assert marks.plain(text) == plain


def test_addresses_are_links_that_leave_their_full_stop():
    shown = marks.rendered("See https://shop.example/a?b=1&c=2.")
    assert 'href="https://shop.example/a?b=1&amp;c=2"' in shown
    assert "</a>." in shown
    assert 'rel="noopener noreferrer"' in shown
    assert "href" not in marks.rendered("javascript:alert(1) **x**")


def test_nothing_becomes_html():
    shown = marks.rendered(f"**{HOSTILE}** `{HOSTILE}` https://x.example/{HOSTILE}")
    assert "<script" not in shown
    assert '"quoted"' not in shown


@pytest.mark.parametrize("author", ["bot", "person", "visitor"])
def test_a_transcript_shows_them_but_in_what_visitors_wrote(author):
    """As the chat itself does."""
    line = {"author": author, "text": "It is **free**", "seq": 1}
    html = render_to_string("admin/chat/lines.html", {"lines": [line]})
    assert ("It is <strong>free</strong>" in html) is (author != "visitor")
    assert ("It is **free**" in html) is (author == "visitor")


@pytest.mark.django_db
def test_a_trial_shows_them(live):
    Faq.objects.update(answer="In **Hangzhou**.")
    knowledge_changed(site_ids=[live.site_id])
    build_index(live.site_id)
    sent = {"site": live.site_id, "try_text": "your address"}
    html = signed_in(alice()).post(page("knowledge_faq_try"), sent).content.decode()
    assert "In <strong>Hangzhou</strong>." in html
