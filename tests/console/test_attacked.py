"""What a console with too much, or from another site, is told."""

import uuid

import pytest

from apps.chat.threads import in_thread
from apps.handoff.services import claim, resolve, transfer
from apps.sites.models import Site
from tests.handoff.talks import asks, say
from tests.handoff.team import nora, omar

pytestmark = pytest.mark.django_db(transaction=True)


async def test_another_version_is_told_and_sent_away(desks):
    console = await desks(await in_thread(nora))
    assert await console.connect()
    await console.write(type="hello", proto=2)
    assert await console.closed() == 4400
    assert [frame["code"] for frame in console.heard] == ["bad_frame"]


async def test_what_is_too_long_is_told_with_its_limit(desks, make_session):
    nora_ = await in_thread(nora)
    session = await in_thread(make_session)
    ticket = await in_thread(asks, session)
    await in_thread(claim, ticket_id=ticket.pk, operator=nora_)
    console = await desks(nora_)
    await console.sit()

    async def refused(kind, **fields):
        told = await console.ask(kind, **fields)
        assert told["type"] == "refused", told
        return told["code"], told["facts"].get("limit")

    on = {"session": session.pk}
    assert await refused("search", query="x" * 201) == ("too_long", 200)
    assert await refused("return", **on, instruction="x" * 1001) == ("too_long", 1000)
    assert await refused("edit_slot", **on, slot="order_id", value="x" * 501) == ("too_long", 500)
    assert await refused("search", query="a\0b") == ("bad_text", None)
    files = [str(uuid.uuid4()) for _ in range(11)]
    said = {**on, "text": "Look", "cmid": uuid.uuid4(), "seen_seq": 99, "attachments": files}
    assert await refused("send", **said) == ("too_long", 10)


async def test_nobody_shows_signs_in_a_session_of_another_site(desks, make_session):
    nora_, omar_ = await in_thread(nora), await in_thread(omar)
    session = await in_thread(make_session)
    await in_thread(asks, session)
    other = await in_thread(Site.objects.create, key="second", name="Second")
    await in_thread(omar_.sites.add, other)
    hers, his = await desks(nora_), await desks(omar_)
    await hers.sit()
    await his.sit()
    await hers.write(type="open", session=str(session.pk))
    await hers.until("thread")
    await his.write(type="typing", session=str(session.pk))
    await his.write(type="viewing", session=str(session.pk))
    # His frames are done in their order: behind this answer the signs are past.
    await his.ask("search", query="nobody")
    await in_thread(claim, ticket_id=(await in_thread(_ticket, session)), operator=nora_)
    row = await hers.row(session, kind="mine")
    assert row["viewers"] == []
    assert "typing" not in {frame["type"] for frame in hers.heard}


async def test_whoever_walks_too_fast_is_told_what_to_ask_for_again(
    desks, make_session, monkeypatch
):
    monkeypatch.setattr("apps.console.desk.BURST", 1)
    monkeypatch.setattr("apps.console.desk.PER_SECOND", 0.001)
    session = await in_thread(make_session)
    console = await desks(await in_thread(nora))
    await console.sit()
    on = {"session": str(session.pk)}
    await console.write(type="open", **on)
    await console.write(type="open", **on)
    error = await console.until("error")
    assert (error["code"], error["session"]) == ("rate_limited", on["session"])
    assert error["retry_after"] > 0


@pytest.mark.parametrize("way", ["passed on", "resolved"])
async def test_whoever_lost_a_chat_of_another_site_hears_no_more_of_it(desks, make_session, way):
    nora_, omar_ = await in_thread(nora), await in_thread(omar)
    session = await in_thread(make_session)
    ticket = await in_thread(asks, session)
    other = await in_thread(Site.objects.create, key="second", name="Second")
    await in_thread(claim, ticket_id=ticket.pk, operator=omar_)
    await in_thread(omar_.sites.add, other)
    his = await desks(omar_)
    await his.sit()
    on = {"session": str(session.pk)}
    await his.write(type="open", **on)
    await his.until("thread")
    await in_thread(say, session, "still yours")
    assert (await his.until("message"))["message"]["text"] == "still yours"
    if way == "passed on":
        await (await desks(nora_)).sit()
        await in_thread(transfer, ticket_id=ticket.pk, operator=omar_, to_operator=nora_)
    else:
        await in_thread(resolve, ticket_id=ticket.pk, operator=omar_, outcome="answered")
    lost = await his.until("error", **on)
    assert lost["code"] == "not_found"
    heard = len(his.heard)
    await in_thread(say, session, "a secret")
    await his.write(type="older", **on, before=2)
    await his.until("error", **on)
    await his.write(type="open", **on)
    await his.until("error", **on)
    told = {frame["type"] for frame in his.heard[heard:]}
    assert not told & {"message", "older", "thread", "facts", "typing", "delta"}


def _ticket(session):
    return session.tickets.get().pk
