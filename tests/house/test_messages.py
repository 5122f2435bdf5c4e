"""Every message has its Chinese, and staff who read Chinese meet no English of ours."""

import uuid

import pytest
from babel.messages.catalog import Catalog
from django.utils import timezone
from django.utils.text import capfirst

from apps.chat.items import Line
from apps.engine.types import Author
from apps.handoff.models import Ticket
from apps.handoff.services import leave_message
from apps.knowledge.models import Category, Faq, FaqVariant, IndexState, UnansweredQuestion
from helpdesk import messages
from tests.staff import olga, page, signed_in, texts

# Names of languages in themselves, and what is the same in both.
SAME = {"English", "Webhook"}


@pytest.fixture(scope="module")
def template() -> Catalog:
    return messages.template_catalogue()


class TestCatalogue:
    def test_every_message_is_translated(self, template):
        assert list(messages.problems(template, messages.read())) == []

    def test_the_file_is_as_the_command_would_write_it(self, template):
        written = messages.as_po(messages.merged(template, messages.read()))
        assert messages.PO.read_bytes() == written, "run `make messages`"

    def test_the_compiled_file_is_not_stale(self):
        assert messages.MO.read_bytes() == messages.as_mo(messages.read()), "run `make messages`"

    def test_messages_of_all_kinds_are_found(self, template):
        for message in (
            "Publish",
            "Transcript",
            ("%(count)d ticket marked as done.", "%(count)d tickets marked as done."),
            ("%(entries)s entry in search", "%(entries)s entries in search"),
        ):
            assert template.get(message) is not None, message
        assert template.get("Open", "ticket") is not None


class TestProblems:
    @pytest.mark.parametrize(
        ("translation", "flags", "problem"),
        [
            ("您好，%(name)s", (), None),
            ("", (), "untranslated"),
            ("您好，%(name)s", ("fuzzy",), "fuzzy"),
            ("您好", (), "other placeholders"),
            ("您好，%(Name)s", (), "other placeholders"),
            ("%(name)s，{count}", (), "other placeholders"),
        ],
    )
    def test_are_told(self, translation, flags, problem):
        wanted, known = Catalog(), Catalog()
        wanted.add("Hello %(name)s")
        known.add("Hello %(name)s", translation, flags=flags)
        told = list(messages.problems(wanted, known))
        assert [line.split(":")[0] for line in told] == ([problem] if problem else [])

    def test_a_missing_message_is_told(self):
        wanted = Catalog()
        wanted.add("Hello")
        assert list(messages.problems(wanted, Catalog())) == ["missing: 'Hello'"]

    def test_merging_keeps_translations_and_guesses_none(self):
        wanted, known = Catalog(), Catalog()
        wanted.add("Hello")
        wanted.add("Hello!")
        known.add("Hello", "您好")
        known.add("Gone", "没了")
        found = messages.merged(wanted, known)
        assert {message.id: message.string for message in found if message.id} == {
            "Hello": "您好",
            "Hello!": "",
        }


@pytest.fixture
def shop(site, make_session) -> list[str]:
    """The paths of every admin page of ours over one row of each kind."""
    names = {"name_en": "类", "name_zh_hans": "类"}
    category = Category.objects.create(site=site, slug="lei", **names)
    site.name, site.greeting_en = "店", "您好"
    site.save()
    live = Faq.objects.create(
        site=site, language="zh-Hans", category=category, question="问", answer="答", status="live"
    )
    FaqVariant.objects.create(faq=live, text="问法")
    IndexState.objects.create(site=site, wanted=2, built=1, built_at=timezone.now())
    session = make_session(language="zh-Hans")
    asked = UnansweredQuestion.objects.create(
        turn=uuid.uuid4(),
        session=session.id,
        site=site,
        language="zh-Hans",
        text="问",
        best=live,
        confidence=0.4,
        asked_at=timezone.now(),
    )
    leave_message(
        session_id=session.id,
        line=Line(Author.VISITOR, "留言"),
        notice=Line(Author.SYSTEM, "好的"),
        name="",
        email="",
        phone="1380000",
    )
    rows = {
        "knowledge_faq": live.pk,
        "knowledge_category": category.pk,
        "knowledge_unansweredquestion": asked.pk,
        "sites_site": site.pk,
        "chat_session": session.pk,
        "handoff_ticket": Ticket.objects.get().pk,
    }
    addable = ("knowledge_faq", "knowledge_category", "sites_site", "auth_user", "auth_group")
    lists = [page(f"{name}_changelist") for name in (*rows, "auth_user", "auth_group")]
    changes = [page(f"{name}_change", key) for name, key in rows.items()]
    return [page("index"), *lists, *changes, *(page(f"{name}_add") for name in addable)]


@pytest.mark.django_db
def test_chinese_pages_hold_no_english_of_ours(shop, template):
    english = {
        text
        for message in template
        if message.id
        for one in ([message.id] if isinstance(message.id, str) else message.id)
        for text in (one, capfirst(one))
    } - SAME
    client = signed_in(olga(), "zh-hans")
    for path in shop:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert sorted(english & set(texts(answer.content.decode()))) == [], path
