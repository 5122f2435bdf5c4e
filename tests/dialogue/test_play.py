"""The engine over one line, with the shop's own index, and the item that comes of it."""

import uuid

import pytest

from apps.chat.items import Stored, check
from apps.dialogue import phrases
from apps.dialogue.play import Said, Standing, play
from apps.engine.commands import WantHuman
from apps.engine.events import Reason, Say
from apps.engine.types import Author, Memory, Mode, Passage, State, TurnState
from apps.knowledge.index import library
from apps.knowledge.jobs import build_index
from apps.knowledge.models import Faq, IndexState
from apps.sites.models import Site

DELIVERY = "How long does delivery take?"
CHINESE = "下单后多久能收到货？"


@pytest.fixture
def shop(db, site):
    """Northbird's entries, searched as a web process searches them."""
    for language, question, answer, more in (
        ("en", DELIVERY, "Two to four days.", {"source_url": "https://shop.example/delivery"}),
        ("en", "How do I return an item?", "Within 30 days.", {}),
        ("en", "How loud is safe?", "Below 80 dB.", {"high_risk": True}),
        ("zh-Hans", CHINESE, "二到四天。", {}),
    ):
        values = {"site": site, "language": language, "status": Faq.Status.LIVE, **more}
        Faq.objects.create(question=question, answer=answer, **values)
    IndexState.objects.create(site=site, wanted=7)
    build_index(site.pk)
    library.refresh()
    return site


@pytest.fixture
def finds(monkeypatch):
    """Puts a search with given confidences in the place of the index."""

    def find(*passages):
        monkeypatch.setattr("apps.dialogue.wiring.search", lambda *_: passages)

    return find


def entry(question):
    return Faq.objects.get(question=question)


def standing(shop, **values):
    known = {"language": "en", "version": 3, "last_seq": 8, "state": State.INIT, "mode": Mode.BOT}
    return Standing(session=uuid.uuid4(), site=shop.pk, **{**known, **values})


def said(text, **more):
    return Said(uuid.uuid4(), text, **more)


def test_an_answer_carries_its_source_and_what_a_replay_needs(shop):
    here, line = standing(shop), said(DELIVERY)
    item = play(here, line).item()
    visitor, bot = item.lines
    assert (visitor.author, visitor.text, visitor.cmid) == (Author.VISITOR, DELIVERY, line.cmid)
    assert (bot.author, bot.text, bot.cmid) == (Author.BOT, "Two to four days.", None)
    source = {
        "id": str(entry(DELIVERY).pk),
        "title": DELIVERY,
        "url": "https://shop.example/delivery",
    }
    assert bot.meta == {"ai": True, "sources": [source]}
    assert visitor.of_turn
    assert bot.of_turn
    assert (item.session, item.version) == (here.session, 3)
    assert (item.state, item.mode, item.steps) == (State.INIT, Mode.BOT, ())
    turn = item.turn
    assert (turn.state, turn.route, turn.language) == (TurnState.DONE, "faq", "en")
    assert turn.sources == [source["id"]]
    assert turn.versions == {"knowledge": 7, "policy": "default"}
    assert (turn.confidence or 0) > 0.9
    check(item)


def test_a_source_without_a_page_has_no_address(shop):
    bot = play(standing(shop), said("How do I return an item?")).item().lines[1]
    assert set(bot.meta["sources"][0]) == {"id", "title"}


def test_no_answer_is_said_honestly_with_a_way_to_a_person(shop, finds):
    finds(Passage("1", "Do you sell bread?", "Yes.", 0.1))
    item = play(standing(shop), said("do you sell bicycles")).item()
    bot = item.lines[1]
    assert bot.text == phrases.say(Say.UNKNOWN, "en")
    assert bot.meta["quick_replies"] == [{"label": "Talk to a person", "text": "Talk to a person"}]
    assert "sources" not in bot.meta
    assert (item.turn.route, item.turn.sources) == ("unknown", [])


def test_near_questions_are_offered_as_buttons_with_a_person_last(shop, finds):
    finds(Passage("1", "One?", "1", 0.6), Passage("2", "Two?", "2", 0.5))
    item = play(standing(shop), said("one or two")).item()
    texts = [reply["text"] for reply in item.lines[1].meta["quick_replies"]]
    assert texts == ["One?", "Two?", "Talk to a person"]
    assert (item.turn.route, item.turn.sources) == ("near", ["1", "2"])
    assert item.turn.confidence == 0.6


def test_a_wish_for_a_person_is_a_handoff_with_a_form(shop):
    played = play(standing(shop), said("talk to a human"))
    item = played.item()
    assert (played.handoff, item.mode, item.state) == (Reason.ASKED, Mode.QUEUED, State.COLLECT)
    assert [(step.came_from, step.to) for step in item.steps] == [(State.INIT, State.COLLECT)]
    form = item.lines[1].meta["form"]
    assert (form["slot"], form["type"], form["label"]) == (
        "contact",
        "contact",
        "How can we reach you?",
    )


