"""The ledger: costs at the price of the day, names that outlive their rows, caps, and its pages."""

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from apps.llm import jobs, tasks
from apps.llm.admin.ledger import session_bounds
from apps.llm.endpoints import Route
from apps.llm.models import AnswerCount, Call, DroppedAnswer, Provider
from apps.llm.panel import SHOWN_CALLS, TurnEnd, ledger_panel
from apps.llm.services import (
    cap_reached,
    count_answers,
    drop_answer,
    forget_sessions,
    save_calls,
    spent,
    spent_today,
)
from apps.llm.values import Outcome, Tier, Usage
from tests.llm.rows import LOCAL_URL, attempt, model, price, provider
from tests.staff import HOSTILE, alice, carol, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db
LIST, ROW = "llm_call_changelist", "llm_call_change"
SENT = [{"role": "user", "content": f"Where is [ORDER]? {HOSTILE}"}]


def saved(*attempts):
    return save_calls(attempts=list(attempts))


class TestCosts:
    def test_are_those_of_the_calls_own_day(self):
        far = model(provider())
        price(far, "1", "2", valid_from=date(2026, 1, 1))
        price(far, "3", "4", valid_from=date(2026, 1, 2), currency="CNY")
        first, second = (datetime(2026, 1, day, 12, tzinfo=UTC) for day in (1, 2))
        rows = saved(attempt(far, at=first), attempt(far, at=second))
        assert [(row.cost, row.currency) for row in rows] == [(2, "USD"), (5, "CNY")]

    def test_free_is_another_thing_than_unknown(self):
        free, unknown = model(provider()), model(provider("Other"))
        price(free, "0", "0")
        rows = saved(attempt(free), attempt(unknown))
        assert [(row.cost, row.currency) for row in rows] == [(0, "USD"), (None, "")]

    def test_are_kept_to_the_last_token(self):
        far = model(provider())
        price(far, "0.00015", "0.0006")
        (row,) = saved(attempt(far, usage=Usage(tokens_in=1, tokens_out=0)))
        row.refresh_from_db()
        assert row.cost == Decimal("0.00000015")


class TestRows:
    def test_are_written_once(self):
        far = model(provider())
        one, other = attempt(far), attempt(far)
        (first,) = saved(one)
        again, second = saved(one, other)
        assert again.pk == first.pk
        assert set(Call.objects.values_list("pk", flat=True)) == {first.pk, second.pk}

    def test_what_left_the_house_is_kept_of_the_cloud_only(self):
        far = model(provider())
        near = model(provider("Near", LOCAL_URL, ""), tier=Tier.LOCAL)
        rows = saved(attempt(far, sent=SENT), attempt(near, sent=SENT), attempt(far))
        assert [row.sent for row in rows] == [SENT, None, None]

    def test_outlive_their_provider_with_its_names(self):
        far = model(provider())
        saved(attempt(far))
        far.provider.delete()
        row = Call.objects.get()
        assert (row.provider, row.model) == (None, None)
        assert (row.provider_name, row.model_name) == ("Far away", "big")

    def test_a_model_that_was_deleted_while_it_was_asked_is_written_down(self):
        far = model(provider())
        late = attempt(far)
        far.provider.delete()
        (row,) = saved(late)
        assert (row.model, row.model_name) == (None, "big")

    def test_many_are_few_queries(self, django_assert_max_num_queries):
        far = model(provider())
        price(far)
        attempts = [attempt(far) for _ in range(50)]
        with django_assert_max_num_queries(5):
            saved(*attempts)


