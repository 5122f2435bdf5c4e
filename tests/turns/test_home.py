"""The runner without a model: what the shop knows by now is answered, from a drain of its own."""

import uuid

import pytest

from apps.chat.models import Message, Turn
from tests.stack import Stack
from tests.turns.conversations import ALL_DONE, Watch
from tests.turns.invariants import broken

pytestmark = pytest.mark.stack


def opened(servers: Stack, text: str) -> str:
    """A session of the demo shop whose visitor waits for a model."""
    site, visitor, session, turn = "", str(uuid.uuid4()), str(uuid.uuid4()), str(uuid.uuid4())
    site = str(servers.query("SELECT id FROM sites_site ORDER BY id LIMIT 1")[0][0])
    servers.query(
        "INSERT INTO chat_visitor (id, site_id, locale, page_url, page_title, device, external_id,"
        " name, email, created_at) VALUES (%s, %s, 'en', '', '', '', '', '', '', now())",
        visitor,
        int(site),
    )
    servers.query(
        "INSERT INTO chat_session (id, site_id, visitor_id, language, state, mode, memory, version,"
        " last_seq, read_seq, csat_comment, created_at, updated_at) VALUES"
        " (%s, %s, %s, 'en', 'INIT', 'bot', '{}', 1, 1, 0, '', now(), now())",
        session,
        int(site),
        visitor,
    )
    servers.query(
        "INSERT INTO chat_turn (id, session_id, state, attempt, from_seq, to_seq, route, language,"
        " sources, versions, deadline_at, created_at) VALUES (%s, %s, 'pending', 0, 1, 1, '', 'en',"
        " '[]', '{}', now() + interval '60 s', now())",
        turn,
        session,
    )
    servers.query(
        "INSERT INTO chat_message (id, session_id, seq, author, name, text, meta, turn_id, cmid,"
        " rating_reason, created_at) VALUES (gen_random_uuid(), %s, 1, 'visitor', '', %s, '{}', %s,"
        " gen_random_uuid(), '', now())",
        session,
        text,
        turn,
    )
    return session


def test_a_question_of_the_shop_is_answered_at_home(servers):
    assert Turn._meta.db_table == "chat_turn"
    assert Message._meta.db_table == "chat_message"
    session = opened(servers, "How long does delivery take?")
    watch = Watch(servers.database_url)
    with servers.command("manage.py", "drain") as drain:
        watch.until(ALL_DONE)
        drain.wait_for("answered (attempt 1)")
    watch.close()
    row = servers.query(
        "SELECT t.state, t.route, t.sources <> '[]', t.versions ? 'knowledge', m.text <> ''"
        " FROM chat_turn t JOIN chat_message m ON m.turn_id = t.id AND m.author = 'bot'"
        " WHERE t.session_id = %s",
        session,
    )
    assert row == [("done", "faq", True, True, True)]
    assert broken(servers.database_url) == {}
