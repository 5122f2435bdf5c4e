"""A bot speaks only what its site speaks."""

import pytest

from apps.engine import turn
from apps.engine.events import Reply
from apps.engine.types import Policy, Snapshot


@pytest.mark.parametrize(
    ("text", "languages", "spoken"),
    [
        ("hello", ("zh-Hans",), "zh-Hans"),
        ("你好", ("en",), "en"),
        ("你好", ("en", "zh-Hans"), "zh-Hans"),
        ("hello", (), "en"),
    ],
)
def test_a_greeting_is_answered_in_a_language_of_the_site(text, languages, spoken):
    session = languages[0] if languages else "en"
    steps = turn.run(
        Snapshot(Policy(answer_at=0.8, offer_at=0.3), language=session, languages=languages), text
    )
    [reply] = [step for step in steps if isinstance(step, Reply)]
    assert reply.language == spoken
