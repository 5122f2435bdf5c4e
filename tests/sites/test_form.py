"""How a site looks and what it asks for, as its form takes it."""

import re
from typing import Any

import pytest

from apps.sites.models import Site
from apps.sites.services import proposed_key
from tests.sites.test_admin import errors, send
from tests.staff import form_data, olga, page, signed_in

pytestmark = pytest.mark.django_db


def test_a_colour_nobody_can_read_is_refused_with_the_nearest_that_can(site):
    client = signed_in(olga())
    answer = send(site, client, accent="#ffd54a", ink="#ffffff")
    [told] = errors(answer)["accent"]
    assert "1.4 to 1" in told
    assert "#947200" in told
    site.refresh_from_db()
    assert site.accent == "#0b6e6e"
    send(site, client, accent="#947200", ink="#ffffff")
    site.refresh_from_db()
    assert site.theme["accent"] == "#947200"


def test_the_ink_that_reads_better_is_taken_by_itself(site):
    send(site, accent="#ffd54a", ink="auto")
    site.refresh_from_db()
    assert site.theme["ink"] == "#000000"


def test_first_questions_come_one_a_line(site):
    send(site, quick_replies_en="  Where is my order? \n\nWhere is my order?\nReturns")
    site.refresh_from_db()
    assert site.quick_replies("en") == ["Where is my order?", "Returns"]


def test_a_port_that_goes_without_saying_is_left_out_of_an_origin(site):
    send(site, allowed_pages="https://a.example:443 http://a.example:80/ https://a.example:8443")
    site.refresh_from_db()
    assert site.allowed_pages == ["https://a.example", "http://a.example", "https://a.example:8443"]


def test_of_the_address_of_a_page_the_origin_is_taken(site):
    send(
        site, allowed_pages="http://localhost:8990/shop\nhttps://a.example?x=1 https://*.b.example/"
    )
    site.refresh_from_db()
    assert site.allowed_pages == [
        "http://localhost:8990", "https://a.example", "https://*.b.example"
    ]  # fmt: skip


def test_an_address_that_is_none_is_still_refused(site):
    assert "allowed_pages" in errors(send(site, allowed_pages="shop.example/page"))


@pytest.mark.parametrize("lines", ["a\nb\nc\nd\ne", "x" * 81])
def test_too_many_or_too_long_first_questions_are_refused(site, lines):
    assert "quick_replies_en" in errors(send(site, quick_replies_en=lines))


def test_agreement_needs_a_notice_in_each_language(site):
    client = signed_in(olga())
    answer = send(site, client, consent="on", privacy_en="We keep chats for 30 days.")
    assert list(errors(answer)) == ["privacy_zh_hans"]
    notices = {"privacy_en": "We keep chats.", "privacy_zh_hans": "我们会保存聊天记录。"}
    send(site, client, consent="on", **notices)
    site.refresh_from_db()
    assert site.consent


def test_a_notice_is_there_in_each_language_or_in_none(site):
    client = signed_in(olga())
    answer = send(site, client, privacy_zh_hans="我们会保存聊天记录。")
    assert list(errors(answer)) == ["privacy_en"]
    send(site, client, languages=["zh-Hans"], default_language="zh-Hans",
         privacy_zh_hans="我们会保存聊天记录。")  # fmt: skip
    site.refresh_from_db()
    assert site.privacy("zh-Hans")


@pytest.mark.parametrize(("field", "value"), [("radius", 25), ("offset_block", 201), ("side", "x")])
def test_what_is_out_of_range_is_refused(site, field, value):
    assert field in errors(send(site, **{field: value}))


def test_the_code_carries_what_the_launcher_needs_before_anything_is_loaded(site):
    Site.objects.update(accent="#ffd54a", side="start", offset_inline=40)
    html = signed_in(olga()).get(page("sites_site_change", site.pk)).content.decode()
    for part in [
        'data-accent="#ffd54a"',
        'data-ink="#000000"',
        'data-side="start"',
        'data-offset="40 20"',
    ]:
        assert part in html


def test_the_preview_may_be_framed_by_staff_pages_only_for_staff(client, site):
    path = f"/w/1/frame/?key={site.key}&preview=1"
    assert client.get(path).status_code == 404
    response = signed_in(olga()).get(path)
    assert response.status_code == 200
    assert "frame-ancestors 'self'" in response["Content-Security-Policy"]


class TestKey:
    def add(self, **values: object) -> Any:
        client = signed_in(olga())
        path = page("sites_site_add")
        data = form_data(client.get(path)) | values
        return client.post(path, {name: value for name, value in data.items() if value is not None})

    @pytest.mark.parametrize(
        ("name", "key"), [("Bean Street Coffee", "bean-street-coffee"), ("豆街咖啡", r"site-\w{4}")]
    )
    def test_is_made_from_the_name(self, name, key):
        assert self.add(name=name, key="", languages=["en"]).status_code == 302
        assert re.fullmatch(key, Site.objects.get().key)

    def test_of_another_site_is_made_different(self, site):
        site.key = "beans"
        site.save()
        assert re.fullmatch(r"beans-\w{4}", proposed_key("Beans"))

    def test_that_cannot_be_is_refused_without_jargon(self):
        response = self.add(name="Beans", key="a b")
        [told] = response.context["adminform"].form.errors["key"]
        assert told.startswith("Only the letters a to z")
        assert not Site.objects.exists()


def test_a_new_site_speaks_both_languages_unless_told():
    response = signed_in(olga()).get(page("sites_site_add"))
    assert response.context["adminform"].form["languages"].value() == ["en", "zh-Hans"]
