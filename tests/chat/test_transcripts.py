"""The conversation as a file for the visitor."""

import re
from datetime import UTC, datetime

import pytest

from apps.chat.models import Message
from apps.chat.transcripts import transcript
from apps.engine.types import Author
from apps.handoff.services import note, save_draft
from tests.handoff.team import nora
from tests.staff import HOSTILE

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
LINK = re.compile(r" http://\S+/files/1:\S+/")
RETURN = {"title": "Return it?", "rows": [{"label": "Order", "value": "202611040017"}]}


@pytest.fixture
def talk(make_session):
    def make(language="en"):
        session = make_session(language=language, last_seq=4)
        lines = [
            (Author.VISITOR, "", HOSTILE, {"attachments": [{"id": "1", "name": "photo.png"}]}),
            (Author.BOT, "", "Is it this?\nYes?", {"ai": True, "confirm": RETURN}),
            (Author.SYSTEM, "", "Mia joined.", {}),
            (
                Author.OPERATOR,
                "Mia",
                "Hello",
                {"sources": [{"title": "Help", "url": "https://a.b"}]},
            ),
        ]
        for seq, (author, name, text, meta) in enumerate(lines, 1):
            Message.objects.create(
                session=session,
                seq=seq,
                author=author,
                name=name,
                text=text,
                meta=meta,
                created_at=AT,
            )
        return session

    return make


def test_it_says_who_said_what_and_when_where_the_visitor_is(talk):
    name, text = transcript(talk(), "txt", "Asia/Shanghai")
    assert name.startswith("northbird-")
    head, body = LINK.sub(" LINK", text).split("\n\n", 1)
    assert head.startswith("Northbird: your conversation\nSaved ")
    assert "(Asia/Shanghai)\nThe addresses of files work until " in head
    assert body == (
        f"2026-11-24 07:30  You\n{HOSTILE}\n  [photo.png] LINK\n\n"
        "2026-11-24 07:30  AI assistant\nIs it this?\nYes?\n  Return it?\n  Order: 202611040017\n\n"
        "2026-11-24 07:30  Notice\nMia joined.\n\n"
        "2026-11-24 07:30  Mia\nHello\n  Source: Help https://a.b\n"
    )


def test_as_a_page_it_holds_nothing_that_runs(talk):
    _, page = transcript(talk(), "html", "Europe/Stockholm")
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;" in page
    assert "2026-11-24 00:30" in page


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "x" * 500, "\0"])
def test_a_time_zone_that_is_none_is_the_servers(talk, settings, zone):
    assert "(UTC)" in transcript(talk(), "txt", zone)[1]


def test_it_is_in_the_visitors_language(talk):
    text = transcript(talk("zh-Hans"), "txt", "Asia/Shanghai")[1]
    assert "  我\n" in text
    assert "AI assistant" not in text


@pytest.mark.parametrize("kind", ["txt", "html"])
def test_what_the_team_says_among_itself_is_nowhere_in_it(talk, kind):
    session, who = talk(), nora()
    note(session_id=session.pk, operator=who, text="angry customer")
    save_draft(session_id=session.pk, operator=who, text="not sent yet")
    meta = {"operator": who.pk, "edited": [{"text": "said before", "at": AT.isoformat()}]}
    Message.objects.filter(session=session, author=Author.OPERATOR).update(meta=meta)
    text = transcript(session, kind, "UTC")[1]
    assert all(word not in text for word in ("angry", "not sent yet", "said before"))
