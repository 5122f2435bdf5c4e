"""A flow over a live handle: what its feeds hear, from the first question to the result."""

import asyncio
import uuid
from concurrent.futures import wait
from dataclasses import replace

import pytest
from channels.db import database_sync_to_async as in_database

from apps.chat.frames import Send
from apps.dialogue import phrases
from apps.dialogue.actions import threads
from apps.dialogue.handles import known_slots
from apps.dialogue.models import ActionRun
from apps.dialogue.play import Standing
from apps.engine.events import Say
from tests.dialogue.ears import listening
from tests.dialogue.refunds import ORDER, Counter, acts, opened

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def shop(site, monkeypatch, transactional_db):
    opened(site, monkeypatch)
    shop = Counter()
    acts(monkeypatch, shop)
    return shop


async def send(driver, handle, feed=None, text="", **fields):
    frame = Send(cmid=uuid.uuid4(), text=text, fields=fields or None)
    return await driver.send(handle, frame, feed)


async def up_to_the_card(driver, handle, ann):
    for fields in ({"flow": "refund"}, {"order_id": ORDER}, {"reason": "broken"}):
        await send(driver, handle, ann, **fields)
    return heard(ann, "message")[-1]["meta"]["confirm"]["id"]


async def settled(driver, handle):
    await asyncio.to_thread(wait, tuple(threads.under_way), 30)
    await driver.refresh(handle)


def heard(ears, kind):
    return [frame for frame in ears.frames if frame["type"] == kind]


async def test_each_detail_shows_in_the_state(driver, handle, ann):
    await up_to_the_card(driver, handle, ann)
    states = heard(ann, "state")
    assert [state["state"] for state in states] == ["COLLECT", "COLLECT", "CONFIRM"]
    assert states[-1]["slots"] == known_slots(handle.standing) == [
        {"name": "order_id", "label": "Order number", "value": ORDER, "source": "typed"},
        {"name": "reason", "label": "Reason", "value": "Broken", "source": "typed"},
    ]  # fmt: skip


async def test_a_yes_with_its_proof_runs_and_is_told_to_everyone(driver, handle, ann, shop):
    ben = listening(handle)
    card = await up_to_the_card(driver, handle, ann)
    yes = {"confirm": card, "answer": "yes", "phone_tail": "2567"}
    await send(driver, handle, ann, text="Yes", **yes)
    await settled(driver, handle)
    assert len(shop.calls) == 1
    for ears in (ann, ben):
        actions = [(frame["id"], frame["status"]) for frame in heard(ears, "action")]
        assert actions == [(card, "running"), (card, "done")]
        assert heard(ears, "action")[-1]["text"] == "Refunded."
    assert (handle.standing.state, handle.standing.memory.active) == ("END", None)
    assert heard(ann, "state")[-1]["slots"] == []


async def test_a_yes_that_lacks_its_proof_asks_for_it_first(driver, handle, ann, shop):
    card = await up_to_the_card(driver, handle, ann)
    await send(driver, handle, ann, text="Yes", confirm=card, answer="yes")
    assert not await in_database(ActionRun.objects.exists)()
    line = heard(ann, "message")[-1]
    assert line["text"].startswith(phrases.say(Say.PROOF, "en"))
    assert line["meta"]["form"]["slot"] == "phone_tail"
    await send(driver, handle, ann, phone_tail="2567")
    await settled(driver, handle)
    assert len(shop.calls) == 1


async def test_whom_the_shop_has_signed_proves_nothing_more(driver, handle, ann, session, shop):
    session.visitor.external_id = "mei"
    await in_database(session.visitor.save)()
    handle.standing = replace(handle.standing, is_verified=True)
    card = await up_to_the_card(driver, handle, ann)
    await send(driver, handle, ann, text="Yes", confirm=card, answer="yes")
    await settled(driver, handle)
    assert [call.person for call in shop.calls] == ["mei"]


async def test_two_tabs_that_say_yes_at_once_run_it_once(driver, handle, ann, shop):
    card = await up_to_the_card(driver, handle, ann)
    yes = {"confirm": card, "answer": "yes", "phone_tail": "2567"}
    await asyncio.gather(*(send(driver, handle, ann, text="Yes", **yes) for _ in range(4)))
    await settled(driver, handle)
    assert len(shop.calls) == 1
    assert [f["status"] for f in heard(ann, "action")].count("done") == 1


async def test_who_comes_back_after_half_an_hour_is_asked_whether_to_go_on(
    driver, handle, ann, session
):
    await up_to_the_card(driver, handle, ann)
    moved = handle.standing.moved_at
    assert moved is not None
    handle.standing = replace(handle.standing, moved_at=moved.replace(year=moved.year - 1))
    await send(driver, handle, ann, text="hello")
    assert "Refund" in heard(ann, "message")[-1]["text"]
    offered = heard(ann, "message")[-1]["meta"]["quick_replies"]
    assert [button["label"] for button in offered[:2]] == ["Yes", "No"]


async def test_a_standing_is_as_old_as_its_last_line(driver, handle, session):
    assert handle.standing.snapshot().idle_s == 0.0
    await send(driver, handle, text="hello")
    assert handle.standing.moved_at is not None
    assert 0 <= handle.standing.snapshot().idle_s < 60
    read_anew = await in_database(Standing.of)(session)
    assert read_anew.moved_at is None, "read before the line"
