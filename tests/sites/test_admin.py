"""The sites admin, and what all pages of the admin share."""

from typing import Any

import pytest
from django.utils import translation

from apps.sites.models import Site
from tests.staff import HOSTILE, alice, carol, form_data, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db

LIST = "sites_site_changelist"
CHANGE = "sites_site_change"
ADD = "sites_site_add"


def send(site: Site, client: Any = None, **changes: object) -> Any:
    client = client or signed_in(olga())
    path = page(CHANGE, site.pk)
    return client.post(
        path, {**form_data(client.get(path)), "languages": site.languages, **changes}
    )


def errors(response: Any) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


class TestForm:
    def test_pages_come_one_a_line_or_with_commas(self, site):
        send(site, allowed_pages="https://Shop.example/, https://*.b.example\nhttp://localhost:*")
        site.refresh_from_db()
        assert site.allowed_pages == [
            "https://shop.example",
            "https://*.b.example",
            "http://localhost:*",
        ]

    def test_each_bad_page_is_named(self, site):
        answer = send(site, allowed_pages="shop.example\nhttps://good.example\nftp://a.example")
        told = " ".join(errors(answer)["allowed_pages"])
        assert "“shop.example”" in told
        assert "“ftp://a.example”" in told
        assert "good.example" not in told

    @pytest.mark.parametrize(
        "page_of", ["https://a.example;script-src *", "https://a.example' *", "javascript:alert(1)"]
    )
    def test_nothing_slips_into_the_policy(self, site, page_of):
        assert "allowed_pages" in errors(send(site, allowed_pages=page_of))

    def test_the_default_language_is_one_of_the_languages(self, site):
        answer = send(site, languages=["zh-Hans"], default_language="en")
        assert errors(answer) == {"default_language": ["Tick this language above as well."]}

    def test_a_site_speaks_at_least_one_language(self, site):
        assert "languages" in errors(send(site, languages=[]))

    def test_a_colour_is_a_colour(self, site):
        assert "accent" in errors(send(site, accent="red;}"))

    def test_the_key_stays(self, site):
        send(site, key="changed")
        site.refresh_from_db()
        assert site.key == "northbird"

    def test_the_code_to_embed(self, site, settings):
        settings.PUBLIC_URL = "https://chat.example"
        html = signed_in(olga()).get(page(CHANGE, site.pk)).content.decode()
        said = "\n".join(texts(html))
        assert 'src="https://chat.example/' in said
        assert '"northbird"' in said
        assert "script-src https://chat.example;" in said
        assert "frame-src https://chat.example;" in said


class TestPages:
    def test_open_for_a_superuser(self, site):
        client = signed_in(olga())
        user = client.session["_auth_user_id"]
        for path in (
            page(LIST),
            page(ADD),
            page(CHANGE, site.pk),
            page("sites_site_delete", site.pk),
            page("auth_user_changelist"),
            page("auth_user_add"),
            page("auth_user_change", user),
            page("auth_user_password_change", user),
            page("auth_group_changelist"),
            page("auth_group_add"),
            page("index"),
            page("password_change"),
        ):
            assert client.get(path).status_code == 200, path

    def test_are_closed_to_others(self, site):
        client = signed_in(alice())
        for name in (LIST, "auth_user_changelist", "auth_group_changelist"):
            assert client.get(page(name)).status_code == 403
            assert f'href="{page(name)}"' not in client.get(page("index")).content.decode()

    def test_show_hostile_text_as_text(self, site):
        Site.objects.update(name=HOSTILE, greeting_en=HOSTILE, key="a-b")
        client = signed_in(olga())
        for path in (page(LIST), page(CHANGE, site.pk), page("sites_site_delete", site.pk)):
            html = client.get(path).content.decode()
            assert "<script>alert" not in html, path
            assert "&lt;script&gt;alert" in html, path


class TestAdminSite:
    def test_login_without_a_goal_lands_on_the_first_page(self, client, django_user_model):
        django_user_model.objects.create_user("olga", password="s3cret pass", is_staff=True)
        answer = client.post(page("login"), {"username": "olga", "password": "s3cret pass"})
        assert answer.status_code == 302
        assert answer["Location"] == page("index")

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_login_speaks_the_browsers_language(self, client, language):
        html = client.get(page("login"), headers={"accept-language": language}).content.decode()
        assert ("欢迎回到" in html) == (language == "zh-hans")

    def test_the_language_can_be_switched_on_every_page(self, client):
        staff = signed_in(carol())
        for path, who in ((page("login"), client), (page("index"), staff)):
            html = who.get(path).content.decode()
            assert 'action="/i18n/setlang/"' in html
            assert 'value="zh-hans"' in html
        staff.post("/i18n/setlang/", {"language": "zh-hans", "next": page("index")})
        assert "概览" in staff.get(page("index")).content.decode()

    def test_the_sidebar_holds_only_what_one_may_see(self):
        said = texts(signed_in(carol()).get(page("index")).content.decode())
        assert "Tickets" in said
        assert "Sessions" in said
        assert "FAQ entries" not in said
        assert "Users" not in said

    def test_nobody_gets_in_without_being_staff(self, client, django_user_model):
        client.force_login(django_user_model.objects.create(username="dave"))
        assert client.get(page("index")).status_code == 302


def test_a_site_is_called_as_the_reader_calls_it(site):
    Site.objects.update(name_zh_hans="北雀")
    assert "北雀" in signed_in(olga(), "zh-hans").get(page(LIST)).content.decode()
    with translation.override("en"):
        assert str(Site.objects.get()) == "Northbird"
