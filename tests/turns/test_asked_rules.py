"""Which models are asked for a line, how sure their answer must be, and when one is counted."""

from dataclasses import replace

import pytest
from channels.db import database_sync_to_async as in_database

from apps.chat.frames import Send
from apps.chat.journal import conninfo
from apps.chat.models import Turn
from apps.dialogue.play import Standing
from apps.dialogue.turns import claims
from apps.dialogue.turns.asking import NEW_S, Asker
from apps.engine.policy import DEFAULT, Condition
from apps.llm.models import Routing
from apps.llm.values import Tier
from tests.dialogue.refunds import opened, refund
from tests.turns.conversations import ALL_DONE, turns_of
from tests.turns.shop import NEAR, say

pytestmark = pytest.mark.django_db(transaction=True)


async def test_what_is_not_as_sure_as_the_site_wants_is_not_said(
    driver, handle, models, started, watch, site, monkeypatch, all_holds
):
    await in_database(models)("good")
    strict = [replace(rule, at=0.999) if rule.when is Condition.SURE else rule for rule in DEFAULT]
    opened(site, monkeypatch, rules=strict)
    await say(driver, handle, NEAR)
    async with started.drain(Asker()):
        await in_database(watch.until)(ALL_DONE, seconds=20)
    turn = await in_database(Turn.objects.get)()
    assert turn.route == "near"
    assert [one["why"] for one in turn.versions["models"]["handed"]] == ["low_confidence"]


async def test_the_last_resort_is_for_lines_of_high_value(
    driver, handle, models, site, monkeypatch, make_session
):
    """Where there is no other model."""
    opened(site, monkeypatch, refund(high_value=True))
    await in_database(Routing.objects.update)(last_resort=True)
    await in_database(models)("good", tier=Tier.LAST_RESORT)
    await say(driver, handle, NEAR)
    assert [state for state, *_ in await turns_of(handle.standing.session)] == ["done"]
    other = driver.hold(Standing.of(await in_database(make_session)()))
    flow = Send(cmid=other.standing.session, text="", fields={"flow": "refund"})
    assert (await driver.send(other, flow, None))["type"] == "ack"
    await say(driver, other, "Do fish sleep on trains?")
    assert [state for state, *_ in await turns_of(other.standing.session)] == ["done", "pending"]


async def test_an_answer_from_the_cache_is_counted_when_it_was_said(
    driver, handle, models, started, watch, make_session
):
    await in_database(models)("good")
    await say(driver, handle, NEAR)
    other = driver.hold(Standing.of(await in_database(make_session)()))
    asker, line = Asker(), claims.Wire(conninfo())
    await say(driver, other, NEAR)
    rows = await line.ask(claims.CLAIM, free=2, held=0)
    first, again = await claims.load(line, [(row[0], row[1]) for row in rows])
    await line.close()
    assert await asker.run(first, lambda *_: None)
    finish = await asker.run(again, lambda *_: None)
    assert "cache" not in finish.versions["models"], "somebody has looked just now"
    late = replace(again, until=again.until - NEW_S)
    for _ in range(3):
        finish = await asker.run(late, lambda *_: None)
    assert finish.versions["models"]["cache"]
    assert not asker._recall._hits
    assert finish.stored
    finish.stored()
    assert list(asker._recall._hits.values()) == [1]
    await asker.close()