class TestCaps:
    ROUTE = Route(cap_chat=Decimal("0.1"), cap_day=Decimal("1"))

    def test_of_a_chat(self, site):
        far, session = model(provider()), uuid.uuid4()
        price(far)
        saved(attempt(far, session=session, site_id=site.pk))
        assert spent(session=session) == {"USD": Decimal("0.06")}
        assert not cap_reached(session=session, site_id=site.pk, route=self.ROUTE)
        saved(attempt(far, session=session, site_id=site.pk))
        assert cap_reached(session=session, site_id=site.pk, route=self.ROUTE) == "chat"
        assert not cap_reached(session=uuid.uuid4(), site_id=site.pk, route=self.ROUTE)

    def test_of_a_day(self, site):
        far = model(provider())
        price(far, "0.5", "1")
        yesterday = timezone.now() - timedelta(days=1)
        saved(attempt(far, site_id=site.pk, at=yesterday))
        assert spent_today(site_id=site.pk) == {}
        saved(attempt(far, site_id=site.pk))
        assert cap_reached(session=uuid.uuid4(), site_id=site.pk, route=self.ROUTE) == "day"
        assert not cap_reached(session=uuid.uuid4(), site_id=-1, route=self.ROUTE)

    def test_another_currency_does_not_count(self, site):
        far, session = model(provider()), uuid.uuid4()
        price(far, "9", "9", currency="CNY")
        saved(attempt(far, session=session, site_id=site.pk))
        assert not cap_reached(session=session, site_id=site.pk, route=self.ROUTE)


class TestTexts:
    """What left the house is kept for a while; what it cost stays."""

    def test_are_emptied_when_their_time_is_over(self, settings):
        far = model(provider())
        price(far)
        now = timezone.now()
        settings.LLM_TEXT_DAYS = 30
        old, young, none = saved(
            attempt(far, sent=SENT, at=now - timedelta(days=31)),
            attempt(far, sent=SENT, at=now - timedelta(days=29)),
            attempt(far, at=now - timedelta(days=31)),
        )
        tasks.empty_texts()
        for row in (old, young, none):
            row.refresh_from_db()
        assert [old.sent, young.sent, none.sent] == [[], SENT, None]
        assert (old.tokens_in, old.cost) == (1000, Decimal("0.06"))
        assert jobs.empty_texts() == 0

    def test_many_are_emptied_in_batches(self, monkeypatch):
        monkeypatch.setattr(jobs, "AT_ONCE", 2)
        far, long_ago = model(provider()), timezone.now() - timedelta(days=400)
        saved(*(attempt(far, sent=SENT, at=long_ago) for _ in range(5)))
        assert jobs.empty_texts() == 5

    def test_with_no_days_nothing_is_written(self, settings):
        settings.LLM_TEXT_DAYS = 0
        (row,) = saved(attempt(model(provider()), sent=SENT))
        row.refresh_from_db()
        assert row.sent == []

    def test_of_a_session_that_is_forgotten_go_with_its_number(self):
        far, session = model(provider()), uuid.uuid4()
        price(far)
        turn = uuid.uuid4()
        row, other = saved(
            attempt(far, session=session, turn=turn, sent=SENT), attempt(far, sent=SENT)
        )
        assert forget_sessions(sessions=[session]) == 1
        row.refresh_from_db()
        assert (row.sent, row.session, row.turn) == ([], None, None)
        assert (row.tokens_in, row.cost) == (1000, Decimal("0.06"))
        other.refresh_from_db()
        assert (other.sent, other.session) == (SENT, other.session)


class TestAnswerCounts:
    def test_add_up_by_site_and_day(self, site):
        today = timezone.localdate()
        before = today - timedelta(days=1)
        count_answers(asked={(site.pk, today): 3, (site.pk, before): 1}, hits={})
        count_answers(asked={(site.pk, today): 1}, hits={(site.pk, today): 2})
        rows = AnswerCount.objects.order_by("day").values_list("asked", "hits")
        assert list(rows) == [(1, 0), (4, 2)]

    def test_show_beside_the_routing_for_a_week(self, site):
        today = timezone.localdate()
        long_ago = today - timedelta(days=7)
        count_answers(
            asked={(site.pk, today): 4, (site.pk, long_ago): 90}, hits={(site.pk, today): 1}
        )
        html = signed_in(olga()).get(page("llm_routing_changelist")).content.decode()
        said = " ".join(" ".join(texts(html)).split())
        assert "25% of 4 questions answered from the cache in the last 7 days" in said

    def test_say_how_many_answers_were_of_no_use(self, site):
        count_answers(asked={(site.pk, timezone.localdate()): 4}, hits={})
        first, second = uuid.uuid4(), uuid.uuid4()
        for turn in (first, first, second):
            drop_answer(turn=turn, said=uuid.uuid4(), site_id=site.pk)
        drop_answer(turn=uuid.uuid4(), said=uuid.uuid4(), site_id=site.pk + 1)
        html = signed_in(olga()).get(page("llm_routing_changelist")).content.decode()
        said = " ".join(" ".join(texts(html)).split())
        assert "2 answers said no more after a thumbs-down" in said

    def test_of_a_site_that_is_gone_break_nothing(self, site):
        gone = site.pk
        drop_answer(turn=uuid.uuid4(), said=uuid.uuid4(), site_id=gone)
        site.delete()
        assert not DroppedAnswer.objects.exists()
        count_answers(asked={(gone, timezone.localdate()): 1}, hits={})
        assert signed_in(olga()).get(page("llm_routing_changelist")).status_code == 200


