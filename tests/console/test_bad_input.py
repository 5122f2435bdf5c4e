"""What a page of ours never sends, and what must happen when it comes."""

import json
import uuid

import pytest

from apps.chat.threads import in_thread
from apps.handoff.services import claim, resolve
from tests.handoff.talks import asks
from tests.handoff.team import gone, nora, omar, team

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def nora_(transactional_db):
    return await in_thread(nora)


@pytest.fixture
async def console(desks, nora_):
    made = await desks(nora_)
    await made.sit()
    return made


# The same in every worker of a run: tests are named by it.
SOME = str(uuid.UUID(int=7))


@pytest.mark.parametrize(
    "raw",
    [
        "", "nothing", "[]", "17", "null", '{"type":7}', '{"type":"open"}', '{"type":"typing"}',
        '{"type":"open","session":"x"}', '{"type":"hello","proto":1}', '{"type":"older","session":"x"}',
        '{"type":"no such"}', '{"type":"read","session":"' + SOME + '","seq":-1}',
        "[" * 9000,
    ],
)  # fmt: skip
async def test_what_is_no_frame_is_told_and_nothing_else(console, raw):
    await console.write(raw)
    told = await console.until("error")
    assert told["code"] in {"bad_frame", "unknown_type"}
    done = await console.ask("presence", state="away")
    assert done["type"] == "done"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("claim", {}),
        ("claim", {"session": "x"}),
        ("claim", {"session": 7}),
        ("send", {"session": SOME, "text": 7}),
        ("priority", {"session": SOME, "value": 9}),
        ("bulk", {"sessions": [], "verb": "claim"}),
        ("bulk", {"sessions": [SOME], "verb": "erase"}),
        ("settings", {"values": []}),
        ("no such", {}),
    ],
)
async def test_a_command_that_cannot_be_read_is_refused_by_its_cid(console, kind, fields):
    refused = await console.ask(kind, **fields)
    assert refused["type"] == "refused"
    assert refused["code"] in {"bad_frame", "unknown_type"}
    assert refused["detail"]


async def test_a_frame_before_hello_and_a_second_hello_are_errors(desks, nora_):
    console = await desks(nora_)
    await console.connect()
    await console.write(type="presence", cid=str(uuid.uuid4()), state="away")
    assert (await console.until("error"))["code"] == "bad_frame"


async def test_a_page_that_talks_nonsense_is_cut(console):
    for _ in range(20):
        await console.write("nonsense")
    assert await console.closed() == 4400


async def test_a_frame_that_is_too_long_is_cut(console):
    await console.write(json.dumps({"type": "typing", "pad": "x" * 65_536}))
    assert await console.closed() == 1009


async def test_a_reply_may_be_long_and_not_longer(console, nora_, make_session):
    session = await in_thread(make_session)
    ticket = await in_thread(asks, session)
    await in_thread(claim, ticket_id=ticket.pk, operator=nora_)
    said = {"session": session.pk, "seen_seq": 99}
    done = await console.ask("send", **said, text="字" * 10_000, cmid=uuid.uuid4())
    assert done["type"] == "done"
    refused = await console.ask("send", **said, text="x" * 10_001, cmid=uuid.uuid4())
    assert (refused["code"], refused["facts"]) == ("too_long", {"limit": 10_000})
    refused = await console.ask("send", **said, text=" ", cmid=uuid.uuid4())
    assert refused["code"] == "empty"


async def test_what_is_closed_or_taken_is_refused_with_who_won(console, nora_, make_session):
    session = await in_thread(make_session)
    ticket = await in_thread(asks, session)
    other = await in_thread(omar)
    await in_thread(claim, ticket_id=ticket.pk, operator=other)
    refused = await console.ask("claim", session=session.pk)
    assert refused["code"] == "taken"
    assert refused["facts"]["by"] == "Omar"
    assert refused["detail"] == "Omar has taken this chat."
    refused = await console.ask(
        "send", session=session.pk, text="x", cmid=uuid.uuid4(), seen_seq=99
    )
    assert refused["code"] == "not_yours"
    await in_thread(resolve, ticket_id=ticket.pk, operator=other, outcome="answered")
    assert (await console.ask("claim", session=session.pk))["code"] == "closed"


async def test_nothing_is_passed_to_somebody_who_is_not_there(console, nora_, make_session):
    session = await in_thread(make_session)
    ticket = await in_thread(asks, session)
    await in_thread(claim, ticket_id=ticket.pk, operator=nora_)
    away = await in_thread(lambda: gone(omar()))
    nobody = await in_thread(team, "Returns", away)
    refused = await console.ask("transfer", session=session.pk, operator=away.pk)
    assert refused["code"] == "not_available"
    refused = await console.ask("transfer", session=session.pk, team=nobody.pk)
    assert refused["code"] == "nobody"
    assert (await console.ask("transfer", session=session.pk))["code"] == "bad_value"
    refused = await console.ask("transfer", session=session.pk, operator=99_999)
    assert refused["code"] == "not_found"


async def test_the_answer_to_a_command_is_the_same_when_it_comes_again(
    desks, console, nora_, make_session
):
    session = await in_thread(make_session)
    await in_thread(asks, session)
    cid = uuid.uuid4()
    await console.ask("claim", session=session.pk)
    first = await console.ask("resolve", session=session.pk, outcome="answered", cid=cid)
    again = await console.ask("resolve", session=session.pk, outcome="answered", cid=cid)
    assert first == again
    other = await desks(nora_)
    await other.sit()
    assert first == await other.ask("resolve", session=session.pk, outcome="answered", cid=cid)


async def test_settings_keep_what_fits(console, desks, nora_):
    assert (await console.ask("settings", values={"sound": False}))["type"] == "done"
    refused = await console.ask("settings", values={"sound": "loud"})
    assert refused["code"] == "bad_value"
    refused = await console.ask("settings", values={"is_superuser": True})
    assert refused["code"] == "bad_value"
    other = await desks(nora_)
    assert (await other.sit())["settings"]["sound"] is False
