"""What a supervisor is told."""

import tempfile
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.test import Client

from tests.redis_child import RedisChild


@pytest.fixture
def no_database(monkeypatch):
    def refuse():
        raise OperationalError("connection refused: password=s3cret")

    monkeypatch.setattr(connection, "cursor", refuse)


@pytest.fixture
def own_redis(settings):
    """A Redis of the test's own behind the cache, to be killed."""
    with tempfile.TemporaryDirectory(prefix="hd-") as folder:
        child = RedisChild(Path(folder))
        child.start()
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": child.url}}
        yield child
        if child.process:
            child.thaw()
            child.kill()


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_a_living_process_says_so_and_asks_nobody(method, no_database):
    response = getattr(Client(), method)("/healthz")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/plain"
    assert method == "head" or response.content == b"ok\n"


@pytest.mark.django_db
def test_ready_with_both(own_redis):
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (200, {"database": True, "redis": True})


@pytest.mark.django_db
def test_without_redis_it_is_ready_and_tells(own_redis):
    own_redis.kill()
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (200, {"database": True, "redis": False})


@pytest.mark.django_db
def test_with_redis_frozen_it_is_ready_and_tells(own_redis):
    own_redis.freeze()
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (200, {"database": True, "redis": False})


def test_without_the_database_it_is_not_ready_and_gives_no_reason_away(no_database):
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["database"] is False
    assert b"s3cret" not in response.content


def test_neither_answer_is_kept_or_sets_a_cookie(no_database):
    for path in ("/healthz", "/readyz"):
        assert not Client().get(path).cookies
