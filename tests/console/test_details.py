"""What the bot has collected, in an operator's hands."""

import uuid

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from apps.chat.models import Message
from apps.chat.threads import in_thread
from apps.dialogue import books
from apps.dialogue.flows import services as flows
from apps.dialogue.play import Said
from apps.dialogue.services import take_line
from apps.handoff.models import Mail, Ticket, TicketEvent
from apps.knowledge.models import Faq
from helpdesk.roles import provide_roles
from tests.dialogue.flow_rows import return_flow
from tests.handoff.talks import say
from tests.handoff.team import nora, omar

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def returning(desks, make_session, site, monkeypatch):
    """A visitor in the middle of a return whom Nora has taken over, and her console."""
    monkeypatch.setattr(books, "_books", {})
    await in_thread(lambda: flows.publish(flow=return_flow(site), author=None))
    await in_thread(books.refresh)
    operator = await in_thread(nora)
    console = await desks(operator)
    await console.sit()
    session = await in_thread(make_session)
    await in_thread(say, session, "I want to return an order")
    await console.ask("take_over", session=session.pk)
    return session, console


async def opened(console, session):
    await console.write(type="open", session=str(session.pk))
    return await console.until("thread")


async def test_every_slot_is_shown_with_what_is_missing(returning):
    session, console = returning
    thread = await opened(console, session)
    assert thread["flow"] == "Return an order"
    order, reason = thread["slots"]
    assert (order["name"], order["missing"], order["source"]) == ("order_id", True, "")
    assert (reason["type"], bool(reason["options"])) == ("choice", True)


async def test_a_slot_is_put_right_with_a_line_in_the_history(returning):
    session, console = returning
    await opened(console, session)
    cid = await console.command("edit_slot", session=session.pk, slot="order_id", value="10023")
    # Those of the take-over may come first.
    while not (order := (await console.fact("slots"))[0])["value"]:
        pass
    assert (order["value"], order["source"], order["missing"]) == ("10023", "typed", False)
    [event] = await in_thread(
        lambda: list(TicketEvent.objects.filter(kind="slot_edited").select_related("operator"))
    )
    assert (event.data["now"], event.operator.name) == ("10023", "Nora")
    assert [one["type"] for one in console.heard if one.get("cid") == cid] in (["done"], [])


async def test_a_choice_is_told_in_words_and_as_it_is_chosen(returning):
    session, console = returning
    reason = (await opened(console, session))["slots"][1]
    chosen = reason["options"][0]
    on = {"session": session.pk, "slot": reason["name"]}
    await console.ask("edit_slot", **on, value=chosen["value"])
    told = (await opened(console, session))["slots"][1]
    assert (told["value"], told["raw"]) == (chosen["label"], chosen["value"])


async def test_a_value_that_does_not_fit_is_refused_with_why(returning):
    session, console = returning
    for value in ("", "?", "x" * 400):
        refused = await console.ask("edit_slot", session=session.pk, slot="order_id", value=value)
        assert (refused["code"], bool(refused["detail"])) == ("bad_value", True)
    refused = await console.ask("edit_slot", session=session.pk, slot="no_such", value="1")
    assert refused["code"] == "not_found"


async def test_a_slot_of_a_colleagues_chat_is_theirs(returning, desks):
    session, _ = returning
    other = await desks(await in_thread(omar))
    await other.sit()
    refused = await other.ask("edit_slot", session=session.pk, slot="order_id", value="10023")
    assert refused["code"] == "not_yours"


async def test_what_is_asked_for_with_a_form_is_kept_in_its_slot(returning):
    session, console = returning
    await in_thread(lambda: Ticket.objects.update(email="ana@example.org"))
    assert (await console.ask("ask_slot", session=session.pk, slot="order_id"))["type"] == "done"
    said = await in_thread(lambda: Message.objects.filter(session=session).last())
    assert (said.author, said.meta["form"]["slot"]) == ("operator", "order_id")
    ticket = await in_thread(Ticket.objects.get, session=session)
    assert (ticket.first_response_at is not None, ticket.waiting_since) == (True, None)
    assert await in_thread(Mail.objects.filter(session=session, state="due").exists)
    typed = Said(uuid.uuid4(), "10023", {"order_id": "10023"})
    await in_thread(take_line, session_id=session.pk, said=typed)
    thread = await opened(console, session)
    assert thread["slots"][0]["value"] == "10023"
    assert thread["messages"][-1]["author"] == "visitor"


async def test_a_wrong_answer_becomes_an_entry_once(desks, make_session, site):
    operator = await in_thread(_as_it_ships)
    console = await desks(operator)
    await console.sit()
    session = await in_thread(make_session)
    await in_thread(say, session, "do you ship to the moon")
    assert (await console.ask("take_over", session=session.pk))["type"] == "done"
    said = await in_thread(Message.objects.get, session=session, author="bot")
    thread = await opened(console, session)
    await console.ask(
        "send",
        session=session.pk,
        text="Not yet.",
        cmid=uuid.uuid4(),
        seen_seq=thread["last_seq"],
    )
    first = await console.ask("wrong_answer", session=session.pk, message=said.pk)
    again = await console.ask("wrong_answer", session=session.pk, message=said.pk)
    entry = await in_thread(Faq.objects.get)
    assert first["url"] == again["url"] == f"/admin/knowledge/faq/{entry.pk}/change/"
    assert (entry.question, entry.answer) == ("do you ship to the moon", "Not yet.")
    assert entry.status == "review"
    assert (await in_thread(_page, operator, first["url"])).status_code == 200
    visitors = await in_thread(Message.objects.filter(session=session, author="visitor").first)
    refused = await console.ask("wrong_answer", session=session.pk, message=visitors.pk)
    assert refused["code"] == "not_found"


def _as_it_ships():
    """An operator with what the group that ships may do, and nothing else."""
    operator = nora()
    operator.user.user_permissions.clear()
    [group] = [role.group for role in provide_roles() if role.key == "operator"]
    assert group
    operator.user.groups.set([group])
    return operator


def _page(operator, url):
    client = Client()
    client.force_login(operator.user)
    return client.get(url)


async def test_whoever_may_not_read_entries_is_given_no_address(desks, make_session, site):
    operator = await in_thread(nora)
    right = await in_thread(Permission.objects.get, codename="draft_entry")
    await in_thread(operator.user.user_permissions.add, right)
    console = await desks(operator)
    await console.sit()
    session = await in_thread(make_session)
    await in_thread(say, session, "do you ship to the moon")
    said = await in_thread(Message.objects.get, session=session, author="bot")
    done = await console.ask("wrong_answer", session=session.pk, message=said.pk)
    assert (done["type"], done.get("url")) == ("done", None)
    assert (await in_thread(Faq.objects.get)).status == "draft"
