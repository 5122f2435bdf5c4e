"""What is left of a test neither keeps the tables from being emptied nor fails that."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import psycopg
import pytest
from django.db import connection

from apps.chat import threads
from apps.chat.models import Session, Visitor
from tests.emptying import Leak, empty, empty_database, empty_with
from tests.threads import in_own_thread
from tests.turns.conversations import database_url

pytestmark = pytest.mark.django_db(transaction=True)

BOTH = "SELECT count(*) FROM chat_session JOIN chat_visitor ON true"


@contextmanager
def other():
    with psycopg.connect(database_url(), connect_timeout=30) as made:
        yield made


def is_over(connection):
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")


def rows():
    return (Session.objects.count(), Visitor.objects.count())


def test_a_reader_within_a_transaction_is_not_in_the_way(make_session):
    make_session()
    with other() as reader:
        assert reader.execute(BOTH).fetchone() == (1,)
        connection.ensure_connection()
        empty_with(connection.connection, "chat_visitor")
        assert rows() == (0, 0)
        assert reader.execute(BOTH).fetchone() == (0,)


def test_readers_of_many_tables_and_writers_go_on_meanwhile(make_session):
    """With TRUNCATE these and the emptying fail each other."""
    over = threading.Event()

    def read():
        with other() as reader:
            while not over.is_set():
                reader.execute(BOTH)
                reader.execute("UPDATE chat_visitor SET locale = 'en'")
                reader.execute("UPDATE chat_session SET language = 'en'")
                reader.commit()

    with threads_of(read, read):
        connection.ensure_connection()
        for _ in range(20):
            make_session()
            empty_with(connection.connection, "chat_visitor")
            assert rows() == (0, 0)
        over.set()


@contextmanager
def threads_of(*works):
    """Raises what one of them raises."""
    with ThreadPoolExecutor(len(works)) as pool:
        begun = [pool.submit(work) for work in works]
        yield
        for each in begun:
            each.result()


def test_who_stays_in_a_transaction_is_ended_when_a_test_is_over(make_session):
    make_session()
    with other() as idle:
        idle.execute("SELECT 1 AS left_open")
        connection.ensure_connection()
        with pytest.warns(Leak, match="left_open"):
            empty(connection.connection, ["chat_session"], alone=True, patience_s=0)
        assert rows() == (0, 1)
        is_over(idle)


def test_who_keeps_a_row_is_ended_and_named(make_session):
    make_session()
    with other() as holder:
        holder.execute("SELECT 1 AS kept FROM chat_session FOR UPDATE")
        connection.ensure_connection()
        with pytest.warns(Leak, match="idle in transaction, was ended in: SELECT 1 AS kept"):
            empty(connection.connection, ["chat_session", "chat_visitor"], patience_s=0)
        assert rows() == (0, 0)
        is_over(holder)


def test_what_threads_were_given_is_done_first(make_session):
    come = partial(Visitor.objects.create, site=make_session().site)
    begun = [threads._pool.submit(in_own_thread, come) for _ in range(20)]
    empty_database(None)
    assert rows() == (0, 0)
    assert [each.exception(timeout=0) for each in begun] == [None] * 20
