"""The ledger's pages: how it is narrowed and summed, and the answers that were not said."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.llm.models import Call
from apps.llm.panel import ledger_panel
from apps.llm.services import forget_sessions, save_calls
from apps.llm.values import Outcome, Purpose, Tier
from tests.llm.rows import LOCAL_URL, attempt, model, price, provider
from tests.staff import HOSTILE, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db
LIST, ROW = "llm_call_changelist", "llm_call_change"
SENT = [{"role": "user", "content": "Where is my parcel?"}]


def saved(*attempts):
    return save_calls(attempts=list(attempts))


def test_a_row_shows_the_answer_that_was_not_said():
    why = {"why": "low_confidence", "confidence": 0.62, "threshold": 0.78}
    rejected = {"role": "rejected", "content": f"Within 5 days. {HOSTILE}", **why}
    (row,) = saved(attempt(model(provider("Third")), sent=SENT, rejected=rejected))
    client = signed_in(olga())
    html = client.get(page(ROW, row.pk)).content.decode()
    said = " ".join(texts(html))
    assert "Its answer, which was not said" in said
    assert "Not sure enough · sure to 62%, the site's cut is 78%" in said
    assert "Within 5 days." in said
    assert "<script>alert" not in html
    forget_sessions(sessions=[row.session])
    assert "Within 5 days" not in client.get(page(ROW, row.pk)).content.decode()


def test_an_answer_that_was_not_said_is_kept_with_what_left_only(settings):
    near = model(provider("Near by", LOCAL_URL, ""), tier=Tier.LOCAL)
    far = model(provider("Third"))
    rejected = {"role": "rejected", "content": "x", "why": "weaker"}
    settings.LLM_TEXT_DAYS = 0
    none, nothing = saved(
        attempt(far, sent=SENT, rejected=rejected), attempt(near, sent=SENT, rejected=rejected)
    )
    assert (none.sent, nothing.sent) == ([], None)


def test_embeddings_do_not_bury_the_answers():
    vectors = model(provider("Third"), "vectors", purpose=Purpose.EMBEDDING)
    saved(attempt(model(provider())))
    saved(attempt(vectors, session=None), attempt(vectors, session=None))
    client, answers = signed_in(olga()), Call.objects.exclude(purpose="embedding").count()
    shown = client.get(page(LIST))
    assert shown.context["cl"].result_count == answers
    assert 'href="?purpose=all"' in shown.content.decode()
    for value, count in (("all", answers + 2), ("embedding", 2), ("answer", answers)):
        shown = client.get(page(LIST), {"purpose": value})
        assert shown.context["cl"].result_count == count
        assert "come in batches" not in shown.content.decode()


def test_are_narrowed_by_what_left_the_house_and_how_they_ended(site):
    far = model(provider())
    near = model(provider("Near", LOCAL_URL, ""), tier=Tier.LOCAL)
    vectors = model(far.provider, "vectors", purpose=Purpose.EMBEDDING)
    saved(
        attempt(far, sent=SENT),
        attempt(near, sent=SENT, outcome=Outcome.DEADLINE),
        attempt(far, outcome=Outcome.CAP),
        attempt(near, outcome=Outcome.CACHE),
        attempt(vectors, session=None),
    )
    client = signed_in(olga())

    def count(**asked):
        return client.get(page(LIST), {"purpose": "all", **asked}).context["cl"].result_count

    assert [count(left=value) for value in ("yes", "no", "?")] == [2, 3, 5]
    ends = ("answered", "failed", "cache", "not_asked", "?")
    assert [count(ended=value) for value in ends] == [2, 1, 1, 1, 5]
    assert [count(model=far.pk), count(model="?")] == [2, 5]


def test_a_chat_that_was_answered_from_the_cache_has_no_empty_table():
    (row,) = saved(attempt(model(provider()), outcome=Outcome.CACHE))
    html = ledger_panel(row.session)
    assert "Answered from the cache" in html
    assert "<table" not in html


def test_are_summed_by_day_and_site(site):
    far = model(provider())
    price(far)
    noon = timezone.localtime().replace(hour=12)
    days = (noon, noon, noon - timedelta(days=1))
    saved(*(attempt(far, at=day, site_id=site.pk) for day in days))
    shown = signed_in(olga()).get(page(LIST))
    days = shown.context["days"]
    assert [(row["site__name"], row["calls"], row["cost"]) for row in days] == [
        ("Northbird", 2, "USD 0.12"),
        ("Northbird", 1, "USD 0.06"),
    ]
    assert "the provider did not count them" in shown.content.decode()