def test_a_button_is_taken_at_its_word_whatever_its_text(shop):
    assert play(standing(shop), said(DELIVERY, commands=(WantHuman(),))).handoff is Reason.ASKED


def test_a_high_risk_entry_that_is_not_sure_goes_to_a_person(shop, finds):
    finds(Passage("1", "How loud?", "Below 80 dB.", 0.84, high_risk=True))
    played = play(standing(shop), said("how loud"))
    assert (played.handoff, played.mode) == (Reason.HIGH_RISK, Mode.QUEUED)
    assert "80 dB" not in played.item().lines[1].text


def test_chinese_is_answered_in_chinese_in_an_english_session(shop):
    item = play(standing(shop), said(CHINESE)).item()
    assert item.lines[1].text == "二到四天。"
    assert item.turn.language == "zh-Hans"


def test_a_farewell_ends_and_the_next_line_begins_anew(shop):
    item = play(standing(shop), said("bye")).item()
    assert (item.state, item.turn.route) == (State.END, "smalltalk")
    assert item.lines[1].meta["csat"] is True
    back = play(standing(shop, state=State.END), said(DELIVERY)).item()
    assert back.state is State.INIT
    assert [step.cause for step in back.steps] == ["visitor_returned"]


def test_a_line_to_a_person_is_stored_without_a_reply(shop):
    here = standing(shop, mode=Mode.HUMAN, state=State.HANDOFF)
    item = play(here, said("talk to a human")).item()
    assert [line.author for line in item.lines] == [Author.VISITOR]
    assert (item.turn.route, item.turn.language) == ("human", "en")
    assert (item.mode, item.state) == (Mode.HUMAN, State.HANDOFF)


@pytest.mark.parametrize(
    ("confidence", "route", "told"),
    [(0.99, "faq", None), (0.6, "near", None), (0.1, "queued", True)],
)
def test_while_a_person_is_awaited_the_bot_goes_on(shop, finds, confidence, route, told):
    finds(Passage("1", "One?", "1", confidence))
    queued = standing(shop, mode=Mode.QUEUED, state=State.HANDOFF)
    item = play(queued, said("one")).item()
    assert (item.turn.route, len(item.lines)) == (route, 2)
    assert item.memory == (told and {"told": True})


def test_what_is_remembered_is_written_when_it_changes_only(shop):
    told = standing(shop, mode=Mode.QUEUED, state=State.HANDOFF, memory=Memory(told=True))
    silent, thanks = (play(told, said(text)).item() for text in ("more of it", "thanks"))
    assert (len(silent.lines), silent.memory) == (1, None)
    assert thanks.memory == {}


def test_entries_of_another_site_are_never_found(shop):
    other = Site.objects.create(key="southbird", name="Southbird")
    item = play(standing(other), said(DELIVERY)).item()
    assert (item.turn.route, item.turn.confidence) == ("unknown", None)
    assert item.turn.versions["knowledge"] == 0


@pytest.mark.parametrize(
    "text", [DELIVERY, CHINESE, "talk to a human", "bye", "do you sell bicycles"]
)
def test_a_turn_asks_no_database(shop, django_assert_num_queries, text):
    here = standing(shop)
    with django_assert_num_queries(0):
        play(here, said(text)).item()


def test_the_same_line_over_the_same_session_gives_the_same(shop):
    here, line = standing(shop), said(DELIVERY)
    first, second = play(here, line).item(), play(here, line).item()
    assert [(made.text, made.meta) for made in first.lines] == [
        (made.text, made.meta) for made in second.lines
    ]


@pytest.mark.parametrize(
    ("text", "fields", "like"),
    [
        ("x", None, True),
        ("x", {}, True),
        ("y", None, False),
        ("x ", None, False),
        ("x", {"a": "b"}, False),
    ],
)
def test_a_resend_has_the_same_body(cmid, text, fields, like):
    first = Said(cmid, "x")
    assert first.is_like(Said(cmid, text, fields)) is like
    assert first.is_like(Stored(uuid.uuid4(), 1, cmid, text, fields)) is like


def test_what_is_known_of_a_session_comes_from_its_row(db, make_session):
    session = make_session(
        state="HANDOFF",
        mode="queued",
        version=5,
        last_seq=9,
        memory={"told": True, "of": "another"},
    )
    here = Standing.of(session)
    assert (here.session, here.site, here.language) == (session.id, session.site_id, "en")
    assert (here.version, here.last_seq) == (5, 9)
    assert (here.state, here.mode) == (State.HANDOFF, Mode.QUEUED)
    assert here.memory == Memory(told=True)
