"""From a visitor's line to a model's answer: the driver, a drain, the ladder and a server that
speaks OpenAI's protocol, all of them real but the model."""

import asyncio
from dataclasses import replace

import pytest
from channels.db import database_sync_to_async as in_database

from apps.chat.frames import Stop
from apps.chat.models import Message, Turn
from apps.dialogue.play import Standing
from apps.dialogue.turns.asking import Asker
from apps.handoff.models import Ticket
from apps.llm.models import Call, Routing
from apps.llm.values import Tier
from tests.dialogue.ears import listening
from tests.llm.rows import price
from tests.staff import olga, page, signed_in, texts
from tests.turns.conversations import ALL_DONE, lines, reads, turns_of
from tests.turns.shop import ANSWER, FIRST, NEAR, QUESTION, say

pytestmark = pytest.mark.django_db(transaction=True)


async def test_what_is_near_is_answered_by_a_model_that_goes_by_it(
    driver, handle, models, started, watch, fakellm, all_holds
):
    (row,) = await in_database(models)("good")
    await say(driver, handle, NEAR)
    assert await turns_of(handle.standing.session) == [("pending", 0, 1, 1)]
    async with started.drain(Asker()):
        await in_database(watch.until)(ALL_DONE)
    turn = await in_database(Turn.objects.get)()
    assert (turn.state, turn.route) == ("done", "model")
    assert turn.confidence is not None
    assert turn.confidence > 0.7
    reply = await in_database(Message.objects.get)(author="bot")
    assert reply.text == ANSWER
    (source,) = reply.meta["sources"]
    assert source["title"] == QUESTION
    assert turn.sources == [source["id"]]
    story = turn.versions["models"]
    assert (story["answered"], story["tier"], story["handed"]) == ("good", "local", [])
    call = await in_database(Call.objects.get)()
    assert (call.model_id, call.outcome, call.turn) == (row.pk, "ok", turn.pk)
    assert (call.session, call.sent) == (handle.standing.session, None)
    told = fakellm.calls("good")[0]["body"]["messages"][1]["content"]
    assert ANSWER in told
    assert NEAR in told


async def test_what_is_known_here_asks_no_model(driver, handle, models, fakellm, all_holds):
    await in_database(models)("good")
    await say(driver, handle, "Do you sell gift cards?")
    assert [state for state, *_ in await turns_of(handle.standing.session)] == ["done"]
    assert fakellm.calls() == []


async def test_without_a_model_a_line_is_answered_with_what_is_here(driver, handle, all_holds):
    await say(driver, handle, NEAR)
    turn = await in_database(Turn.objects.get)()
    assert (turn.state, turn.route) == ("done", "near")


async def test_the_next_model_is_asked_and_the_reason_stored(
    driver, handle, models, started, watch, all_holds
):
    await in_database(models)("malformed-json", "500")
    (last,) = await in_database(models)("good", tier=Tier.CLOUD)
    await in_database(price)(last)
    await say(driver, handle, NEAR + " ann.lee@example.com")
    async with started.drain(Asker()):
        await in_database(watch.until)(ALL_DONE)
    turn = await in_database(Turn.objects.get)()
    handed = [(one["model"], one["why"]) for one in turn.versions["models"]["handed"]]
    assert handed == [("malformed-json", "bad_output"), ("500", "server_error")]
    calls = await in_database(lambda: list(Call.objects.order_by("attempt")))()
    assert [(call.outcome, call.why) for call in calls] == [
        ("bad_output", ""),
        ("server_error", "bad_output"),
        ("ok", "server_error"),
    ]
    assert calls[2].cost
    left = " ".join(message["content"] for message in calls[2].sent)
    assert NEAR in left
    assert "ann.lee@example.com" not in left, "what left the house was masked"


async def test_a_model_that_knows_nothing_leaves_it_to_the_policy(
    driver, handle, models, started, watch, all_holds
):
    await in_database(models)("unsure", "good")
    await say(driver, handle, "Do fish sleep on trains?")
    async with started.drain(Asker()):
        await in_database(watch.until)(ALL_DONE)
    turn = await in_database(Turn.objects.get)()
    assert (turn.state, turn.route) == ("done", "unknown")
    handed = turn.versions["models"]["handed"]
    assert [(one["model"], one["why"]) for one in handed] == [("unsure", "no_knowledge")]
    assert not await in_database(Ticket.objects.exists)()


