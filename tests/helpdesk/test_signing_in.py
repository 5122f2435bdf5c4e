"""Wrong passwords: after a few of them whoever sends them has to wait, and nobody else."""

import logging

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from helpdesk import signing_in
from tests.staff import page, texts

pytestmark = pytest.mark.django_db

PASSWORD = "blue sky of may"
HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"


@pytest.fixture(autouse=True)
def _nobody_yet(settings):
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def mei() -> User:
    return User.objects.create_user("mei", password=PASSWORD, is_staff=True)


def attempt(password: str, name: str = "mei", address: str = HOME, language: str = "en"):
    """The answer's status and what the page says; 302 means that it let somebody in."""
    client = Client(headers={"accept-language": language}, REMOTE_ADDR=address)
    answer = client.post(page("login"), {"username": name, "password": password, "next": "/admin/"})
    return answer.status_code, " ".join(texts(answer.content.decode()))


@pytest.mark.parametrize("name", ["mei", "nobody"])
def test_after_some_wrong_ones_the_right_one_waits_too(mei, name):
    for _ in range(signing_in.OF_A_NAME):
        status, said = attempt("wrong", name)
        assert (status, "Try again in" in said) == (200, False)
    status, said = attempt(PASSWORD, name)
    assert status == 200
    assert "Too many wrong attempts. Try again in 1 minute." in said


def test_it_is_told_in_the_readers_language(mei):
    for _ in range(signing_in.OF_A_NAME):
        attempt("wrong")
    assert "错误次数过多，请 1 分钟后再试。" in attempt("wrong", language="zh-hans")[1]


def test_the_owner_comes_in_from_another_address(mei):
    for _ in range(20):
        attempt("wrong")
    assert attempt(PASSWORD, address=ELSEWHERE)[0] == 302
    assert attempt(PASSWORD)[0] == 200


def test_the_right_one_clears_what_was_counted(mei):
    for _ in range(4):
        for _ in range(signing_in.OF_A_NAME - 1):
            attempt("wrong")
        assert attempt(PASSWORD)[0] == 302


def test_an_address_that_tries_many_names_waits_for_all(mei, monkeypatch):
    monkeypatch.setattr(signing_in.addresses, "free", 6)
    for number in range(6):
        attempt("wrong", f"name-{number}")
    assert "Try again in" in attempt(PASSWORD)[1]
    assert attempt(PASSWORD, address=ELSEWHERE)[0] == 302


def test_whoever_comes_in_does_not_use_up_the_address(mei, monkeypatch):
    monkeypatch.setattr(signing_in.addresses, "free", 3)
    for _ in range(9):
        assert attempt(PASSWORD)[0] == 302


def test_refusals_are_not_held_against_an_address(mei, monkeypatch):
    monkeypatch.setattr(signing_in.addresses, "free", signing_in.OF_A_NAME + 2)
    for _ in range(30):
        attempt("wrong")
    User.objects.create_user("li", password=PASSWORD, is_staff=True)
    assert attempt(PASSWORD, "li")[0] == 302


def test_a_proxy_of_ours_is_nobodys_address(mei, settings):
    settings.TRUSTED_PROXIES = settings.TRUSTED_PROXIES
    client = Client(headers={"x-forwarded-for": ELSEWHERE}, REMOTE_ADDR=HOME)
    for _ in range(signing_in.OF_A_NAME):
        attempt("wrong")
    answer = client.post(page("login"), {"username": "mei", "password": PASSWORD})
    # No proxy is trusted: what the header says is a stranger's claim.
    assert answer.status_code == 200


def test_the_log_names_neither_who_nor_what(mei, caplog):
    with caplog.at_level(logging.WARNING, "helpdesk.signing_in"):
        attempt("my-secret-word")
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "sign-in" in said
    assert not [word for word in ("my-secret-word", "mei", HOME) if word in said]
