"""What waits in these tests gives up, and says what for."""

import threading

import psycopg
import pytest

from tests.turns.conversations import ask

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def restless(url):
    """Changes a turn all the time."""
    is_over = threading.Event()

    def change():
        with psycopg.connect(url, autocommit=True) as connection:
            while not is_over.is_set():
                connection.execute("UPDATE chat_turn SET route = route")

    thread = threading.Thread(target=change)
    thread.start()
    yield
    is_over.set()
    thread.join()


def test_a_watch_gives_up_though_something_happens_all_the_time(make_session, url, watch, restless):
    ask(make_session())
    with pytest.raises(
        AssertionError, match=r"in 0\.3 s: SELECT %s = 2 \[1\]\n\('pending', 0, 0, 1"
    ):
        watch.until("SELECT %s = 2", 1, seconds=0.3)
