"""The chat beside the form: over the draft as it stands there, and nothing is stored or run."""

import html
import json
import re

import pytest
from django.core import signing

from apps.chat.models import Message, Session
from apps.dialogue import books
from apps.dialogue.flows import services, trial
from apps.dialogue.models import ActionRun, Flow
from apps.engine.commands import WantBot
from apps.engine.types import Mode, State
from tests.dialogue.flow_rows import return_flow
from tests.dialogue.test_flow_admin import member
from tests.staff import HOSTILE, form_data, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db

ORDER = "202580668968"


@pytest.fixture
def flow(site):
    return return_flow(site, action="python:demo.return_order")


class Chat:
    """Alice's page: what stands in her form, and the talk so far."""

    def __init__(self, client, flow, **changed):
        opened = client.get(page("dialogue_flow_change", flow.pk))
        self.client = client
        self.form = form_data(opened) if "opened_on" in opened.content.decode() else {}
        self.form |= {"try_flow": flow.pk, "try_language": "en", "try_talk": "", **changed}
        self.shown = ""

    def send(self, **sent):
        response = self.client.post(page("dialogue_flow_try"), self.form | sent)
        assert response.status_code == 200
        self.shown = response.content.decode()
        if found := re.search(r'id="try_talk"\s+value="([^"]*)"', self.shown):
            self.form["try_talk"] = html.unescape(found[1])
        return " ".join(texts(self.shown))

    def say(self, text):
        return self.send(try_text=text)

    def press(self, label):
        found = re.findall(r'name="try_button"\s+value="([^"]*)"\s*>([^<]*)<', self.shown)
        value = next(value for value, title in found if html.unescape(title).strip() == label)
        return self.send(try_button=html.unescape(value))

    @property
    def talk(self):
        return trial.Talk.opened(self.form["try_talk"])


@pytest.fixture
def chat(db, flow):
    return Chat(signed_in(olga()), flow)


def slots(talk):
    """What is known in the flow that the talk is in."""
    active = talk.memory.active
    return {name: known.value for name, known in active.slots.items()} if active else {}


def test_a_whole_flow(chat):
    assert "Which order?" in chat.say("I want to return it")
    assert chat.talk.state == State.COLLECT
    assert "Why?" in chat.say(ORDER)
    told = chat.press("Broken")
    assert f"Return {ORDER}?" in told
    assert "Here the action would run: Northbird: arrange a return" in chat.press("Yes")
    assert "It is on its way." in chat.send(try_ended="done")
    assert chat.talk.state == State.END


def test_what_is_shown_as_understood_is_what_was_applied(site):
    """While somebody waits, going back to the bot is a wish of its own."""
    talk = trial.Talk(State.HANDOFF, Mode.QUEUED)
    asked = trial.Asked("Go on with the bot")
    answered = trial.go_on(site, trial.book_with(site, None), talk, asked)
    assert answered.understood == (WantBot(),)
    assert answered.talk.mode is Mode.BOT


def test_nothing_is_stored_and_nothing_is_run(chat):
    chat.say("I want to return it")
    chat.say(ORDER)
    chat.press("Broken")
    chat.press("Yes")
    chat.send(try_ended="done")
    for model in (ActionRun, Session, Message):
        assert not model.objects.exists()
    assert Flow.objects.get().revision == 1


def test_a_failed_action_hands_over(chat):
    chat.say(f"I want to return it, {ORDER}, broken")
    chat.press("Yes")
    assert "handed over to a person" in chat.send(try_ended="failed")


def test_what_is_typed_into_the_form_counts(chat):
    chat.form |= {"slots-0-prompt_en": "Tell me the number!"}
    assert "Tell me the number!" in chat.say("I want to return it")
    assert Flow.objects.get().slots.first().prompt_en == "Which order?"


def test_a_new_flow_is_tried_before_it_is_stored(site):
    client = signed_in(olga())
    data = form_data(client.get(page("dialogue_flow_add"))) | {
        "site": site.pk,
        "key": "gift",
        "name_en": "A gift card",
        "examples_en": "I would like a gift card\nbuy a gift card",
        "done_en": "Here is your gift card.",
        "try_text": "I would like a gift card",
        "try_language": "en",
    }
    shown = client.post(page("dialogue_flow_try"), data).content.decode()
    assert "wants a flow · A gift card · " in " ".join(texts(shown))
    assert not Flow.objects.exists()


