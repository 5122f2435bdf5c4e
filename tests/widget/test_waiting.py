"""Waiting for a person over the wire: the place in the queue as it changes, and who types."""

import asyncio
from uuid import UUID

import pytest

from apps.chat import events
from tests.widget.visitor import Visitor, acall, new_cmid

pytestmark = pytest.mark.stack
OPERATOR = """
from django.contrib.auth.models import User
from django.utils import timezone
from apps.handoff.models import Operator, Presence
user = User.objects.create(username="nora", is_staff=True)
Presence.objects.create(
    operator=Operator.objects.create(user=user, name="Nora"),
    seen_at=timezone.now() + timezone.timedelta(hours=1), active_at=timezone.now())
"""
CLAIMED = """
UPDATE handoff_ticket SET operator_id = o.id, claimed_at = now()
FROM handoff_operator o WHERE o.name = 'Nora' AND session_id = %s
"""


@pytest.fixture
def attended(servers):
    servers.manage("shell", "-c", OPERATOR)
    yield
    servers.query("UPDATE handoff_ticket SET operator_id = NULL, status = 'done'")
    servers.query("TRUNCATE handoff_operator CASCADE")
    servers.query("DELETE FROM auth_user WHERE username = 'nora'")


async def waiting(stack):
    visitor = await Visitor(stack.base_url).begin()
    await visitor.connect()
    await visitor.write(type="handoff", cmid=new_cmid())
    while "queue" not in (state := await visitor.until("state", mode="queued")):
        pass
    return visitor, state["queue"]


async def test_the_place_in_the_queue_moves_while_one_waits(stack, servers, attended):
    first, ahead = await waiting(stack)
    second, behind = await waiting(stack)
    assert (behind["open"], behind["attended"]) == (True, True)
    assert behind["position"] == ahead["position"] + 1
    url = f"{stack.base_url}/api/v1/chat/messages?since=99"
    told = (await acall(url, token=second.token))[1]
    assert (told["mode"], told["queue"]) == ("queued", behind)
    servers.query(CLAIMED, first.session)
    moved = await second.until("state", mode="queued")
    assert moved["queue"]["position"] == behind["position"] - 1
    servers.query(
        "UPDATE chat_session SET mode = 'human', version = version + 1 WHERE id = %s", first.session
    )
    while "operator" not in (state := await first.until("state", mode="human")):
        pass
    assert state["operator"] == "Nora"
    for visitor in (first, second):
        await visitor.leave()


async def test_who_types_is_told_to_the_other_side_alone(stack):
    visitor = await Visitor(stack.base_url).begin()
    await visitor.connect()
    session = UUID(visitor.session)
    heard: asyncio.Queue[events.Typing] = asyncio.Queue()
    listening = asyncio.create_task(events.listen(lambda _: None, on_typing=heard.put_nowait))
    while heard.empty():
        # The first may come before the listening has begun.
        await events.publish_typing(events.Typing(session, "operator", "Nora"))
        await asyncio.sleep(0)
    assert await visitor.until("typing") == {"type": "typing", "author": "operator", "name": "Nora"}
    await visitor.write(type="typing")
    while (who := await heard.get()).author == "operator":
        pass
    assert who == events.Typing(session, "visitor")
    await visitor.send("Hello")
    await visitor.until("message", author="bot")
    assert all(
        frame.get("author") != "visitor" for frame in visitor.heard if frame["type"] == "typing"
    )
    listening.cancel()
    await visitor.leave()