async def test_with_every_model_down_a_person_gets_the_question(
    driver, handle, models, started, watch, all_holds
):
    await in_database(models)("500", "drop")
    await say(driver, handle, "Do fish sleep on trains?")
    async with started.drain(Asker()):
        await in_database(watch.until)(ALL_DONE)
    assert [state for state, *_ in await turns_of(handle.standing.session)] == ["fallback"]
    authors = [author for author, _ in await reads(handle.standing.session)]
    assert authors == ["visitor", "system"]
    ticket = await in_database(Ticket.objects.get)()
    assert ticket.reason == Ticket.Reason.MODEL_DOWN
    assert await in_database(Call.objects.count)() == 2


async def test_with_every_model_down_what_is_near_is_offered(
    driver, handle, models, started, watch, all_holds
):
    await in_database(models)("500")
    await say(driver, handle, NEAR)
    async with started.drain(Asker()):
        await in_database(watch.until)(ALL_DONE)
    turn = await in_database(Turn.objects.get)()
    assert (turn.state, turn.route) == ("done", "near")


async def test_a_growing_answer_is_shown_by_sentences(
    driver, handle, models, started, watch, fakellm, all_holds
):
    await in_database(models)("one-by-one-5ms")
    await say(driver, handle, NEAR)
    async with started.drain(Asker()):
        async with asyncio.timeout(30):
            shown = await started.shown.get()
        await in_database(watch.until)(ALL_DONE)
    assert shown.text == FIRST
    assert shown.attempt == 1_001, "of the turn's first attempt, the first try"


async def test_a_stopped_answer_ends_its_call(
    driver, handle, models, started, watch, fakellm, all_holds
):
    await in_database(models)("hang")
    ears = listening(handle)
    await say(driver, handle, NEAR, ears)
    async with started.drain(Asker()):
        await in_database(watch.until)("SELECT count(*) = 1 FROM chat_turn WHERE state = 'running'")
        while not fakellm.calls("hang"):  # noqa: ASYNC110  # in another process, which tells nobody
            await asyncio.sleep(0)
        await driver.stop(handle, Stop())
    await in_database(watch.until)(ALL_DONE)
    assert [state for state, *_ in await turns_of(handle.standing.session)] == ["cancelled"]
    assert (await in_database(Call.objects.get)()).outcome == "cancelled"


async def test_a_site_with_all_turns_open_answers_with_what_is_here(
    driver, handle, models, settings, make_session
):
    await in_database(models)("good")
    others = [driver.hold(Standing.of(await in_database(make_session)())) for _ in range(3)]
    settings.CHAT = replace(settings.CHAT, open_turns=2)
    for other in (*others, handle):
        await say(driver, other, NEAR)
    states = [
        await in_database(lambda s=one: lines(s)[-1][0])(one.standing.session) for one in others
    ]
    assert states == ["visitor", "visitor", "bot"]


@pytest.mark.parametrize(("own", "lease_s", "seconds"), [(None, 4, 30), (45, 4, 45), (10, 20, 25)])
async def test_a_site_has_its_own_time_for_a_turn(
    own, lease_s, seconds, driver, handle, models, settings
):
    """A lease that was made longer since leaves a lost turn time for a second try."""
    settings.TURNS = replace(settings.TURNS, lease_s=lease_s)
    await in_database(Routing.objects.update)(deadline_s=own)
    await in_database(models)("good")
    await say(driver, handle, NEAR)
    turn = await in_database(Turn.objects.get)()
    assert turn.deadline_at is not None
    assert round((turn.deadline_at - turn.created_at).total_seconds()) == seconds


async def test_the_session_page_says_what_became_of_the_turns(
    driver, handle, models, started, watch, all_holds
):
    await in_database(models)("500")
    await say(driver, handle, "Do fish sleep on trains?")
    async with started.drain(Asker()):
        await in_database(watch.until)(ALL_DONE)

    def read():
        path = page("chat_session_change", handle.standing.session)
        return " ".join(" ".join(texts(signed_in(olga()).get(path).content.decode())).split())

    said = await in_database(read)()
    assert "Passed to a person: error of the server" in said
    assert "Turns: 1 passed to a person" in said