def test_a_form_with_errors_is_not_tried(chat):
    chat.form |= {"slots-0-patterns": "(", "name_en": "x" * 101}
    told = chat.say("I want to return it")
    assert "It cannot be tried" in told
    assert "no regular expression" in told
    assert "100" in told


def test_somebody_else_saving_does_not_end_the_trial(chat, flow):
    services.draft_changed(flow=flow)
    assert "Which order?" in chat.say("I want to return it")


def test_the_published_version(chat, flow):
    services.publish(flow=flow, author=None)
    chat.form |= {"slots-0-prompt_en": "Draft?", "try_what": "published"}
    assert "Which order?" in chat.say("I want to return it")


def test_readers_try_what_is_stored(flow):
    reader = Chat(signed_in(member("rita", "view_flow")), flow)
    assert "Which order?" in reader.say("I want to return it")


def test_readers_cannot_send_a_form_of_their_own(site):
    reader = signed_in(member("rita", "view_flow"))
    sent = {"site": site.pk, "key": "x", "try_text": "hello"}
    assert reader.post(page("dialogue_flow_try"), sent).status_code == 403


@pytest.mark.parametrize(
    "talk",
    [
        "",
        "nonsense",
        "eyJhIjoxfQ:1abc:forged",
        signing.dumps(["SOMEWHERE", "bot", {}, "", 0, None], salt=trial.SALT),
        signing.dumps(["CONFIRM", "bot", {}, ""], salt=trial.SALT),
        signing.dumps(7, salt=trial.SALT),
        signing.dumps(["CONFIRM", "bot", {}, "", 2, 0.0], salt="another"),
    ],
    # A signature holds the time, and each worker collects in its own.
    ids=["empty", "nonsense", "forged", "unknown state", "too short", "no list", "other salt"],
)
def test_a_talk_that_is_not_ours_begins_anew(chat, talk):
    assert trial.Talk.opened(talk) == trial.Talk()
    assert chat.send(try_talk=talk, try_text="hello")


@pytest.mark.parametrize(
    "button",
    ["{", "7", "[]", '{"text": 7}', '{"fields": 7}', '{"fields": {"a": {}}}', "[" * 100_000,
     json.dumps({"text": "x" * 5000, "fields": {"flow": "not there"}})],
)  # fmt: skip
def test_a_button_that_is_none(chat, button):
    chat.say("I want to return it")
    chat.say(ORDER)
    before = chat.talk
    chat.send(try_button=button)
    assert (chat.talk.state, slots(chat.talk)) == (before.state, slots(before))
    assert slots(before) == {"order_id": ORDER}


@pytest.mark.parametrize("ended", ["done", "exploded"])
def test_an_end_that_nothing_waits_for(chat, ended):
    chat.say("I want to return it")
    chat.say(ORDER)
    before = chat.talk
    chat.send(try_ended=ended)
    assert (chat.talk.state, slots(chat.talk)) == (before.state, slots(before))
    assert ActionRun.objects.count() == 0


def test_hostile_text_is_only_shown(chat):
    chat.say(HOSTILE)
    assert "<script>alert" not in chat.shown
    assert "&lt;script&gt;" in chat.shown


def test_the_draft_takes_the_place_of_the_published_one(site, flow):
    services.publish(flow=flow, author=None)
    draft = books.load(site.pk).flows[0].model_copy(update={"version": 2})
    book = trial.book_with(site, draft)
    assert book.by_key == {"return_order": draft}
    assert ("return_order", 1) in book.by_version


def test_only_a_post_is_taken(chat):
    assert chat.client.get(page("dialogue_flow_try")).status_code == 405


@pytest.mark.parametrize("key", ["999999", "x", "9" * 30])
def test_a_flow_that_is_not_there(chat, key):
    response = chat.client.post(page("dialogue_flow_try"), {"try_flow": key})
    assert response.status_code == 404


@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "\x00"])
def test_what_no_visitor_could_send_is_told(chat, text):
    button = json.dumps({"text": text})
    assert "characters that cannot be sent" in chat.send(try_button=button)
    field = json.dumps({"text": "x", "fields": {"order_id": text}})
    assert "characters that cannot be sent" in chat.send(try_button=field)
