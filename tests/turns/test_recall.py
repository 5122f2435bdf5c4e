"""An answer that a model gave is said again to the same question, and to no other."""

import asyncio
import uuid
from dataclasses import replace
from decimal import Decimal

import pytest
from channels.db import database_sync_to_async as in_database

from apps.chat.models import Message, Turn
from apps.dialogue import answers, ladders
from apps.dialogue.driver import Driver
from apps.dialogue.turns import asking
from apps.dialogue.turns.asking import Asker
from apps.guard import pauses
from apps.knowledge.index import library
from apps.knowledge.jobs import build_index
from apps.knowledge.models import Faq, IndexState
from apps.llm.models import AnswerCount, Call, Mode, Routing
from apps.llm.services import ladder_changed
from tests.llm.rows import price
from tests.turns.conversations import ALL_DONE, reads, turns_of
from tests.turns.shop import ANSWER, NEAR, QUESTION, say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def learned(driver, handle, models, started, watch):
    """A model has answered the first who asked."""
    (row,) = await in_database(models)("good")
    await in_database(price)(row)
    await say(driver, handle, NEAR)
    await drained(started, watch)
    return row


@pytest.fixture(autouse=True)
def _ends_what_it_holds(settings):
    """What is counted is counted after the commit that the tests wait for."""
    settings.TURNS = replace(settings.TURNS, stop_s=5)


async def drained(started, watch):
    async with started.drain(Asker()):
        await in_database(watch.until)(ALL_DONE)


async def states(handle):
    return [state for state, *_ in await turns_of(handle.standing.session)]


async def test_the_next_who_asks_the_same_is_answered_at_once(
    learned, driver, comes, handle, fakellm, site, all_holds
):
    later = await comes()
    await say(driver, later, f"  {NEAR.upper()} ？")
    assert await reads(later.standing.session) == [
        ("visitor", f"  {NEAR.upper()} ？"),
        ("bot", ANSWER),
    ]
    first, again = await in_database(lambda: list(Turn.objects.order_by("created_at")))()
    assert (again.state, again.route, again.sources) == ("done", "model", first.sources)
    assert again.confidence == first.confidence
    story = again.versions["models"]
    assert (story["answered"], story["cache"]) == ("good", {"turn": str(first.pk), "call": 1})
    reply = await in_database(Message.objects.get)(turn=again, author="bot")
    assert reply.meta["sources"][0]["title"] == QUESTION
    assert len(fakellm.calls("good")) == 1
    await driver.recall.close()
    row = await in_database(Call.objects.get)(outcome="cache")
    assert (row.turn, row.session, row.model_id) == (again.pk, later.standing.session, learned.pk)
    assert (row.cost, row.tokens_in, row.tokens_out) == (Decimal(0), 0, 0)
    assert row.sent is None
    count = await in_database(AnswerCount.objects.get)(site=site)
    assert (count.asked, count.hits) == (2, 1)


async def publish(site, question, answer):
    def write():
        Faq.objects.create(
            site=site, language="en", question=question, answer=answer, status="live"
        )
        IndexState.objects.want(site.pk)
        build_index(site.pk)
        library.refresh()

    await in_database(write)()


async def test_other_knowledge_is_another_question(learned, driver, comes, site):
    await publish(site, "Do you repair zips?", "We do.")
    later = await comes()
    await say(driver, later, NEAR)
    assert await states(later) == ["pending"]


async def test_an_entry_that_says_something_else_by_now_is_not_gone_by(
    learned, driver, comes, site
):
    """Numbers of versions come again once a database was restored."""

    def restore():
        Faq.objects.filter(site=site, question=QUESTION).update(answer="Ask us.")
        version = library.of(site.pk).version
        IndexState.objects.want(site.pk)
        build_index(site.pk)
        library.refresh()
        library.of(site.pk).version = version

    await in_database(restore)()
    later = await comes()
    await say(driver, later, NEAR)
    assert await states(later) == ["pending"]


async def test_with_other_models_nobody_hears_those_from_before(learned, driver, comes, models):
    await in_database(models)("unsure")
    later = await comes()
    await say(driver, later, NEAR)
    assert await states(later) == ["pending"]


async def test_another_price_changes_nothing(learned, driver, comes):
    def change():
        price(learned, "1", "1", valid_from="2020-01-02")
        ladder_changed()
        ladders.refresh()

    await in_database(change)()
    later = await comes()
    await say(driver, later, NEAR)
    assert await states(later) == ["done"]


async def test_a_site_that_asks_no_model_says_nothing_of_one(learned, driver, comes, site):
    def switch_off():
        Routing.objects.filter(site=site).update(mode=Mode.OFF)
        ladder_changed()
        ladders.refresh()

    await in_database(switch_off)()
    later = await comes()
    await say(driver, later, NEAR)
    turn = await in_database(Turn.objects.get)(session=later.standing.session)
    assert (turn.state, turn.route) == ("done", "near")


@pytest.mark.parametrize("line", [f"{NEAR}, write to ann.lee@example.com", f"{NEAR} 13800138000"])
async def test_a_line_with_personal_data_is_neither_kept_nor_looked_up(
    line, driver, comes, models, started, watch, monkeypatch, settings
):
    await in_database(models)("good")
    keys: list[str] = []
    monkeypatch.setattr(answers.Answers, "keep", lambda self, key, kept: keys.append(key))
    first = await comes()
    await say(driver, first, line)
    await drained(started, watch)
    assert await states(first) == ["done"]
    assert keys == []
    await driver.recall.flush()
    assert not await in_database(AnswerCount.objects.exists)()