class TestPages:
    @pytest.fixture
    def calls(self, site):
        far = model(provider())
        price(far)
        other = model(provider("Other"), "odd", label=HOSTILE)
        session = uuid.uuid4()
        return saved(
            attempt(far, session=session, site_id=site.pk, sent=SENT),
            attempt(other, session=session, outcome=Outcome.AUTH, why=HOSTILE[:40]),
            attempt(far, why="check"),
        )

    def test_totals_are_those_of_the_filter_by_currency(self, calls):
        client = signed_in(olga())
        rows = client.get(page(LIST)).context["totals"]
        assert [(row["currency"], row["calls"]) for row in rows] == [("", 1), ("USD", 2)]
        rows = client.get(page(LIST), {"outcome": "auth"}).context["totals"]
        assert [(row["currency"], row["calls"]) for row in rows] == [("", 1)]

    def test_a_sessions_calls_are_found_by_the_start_of_its_number(self, calls):
        client = signed_in(olga())
        found = client.get(page(LIST), {"q": str(calls[0].session)[:9]}).context["cl"].result_list
        assert {row.pk for row in found} == {calls[0].pk, calls[1].pk}
        assert not client.get(page(LIST), {"q": "zzz"}).context["cl"].result_list

    def test_a_row_shows_what_left_the_house(self, calls):
        client = signed_in(olga())
        html = client.get(page(ROW, calls[0].pk)).content.decode()
        assert "Where is [ORDER]?" in html
        assert "<script>alert" not in html
        assert "did not come that far" in client.get(page(ROW, calls[1].pk)).content.decode()

    def test_nothing_can_be_written(self, calls):
        client = signed_in(olga())
        assert client.post(page(ROW, calls[0].pk), {"cost": "0"}).status_code == 403
        assert client.get(page("llm_call_delete", calls[0].pk)).status_code == 403
        assert client.get(page("llm_call_add")).status_code == 403

    def test_needs_its_own_permission(self, calls):
        assert signed_in(alice()).get(page(LIST)).status_code == 403
        user = carol()
        user.user_permissions.add(Permission.objects.get(codename="view_call"))
        assert signed_in(user).get(page(LIST)).status_code == 200

    def test_the_panel_tells_totals_and_what_left(self, calls):
        html = ledger_panel(calls[0].session)
        said = " ".join(texts(html))
        for words in ("USD 0.06", "no price", "Key refused", "Where is [ORDER]?", "has left"):
            assert words in said
        assert "<script>alert" not in html
        assert ledger_panel(uuid.uuid4()) == ""

    def test_what_is_not_kept_any_more_is_no_nothing(self, calls):
        Call.objects.filter(pk=calls[0].pk).update(sent=[])
        html = signed_in(olga()).get(page(ROW, calls[0].pk)).content.decode()
        assert "not kept any more" in html
        said = " ".join(texts(ledger_panel(calls[0].session)))
        assert "has left the house" in said
        assert "is not kept any more" in said

    def test_an_answer_from_the_cache_is_free_and_no_call(self, site):
        far = model(provider())
        (row,) = saved(attempt(far, outcome=Outcome.CACHE, usage=Usage(), site_id=site.pk))
        assert (row.cost, row.currency) == (0, "")
        client = signed_in(olga())
        html = client.get(page(LIST))
        assert html.context["totals"] == []
        assert "free" in " ".join(texts(html.content.decode()))
        assert "was there already" in client.get(page(ROW, row.pk)).content.decode()

    @pytest.mark.parametrize(
        ("outcomes", "end", "said"),
        [
            (["ok"], {"models": {"answered": "big", "handed": []}}, "Answered by big"),
            (
                ["quota", "cap", "ok"],
                {"models": {"answered": "big", "handed": [{"why": "quota"}, {"why": "cap"}]}},
                "Answered by big; before that: quota and cap",
            ),
            (
                ["cache"],
                {"models": {"answered": "big", "cache": {}, "handed": []}},
                "Answered from the cache with what big had said",
            ),
            (["quota", "cap"], {"to_person": True}, "Passed to a person: quota and cap"),
            (
                ["quota", "first_token", "deadline", "cap"],
                {"to_person": True},
                "Passed to a person: quota, too slow and cap",
            ),
            ([], {"to_person": True}, ""),
            (["cancelled"], {"is_cancelled": True}, "Stopped before there was an answer"),
            (["ok"], {"is_open": True}, "Under way"),
            (
                ["ok"],
                {"route": "No answer found", "models": {"handed": [{"why": "no_knowledge"}]}},
                "Without a model: No answer found (nothing found)",
            ),
            (["ok"], {"route": "Answered"}, "Without a model: Answered"),
        ],
    )
    def test_the_panel_ends_a_turn_with_what_became_of_it(self, outcomes, end, said):
        far, session, turn = model(provider()), uuid.uuid4(), uuid.uuid4()
        saved(
            *(
                attempt(far, session=session, turn=turn, number=number, outcome=Outcome(outcome))
                for number, outcome in enumerate(outcomes)
            )
        )
        shown = texts(ledger_panel(session, [TurnEnd(turn, **{"is_open": False, **end})]))
        assert [text for text in shown if text == said] == ([said] if said else [])

    def test_the_panel_counts_how_turns_ended(self):
        far, session = model(provider()), uuid.uuid4()
        turns = [uuid.uuid4() for _ in range(3)]
        saved(*(attempt(far, session=session, turn=turn) for turn in turns))
        ends = [
            TurnEnd(turns[0], is_open=False, models={"answered": "big"}),
            TurnEnd(turns[1], is_open=False, to_person=True),
            TurnEnd(turns[2], is_open=True),
            TurnEnd(uuid.uuid4(), is_open=False, route="Small talk"),
        ]
        said = " ".join(" ".join(texts(ledger_panel(session, ends))).split())
        assert "Turns: 1 answered by a model · 1 passed to a person" in said
        assert "otherwise" not in said

    def test_the_panel_says_when_nothing_left(self):
        near = model(provider("Near", LOCAL_URL, ""), tier=Tier.LOCAL)
        (row,) = saved(attempt(near, sent=SENT))
        assert "Nothing of this chat has left the house." in ledger_panel(row.session)

    def test_the_panel_tells_of_what_left_behind_the_rows_that_it_shows(self):
        near = model(provider("Near", LOCAL_URL, ""), tier=Tier.LOCAL)
        far, session = model(provider()), uuid.uuid4()
        saved(*(attempt(near, session=session) for _ in range(SHOWN_CALLS + 1)))
        saved(attempt(far, session=session, sent=SENT))
        html = ledger_panel(session)
        assert "Nothing of this chat has left the house." not in html
        assert "has left the house" in html

    def test_the_panel_is_for_those_who_may_see_the_ledger(self, make_session):
        session = make_session()
        saved(attempt(model(provider()), session=session.pk))
        path = page("chat_session_change", session.pk)
        html = signed_in(olga()).get(path).content.decode()
        assert "Models asked" in html
        assert 'href="#hd-models"' in html
        assert "Models asked" not in signed_in(carol()).get(path).content.decode()

    def test_many_rows_cost_no_more_queries(self, calls, django_assert_max_num_queries):
        client = signed_in(olga())
        client.get(page(LIST))
        saved(*(attempt(Provider.objects.first().models.get()) for _ in range(60)))
        with django_assert_max_num_queries(18):
            client.get(page(LIST))


@pytest.mark.parametrize(
    ("term", "is_found"),
    [
        ("0123abcd", True),
        ("0123ABCD-12", True),
        ("0123abc", False),
        ("x" * 8, False),
        ("a" * 33, False),
    ],
)
def test_what_can_begin_a_sessions_number(term, is_found):
    assert bool(session_bounds(term)) is is_found
