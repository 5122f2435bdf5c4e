"""Staff who read Chinese meet no English: none of ours, of Unfold or of Django's admin."""

from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils.text import capfirst

from helpdesk import messages
from tests.helpdesk import admin_pages
from tests.staff import olga, signed_in, texts

pytestmark = pytest.mark.django_db

# The product's name, languages in themselves, what Chinese says in English, and names of rows,
# which staff choose.
ROLES = {"Operators", "Supervisors", "Editors", "Publishers", "Administrators"}
NAMES = {"Helpdesk", "English", "Webhook", *ROLES}
DJANGO = ("contrib/admin", "contrib/auth", "conf")


def ids(catalogue: Catalog) -> set[str]:
    found = (message.id for message in catalogue if message.id)
    each = {one for id in found for one in ([id] if isinstance(id, str) else id)}
    return {text for one in each for text in (one, capfirst(one)) if not one.isnumeric()}


@pytest.fixture(scope="module")
def english() -> set[str]:
    """Every message that there is, as it would stand on a page."""
    known = ids(messages.template_catalogue())
    for name in DJANGO:
        path = Path(str(files("django"))) / name / "locale/zh_Hans/LC_MESSAGES/django.po"
        with path.open("rb") as file:
            known |= ids(read_po(file, locale="zh_Hans"))
    return {" ".join(one.split()) for one in known if any(c.isalpha() for c in one)} - NAMES


@pytest.fixture
def boss(site, make_session) -> User:
    user = olga()
    admin_pages.fill(site, make_session(language="zh-Hans"), user)
    return user


def left(html: str, english: set[str]) -> list[str]:
    return sorted(english & set(texts(html)))


def test_no_page_of_the_admin_holds_english(boss, english):
    pages = dict(admin_pages.reachable(signed_in(boss, "zh-hans"), boss))
    mixed = {path: left(html, english) for path, html in pages.items()}
    assert {path: found for path, found in mixed.items() if found} == {}
    # Redirects and refusals are few.
    everything = admin_pages.paths(boss)
    assert len(pages) > 0.8 * len(everything), sorted(set(everything) - pages.keys())


@pytest.mark.parametrize("name", ["admin:login", "admin_password_reset", "invitation_accept"])
def test_no_page_before_the_login_does(client, english, name, settings):
    settings.EMAIL_HOST = "mail.example"
    html = client.get(reverse(name), headers={"accept-language": "zh-hans"}).content.decode()
    assert left(html, english) == []
    assert texts(html)


@pytest.mark.parametrize("query", ["s=知识", "s=店&extended=1", "s=没有这个&extended=1"])
def test_the_search_speaks_chinese(boss, english, query):
    html = signed_in(boss, "zh-hans").get(f"{reverse('admin:search')}?{query}").content.decode()
    assert left(html, english) == []
    assert texts(html)


def test_a_login_that_fails_is_told_in_chinese(client, english):
    html = client.post(
        reverse("admin:login"),
        {"username": "x", "password": "y"},
        headers={"accept-language": "zh-hans"},
    ).content.decode()
    assert left(html, english) == []
    assert "用户名" in html


class TestErrorPages:
    """They cannot ask for a language: both stand on them."""

    @pytest.fixture
    def client(self) -> Client:
        return Client(raise_request_exception=False, enforce_csrf_checks=True)

    def both(self, html: str, english: str, chinese: str) -> bool:
        said = texts(html)
        return english in said and chinese in said

    def test_nothing_there(self, client):
        answer = client.get("/nowhere/")
        assert answer.status_code == 404
        said = ("There is nothing at this address.", "这个地址下没有内容。")
        assert self.both(answer.content.decode(), *said)

    def test_not_allowed(self, client):
        client.force_login(User.objects.create(username="carol", is_staff=True))
        answer = client.get(reverse("invite"))
        assert answer.status_code == 403
        said = ("This page is not open to you.", "您没有权限访问这个页面。")
        assert self.both(answer.content.decode(), *said)

    def test_an_old_form(self, client):
        answer = client.post(reverse("admin:login"), {"username": "x"})
        assert answer.status_code == 403
        said = ("This form was open for too long.", "表单停留太久，已失效。")
        assert self.both(answer.content.decode(), *said)

    def test_a_fault_of_ours(self, client, monkeypatch):
        client.force_login(olga())
        monkeypatch.setattr("helpdesk.overview.cards", lambda _request: 1 / 0)
        answer = client.get(reverse("admin:index"))
        assert answer.status_code == 500
        said = ("Something went wrong on our side.", "我们这边出了点问题。")
        assert self.both(answer.content.decode(), *said)
        assert "Traceback" not in answer.content.decode()