async def test_what_was_made_with_a_chat_is_not_kept(
    driver, comes, models, started, watch, monkeypatch
):
    await in_database(models)("good")
    first, second, third = await comes(), await comes(), await comes()
    await say(driver, first, "Do you sell gift cards?")
    await say(driver, first, NEAR)
    await drained(started, watch)
    await say(driver, second, NEAR)
    assert await states(second) == ["pending"]
    await drained(started, watch)
    await say(driver, third, "Hello!")
    await say(driver, third, NEAR)
    assert await states(third) == ["done", "done"]


async def test_after_a_greeting_it_is_kept(driver, comes, models, started, watch):
    await in_database(models)("good")
    first, second = await comes(), await comes()
    await say(driver, first, "Hello!")
    await say(driver, first, NEAR)
    await drained(started, watch)
    await say(driver, second, NEAR)
    assert await states(second) == ["done"]


async def test_lines_that_were_answered_together_are_not_kept(
    driver, comes, models, started, watch
):
    await in_database(models)("good")
    first, second = await comes(), await comes()
    await say(driver, first, NEAR)
    await say(driver, first, "please")
    await drained(started, watch)
    await say(driver, second, NEAR)
    assert await states(second) == ["pending"]


async def test_a_turn_that_waited_behind_the_same_question_asks_no_model(
    driver, comes, models, started, watch, fakellm, settings, monkeypatch
):
    # This model answers in less than a moment.
    monkeypatch.setattr(asking, "NEW_S", 0)
    await in_database(models)("good")
    settings.TURNS = replace(settings.TURNS, places=1)
    for _ in range(2):
        await say(driver, await comes(), NEAR)
    await drained(started, watch)
    first, again = await in_database(lambda: list(Turn.objects.order_by("created_at")))()
    assert (first.route, again.route) == ("model", "model")
    assert again.versions["models"]["cache"]["turn"] == str(first.pk)
    assert len(fakellm.calls("good")) == 1
    await driver.recall.flush()
    count = await in_database(AnswerCount.objects.get)()
    assert (count.asked, count.hits) == (2, 1)


async def test_a_process_that_has_said_it_needs_no_redis(redis, learned, comes, driver):
    first, second = await comes(), await comes()
    await say(driver, first, NEAR)
    redis.freeze()
    await say(driver, second, NEAR)
    redis.thaw()
    assert await states(first) == await states(second) == ["done"]


async def test_with_redis_frozen_a_model_is_asked_and_nobody_waits(
    redis, learned, comes, monkeypatch
):
    monkeypatch.setattr(pauses, "PAUSE_S", 3_600)
    monkeypatch.setattr(answers, "PATIENCE_S", 0.05)
    fresh = Driver()
    redis.freeze()
    try:
        for _ in range(4):
            later = await comes(fresh)
            async with asyncio.timeout(30):
                await say(fresh, later, NEAR)
            assert await states(later) == ["pending"]
        redis.thaw()
        later = await comes(fresh)
        await say(fresh, later, NEAR)
        assert await states(later) == ["pending"], "it is left alone for a while"
    finally:
        await fresh.close()


async def test_with_redis_gone_a_model_is_asked(redis, learned, comes):
    fresh = Driver()
    redis.kill()
    later = await comes(fresh)
    await say(fresh, later, NEAR)
    assert await states(later) == ["pending"]
    await fresh.close()
    redis.start()


async def test_what_another_release_has_written_is_no_answer(redis, monkeypatch):
    kept = answers.Answers(redis.url)
    await kept._redis.set(answers.KEY.format(key="a"), b'{"reply": 1}')
    assert await kept.get("a") is None
    await kept.close()


async def test_only_the_latest_stay_in_the_process(monkeypatch):
    monkeypatch.setattr(answers, "KEPT", 2)
    kept = answers.Answers(None)
    for key in "abc":
        kept.keep(key, KEPT)
    assert [bool(await kept.get(key)) for key in "abc"] == [False, True, True]
    await kept.close()


KEPT = answers.Kept(
    reply="Two days.",
    cited={"1": "x"},
    confidence=0.9,
    badge="default",
    model=uuid.uuid4(),
    name="good",
    tier="local",
    served="good",
    turn=uuid.uuid4(),
    call=1,
    prompt="turn-1",
)


async def test_within_a_chat_what_points_back_is_not_answered_from_the_cache(
    driver, comes, models, started, watch
):
    await in_database(models)("good")
    line = "what does it take in the mountains"
    first, second, third = await comes(), await comes(), await comes()
    await say(driver, first, line)
    await drained(started, watch)
    assert (await in_database(Turn.objects.get)()).route == "model"
    await say(driver, second, "Do you sell gift cards?")
    await say(driver, second, line)
    assert await states(second) == ["done", "pending"]
    await say(driver, third, line)
    assert await states(third) == ["done"], "as a first line it says what it said before"
    await driver.recall.flush()
    count = await in_database(AnswerCount.objects.get)()
    assert (count.asked, count.hits) == (2, 1), "the second was not sought"
