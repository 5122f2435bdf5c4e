"""A live session with one driver, and two tabs that listen. Nothing is found."""

import pytest

from apps.dialogue.actions import threads
from apps.dialogue.driver import Driver
from apps.dialogue.play import Standing
from apps.knowledge.index import library
from tests.dialogue.ears import listening


@pytest.fixture(autouse=True)
def _knows_nothing(monkeypatch):
    monkeypatch.setattr(library, "_indexes", {})


@pytest.fixture
def nobody_starts(monkeypatch):
    """What a yes sets off is left to the test."""
    monkeypatch.setattr(threads, "_start", lambda key: None)


@pytest.fixture
def language():
    """A test in another one overrides it."""
    return "en"


@pytest.fixture
def session(transactional_db, make_session, language):
    return make_session(language=language)


@pytest.fixture
async def driver():
    driver = Driver()
    yield driver
    await driver.close()


@pytest.fixture
def handle(driver, session):
    return driver.hold(Standing.of(session))


@pytest.fixture
def ann(handle):
    return listening(handle)


@pytest.fixture
def ben(handle):
    """Another tab."""
    return listening(handle)
