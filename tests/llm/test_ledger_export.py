"""The ledger as a file: what the list shows, in the reader's language, and no formula in it."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.llm.admin import ledger_export
from apps.llm.models import Call
from apps.llm.services import save_calls
from apps.llm.values import Outcome, Purpose, Tier
from apps.sites.models import Site
from tests.llm.rows import LOCAL_URL, attempt, model, price, provider
from tests.staff import carol, olga, page, signed_in

pytestmark = pytest.mark.django_db
LIST = "llm_call_changelist"
SENT = [{"role": "user", "content": "Where is my parcel?"}]


def exported(client, **asked):
    """What a program that opens the file sees, by the names of the columns."""
    path = f"{page(LIST)}export-csv/"
    answer = client.get(path, asked)
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(body, newline="")))


def test_has_every_figure_of_a_row(site):
    far = model(provider("Far"), "big")
    price(far)
    (row,) = save_calls(
        attempts=[attempt(far, site_id=site.pk, sent=SENT, served="big-2", why="not_grounded")]
    )
    (found,) = exported(signed_in(olga()))
    assert found == {
        "time": timezone.localtime(row.at).isoformat(" ", "seconds"),
        "site": "Northbird",
        "session": str(row.session),
        "turn": "",
        "attempt": "1",
        "provider": "Far",
        "model": "big",
        "model that answered": "big-2",
        "tier": "Cloud",
        "used for": "Answers",
        "outcome": "Answered",
        "asked because": "Answer not in the sources",
        "left the house": "Yes",
        "tokens read": "1000",
        "of these from a cache": "0",
        "tokens written": "500",
        "tokens counted by the provider": "Yes",
        "cost": "0.06",
        "currency": "USD",
        "first word, ms": "",
        "whole answer, ms": "0",
    }


def test_is_filtered_as_the_list_is():
    far = model(provider())
    near = model(provider("Near", LOCAL_URL, ""), tier=Tier.LOCAL)
    vectors = model(far.provider, "vectors", purpose=Purpose.EMBEDDING)
    save_calls(
        attempts=[
            attempt(far, sent=SENT),
            attempt(near, outcome=Outcome.DEADLINE),
            attempt(vectors, session=None),
        ]
    )
    client = signed_in(olga())
    for asked in ({}, {"purpose": "all"}, {"tier": "local"}, {"ended": "failed"}, {"left": "yes"}):
        listed = client.get(page(LIST), asked).context["cl"].queryset
        assert len(exported(client, **asked)) == listed.count() > 0
    path = client.get(page(LIST), {"tier": "local"}).context["actions_list"][0]["path"]
    assert path == f"{page(LIST)}export-csv/?tier=local"


def test_has_the_rows_of_all_pages_each_once(monkeypatch):
    """Also where many stand at one moment, across the ends of what is read at once."""
    monkeypatch.setattr(ledger_export, "BATCH", 3)
    far, now = model(provider()), timezone.now()
    moments = [now - timedelta(seconds=second) for second in (0, 1, 1, 1, 1, 1, 2, 3)]
    save_calls(attempts=[attempt(far, at=moment) for moment in moments])
    found = exported(signed_in(olga()))
    listed = [str(row.session) for row in Call.objects.order_by("-at", "-pk")]
    assert [row["session"] for row in found] == listed


def test_no_cell_is_a_formula(site):
    Site.objects.filter(pk=site.pk).update(name="@SUM(1)")
    far = model(provider("=cmd|' /C calc'!A0"), "+1+1")
    save_calls(attempts=[attempt(far, site_id=site.pk, served="\t=1+1", why="-1")])
    (found,) = exported(signed_in(olga()))
    assert not [cell for cell in found.values() if cell.startswith(tuple("=+-@\t＝"))]
    assert found["provider"] == "'=cmd|' /C calc'!A0"


def test_is_in_the_language_of_its_reader():
    save_calls(attempts=[attempt(model(provider()))])
    (found,) = exported(signed_in(olga(), "zh-hans"))
    assert found["档位"] == "云端"


def test_what_left_the_house_is_not_in_it():
    save_calls(attempts=[attempt(model(provider()), sent=SENT)])
    (found,) = exported(signed_in(olga()))
    assert not [cell for cell in found.values() if "parcel" in cell]


def test_is_for_those_who_may_see_the_ledger():
    assert signed_in(carol()).get(f"{page(LIST)}export-csv/").status_code == 403


def test_a_filter_that_is_none_leads_to_the_list():
    answer = signed_in(olga()).get(f"{page(LIST)}export-csv/", {"at__gte": "never"})
    assert answer.headers["location"] == f"{page(LIST)}?e=1"
