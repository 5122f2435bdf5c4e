"""How models have done lately: on the first page, in the sidebar and in their list."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from apps.llm.health import lately
from apps.llm.services import save_calls
from apps.llm.values import Outcome, Purpose
from tests.llm.rows import attempt, model, provider
from tests.staff import carol, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db
OK, AUTH, LATE = Outcome.OK, Outcome.AUTH, Outcome.DEADLINE


@pytest.fixture
def far():
    return model(provider(), label="Big one")


def asked(of, *outcomes, **values):
    """A call a minute, the last of them a minute ago."""
    now = timezone.now()
    count = len(outcomes)
    save_calls(
        attempts=[
            attempt(of, outcome=outcome, at=now - timedelta(minutes=count - place), **values)
            for place, outcome in enumerate(outcomes)
        ]
    )


@pytest.mark.parametrize(
    ("outcomes", "is_broken"),
    [
        ([OK, OK], False),
        ([AUTH], True),
        ([AUTH, OK], False),
        ([OK, LATE, LATE], False),
        ([*[OK] * 20, LATE, LATE, LATE], True),
        ([LATE, OK, LATE, OK, LATE], True),
        ([AUTH, Outcome.BREAKER, Outcome.CANCELLED], True),
        ([Outcome.CAP, Outcome.QUOTA, Outcome.BUSY, Outcome.NO_TIME], False),
    ],
)
def test_who_has_to_be_looked_after(far, outcomes, is_broken):
    asked(far, *outcomes)
    assert any(one.is_broken for one in lately().values()) is is_broken


def test_only_the_last_hour_counts(far):
    at = timezone.now() - timedelta(minutes=61)
    save_calls(attempts=[attempt(far, outcome=AUTH, at=at) for _ in range(5)])
    assert lately() == {}


def test_counts_from_the_first_failure_on(far):
    asked(far, OK, OK, AUTH, OK, AUTH, AUTH)
    (found,) = lately().values()
    assert (found.answered, found.failed, found.asked_since, found.in_row) == (3, 3, 4, 2)
    assert found.last == AUTH


def test_the_first_page_says_it_with_a_link_to_the_calls(far):
    asked(far, OK, AUTH, AUTH)
    client = signed_in(olga())
    html = client.get(page("index")).content.decode()
    said = " ".join(texts(html))
    assert "“Big one”: 2 of 2 calls failed since" in said
    assert "Key refused" in said
    shown = client.get(page("llm_call_changelist"), {"model": str(far.pk), "ended": "failed"})
    assert f"?model={far.pk}&amp;ended=failed" in html
    assert shown.context["cl"].result_count == 2


def test_those_of_other_purposes_are_found_by_the_link(far):
    row = model(far.provider, "vectors", purpose=Purpose.EMBEDDING)
    asked(row, AUTH)
    client = signed_in(olga())
    shown = client.get(page("llm_call_changelist"), {"model": str(row.pk), "ended": "failed"})
    assert shown.context["cl"].result_count == 1


def test_it_is_for_those_who_may_see_models(far):
    asked(far, AUTH)
    user = carol()
    assert "Key refused" not in signed_in(user).get(page("index")).content.decode()
    user.user_permissions.add(Permission.objects.get(codename="view_model"))
    html = signed_in(user).get(page("index")).content.decode()
    assert "Key refused" in html
    assert page("llm_call_changelist") not in html, "the ledger has a right of its own"


def test_the_sidebar_counts_them(far):
    asked(far, AUTH)
    groups = signed_in(olga()).get(page("index")).context["sidebar_navigation"]
    items = {str(one["title"]): one for group in groups for one in group["items"]}
    assert items["Models"]["badge"] == 1
    icons = [items[name]["icon"] for name in ("Providers", "Models", "Routing", "Ledger rows")]
    assert len(set(icons)) == 4


def test_the_list_of_models_says_what_they_did(far, django_assert_max_num_queries):
    other = model(far.provider, "other")
    asked(far, OK, AUTH)
    client = signed_in(olga())
    said = texts(client.get(page("llm_model_changelist")).content.decode())
    assert "1 answered, 1 failed" in said
    assert any(piece.startswith("Key refused") for piece in said)
    assert "not asked" in said
    for number in range(10):
        asked(model(far.provider, f"m{number}"), OK)
    asked(other, OK)
    with django_assert_max_num_queries(16):
        client.get(page("llm_model_changelist"))


def test_it_is_one_query(far, django_assert_num_queries):
    for number in range(5):
        asked(model(far.provider, f"m{number}"), OK, AUTH)
    with django_assert_num_queries(1):
        assert len(lately()) == 5
