"""A live session with one driver, and two tabs that listen."""

import pytest

from apps.dialogue.driver import Driver
from apps.dialogue.play import Standing
from tests.dialogue.ears import listening


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
