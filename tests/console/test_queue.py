"""The queue on a console: whole at first, then change by change."""

import pytest

from apps.chat.threads import in_thread
from apps.handoff.services import claim
from tests.handoff.talks import asks, say
from tests.handoff.team import nora, omar

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_console_begins_with_who_is_there_and_the_whole_queue(desks, make_session):
    waiting = await in_thread(make_session)
    ticket = await in_thread(asks, waiting)
    with_bot = await in_thread(make_session)
    await in_thread(say, with_bot, "hello")
    console = await desks(await in_thread(nora))
    welcome = await console.sit()
    assert welcome["me"]["name"] == "Nora"
    assert welcome["me"]["presence"] == "available"
    queue = console.heard[-1]
    rows = {row["id"]: row for row in queue["rows"]}
    assert rows[str(waiting.pk)]["kind"] == "waiting"
    assert rows[str(waiting.pk)]["ticket"] == ticket.pk
    assert rows[str(waiting.pk)]["reason"] == "asked"
    assert rows[str(with_bot.pk)]["kind"] == "bot"
    assert queue["seq"] == 1


async def test_rows_change_without_gaps(desks, make_session):
    nora_, omar_ = await in_thread(nora), await in_thread(omar)
    hers, his = await desks(nora_), await desks(omar_)
    await hers.sit()
    await his.sit()
    session = await in_thread(make_session)
    ticket = await in_thread(asks, session)
    await hers.row(session, kind="waiting")
    await in_thread(claim, ticket_id=ticket.pk, operator=nora_)
    assert (await hers.row(session, kind="mine"))["operator"] == {"id": nora_.pk, "name": "Nora"}
    assert (await his.row(session, kind="other"))["mode"] == "human"
    seqs = [
        frame["seq"]
        for frame in hers.heard
        if "seq" in frame and frame["type"] in {"rows", "queue"}
    ]
    assert seqs == list(range(1, len(seqs) + 1))
