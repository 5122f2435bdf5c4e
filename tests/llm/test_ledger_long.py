"""A ledger of many rows: no page reads all of it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.llm import telling
from apps.llm.admin import ledger
from apps.llm.models import Call, calls
from apps.llm.services import save_calls
from tests.llm.rows import attempt, model, price, provider
from tests.staff import olga, page, signed_in

pytestmark = pytest.mark.django_db
LIST = "llm_call_changelist"


@pytest.fixture
def twelve():
    far = model(provider())
    price(far)
    return save_calls(attempts=[attempt(far) for _ in range(12)])


def test_totals_are_of_the_latest_rows_and_say_so(twelve, monkeypatch):
    monkeypatch.setattr(calls, "MOST_SUMMED", 5)
    monkeypatch.setattr(telling, "MOST_SUMMED", 5)
    (row,) = Call.objects.all().totals()
    assert row["calls"] == 5
    html = signed_in(olga()).get(page(LIST)).content.decode()
    assert "Of the latest 5 calls only" in html


def test_rows_are_counted_no_further_than_needed(twelve, monkeypatch):
    monkeypatch.setattr(ledger, "MOST_COUNTED", 7)
    found = signed_in(olga()).get(page(LIST)).context["cl"]
    assert found.paginator.count == 7


def test_every_statement_over_the_ledger_has_an_end(twelve, monkeypatch):
    """Sums are bounded by the moment of the last row that counts, counts and lists by a limit."""
    monkeypatch.setattr(ledger.CallAdmin, "list_per_page", 5)
    client = signed_in(olga())
    with CaptureQueriesContext(connection) as seen:
        client.get(page(LIST))
    asked = [one["sql"] for one in seen.captured_queries if 'FROM "llm_call"' in one["sql"]]
    assert asked
    assert not [sql for sql in asked if "LIMIT" not in sql and "SUM(" not in sql]


def test_the_texts_are_not_read_for_the_list(twelve):
    with CaptureQueriesContext(connection) as seen:
        signed_in(olga()).get(page(LIST))
    assert not [one for one in seen.captured_queries if '"llm_call"."sent"' in one["sql"]]
