"""The language of a new entry, and what is said when the text does not look like it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import translation

from apps.knowledge.admin.languages import doubt
from apps.knowledge.models import Faq
from apps.sites.models import Site
from tests.staff import form_data, olga, page, signed_in

pytestmark = pytest.mark.django_db


def chosen(language: str, query: str = "") -> str:
    form = signed_in(olga(), language).get(page("knowledge_faq_add") + query).context["adminform"]
    return str(form.form["language"].value())


@pytest.mark.parametrize(("read_in", "expected"), [("en", "en"), ("zh-hans", "zh-Hans")])
def test_a_new_entry_is_in_the_language_of_who_writes_it(site, read_in, expected):
    assert chosen(read_in) == expected


def test_a_language_that_the_site_does_not_speak_is_not_chosen(site):
    Site.objects.update(languages=["en"])
    assert chosen("zh-hans") == "en"


def test_a_copy_keeps_its_language(site, live):
    assert chosen("zh-hans", f"?copy_of={live.pk}") == "en"


@pytest.mark.parametrize(
    ("language", "text", "is_told"),
    [
        ("en", "多久能送到？两天。", True),
        ("en", "How do I pay with 支付宝?", False),
        ("en", "", False),
        ("zh-Hans", "How long does it take?", True),
        ("zh-Hans", "AirPods 怎么配对？", False),
        ("zh-Hans", "123", False),
    ],
)
def test_texts_that_do_not_look_like_their_language_are_told(language, text, is_told):
    assert bool(doubt(language, [text])) is is_told


def test_it_is_told_on_saving_and_stored_all_the_same(site):
    client = signed_in(olga())
    path = page("knowledge_faq_add")
    sent = form_data(client.get(path)) | {"question": "多久能送到？", "answer": "两天。"}
    answer = client.post(path, sent, follow=True)
    assert "most of it is written in Chinese" in answer.content.decode()
    assert Faq.objects.get().language == "en"


def test_a_move_in_the_list_is_told_in_the_language_of_who_reads_it(site, live):
    path = page("knowledge_faq_changelist")
    chosen = {"action": "back_to_draft", "_selected_action": [live.pk]}
    signed_in(olga(), "en").post(path, chosen)
    with translation.override("zh-hans"):
        assert LogEntry.objects.get().get_change_message() == "已修改状态。"
