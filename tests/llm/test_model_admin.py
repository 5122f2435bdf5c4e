"""Models, prices and routing in the admin: what is refused, and in which words."""

from datetime import date
from decimal import Decimal
from importlib import import_module
from ipaddress import ip_network

import pytest
from django.apps import apps
from django.utils import timezone

from apps.llm import endpoints
from apps.llm.models import Call, Mode, Model, Price, Provider, Routing
from apps.llm.services import save_calls
from apps.llm.values import Tier
from tests.llm.rows import LOCAL_URL, attempt, model, price, provider
from tests.staff import form_data, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db
ADD, CHANGE, LIST = "llm_model_add", "llm_model_change", "llm_model_changelist"
ROUTE_ADD, ROUTE, ROUTES = "llm_routing_add", "llm_routing_change", "llm_routing_changelist"


@pytest.fixture(autouse=True)
def _networks(settings):
    settings.LLM_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def client():
    return signed_in(olga())


@pytest.fixture
def far():
    return provider()


def added(client, of, **values):
    """A new model with everything that the form proposes."""
    path = page(ADD)
    proposed = form_data(client.get(path))
    given = {"provider": of.pk, "name": "big", "tier": "cloud", **values}
    return client.post(path, {**proposed, **given}, follow=True).content.decode()


def changed(client, row, **values):
    path = page(CHANGE, row.pk)
    return client.post(path, form_data(client.get(path)) | values, follow=True).content.decode()


class TestModels:
    def test_go_behind_the_others_of_their_tier(self, client, far):
        model(far, "first", rank=4)
        added(client, far)
        assert Model.objects.get(name="big").rank == 5

    def test_of_one_rank_are_refused_with_the_others_name(self, client, far):
        model(far, "first", label="First one", rank=4)
        assert "“First one” has rank 4" in added(client, far, rank="4")
        assert not Model.objects.filter(name="big").exists()
        added(client, far, rank="4", purpose="embedding")
        assert Model.objects.filter(name="big").exists(), "another purpose has ranks of its own"

    def test_are_for_what_somebody_asks_them(self, client, far):
        """Those for summaries, which nothing asked, are gone, and what their checks cost is not."""
        row = model(far, "old", purpose="summary")
        kept = save_calls(attempts=[attempt(model(far, "kept"))])
        Call.objects.filter(pk=kept[0].pk).update(model=row, purpose="summary")
        import_module("apps.llm.migrations.0014_no_summaries").delete(apps, None)
        assert [one.name for one in Model.objects.all()] == ["kept"]
        assert client.get(page("llm_call_change", kept[0].pk)).status_code == 200
        added(client, far, purpose="summary")
        assert not Model.objects.filter(name="big").exists()

    @pytest.mark.parametrize(
        ("field", "said"),
        [
            ("tokens_per_minute", "leave it empty for none, or disable the model"),
            ("concurrency", "With 0 calls at once nothing is asked"),
        ],
    )
    def test_a_limit_of_nothing_is_refused(self, client, far, field, said):
        assert said in added(client, far, **{field: "0"})
        added(client, far, **{field: ""})
        assert getattr(Model.objects.get(), field) is None

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"name": "two words"}, "Write it without spaces"),
            ({"first_token_s": "60", "deadline_s": "20"}, "longer than the deadline"),
            ({"deadline_s": "0"}, "greater than or equal to 0.1"),
            ({"context": "800", "most_tokens": "800"}, "must hold the question as well"),
            ({"price_in": "1"}, "Enter both prices, or none"),
            ({"price_in": "-1", "price_out": "1"}, "greater than or equal to 0"),
            ({"price_in": "1", "price_out": "1", "currency": "Yuan"}, "“YUAN” is no currency"),
            ({"price_in": "1", "price_out": "1", "currency": "YUA"}, "“YUA” is no currency"),
            ({"price_in": "1", "price_out": "1", "currency": "12"}, "“12” is no currency"),
            ({"price_in": "1", "price_out": "1", "currency": ""}, "Write three letters"),
            ({"tier": "local"}, "is on the internet: what is asked there leaves the house"),
        ],
    )
    def test_what_cannot_be_is_told_at_its_field(self, client, far, values, said):
        assert said in added(client, far, **values)
        assert not Model.objects.exists()

    def test_the_same_twice_is_refused(self, client, far):
        model(far)
        assert "has this model for this purpose already" in added(client, far)

    def test_local_ones_are_at_home(self, client):
        added(client, provider("Near", LOCAL_URL, ""), tier="local")
        assert Model.objects.get().tier == Tier.LOCAL

    def test_what_was_learnt_goes_with_the_name(self, client, far):
        row = model(far, way="tool", way_checked_at=timezone.now())
        changed(client, row, label="New label")
        assert Model.objects.get().way == "tool"
        changed(client, row, name="other")
        assert Model.objects.get().way == ""

    def test_a_preset_fills_in_the_form(self, client, far):
        form = (
            client.get(page(ADD), {"preset": "gpt-4", "provider": far.pk}).context["adminform"].form
        )
        assert [form[name].value() for name in ("name", "tier", "context", "price_in")] == [
            "gpt-4",
            "cloud",
            8192,
            "0.03",
        ]

    def test_of_a_provider_that_is_off_are_not_on(self, client, far):
        model(far)
        assert "On" in texts(client.get(page(LIST)).content.decode())
        Provider.objects.update(is_enabled=False)
        said = texts(client.get(page(LIST)).content.decode())
        assert "Provider is off" in said
        assert "On" not in said

    def test_every_change_moves_the_ladder(self, client, far):
        seen = [endpoints.version()]
        added(client, far)
        seen.append(endpoints.version())
        changed(client, Model.objects.get(), rank="9")
        seen.append(endpoints.version())
        client.post(page("llm_model_delete", Model.objects.get().pk), {"post": "yes"})
        seen.append(endpoints.version())
        assert len(set(seen)) == 4


class TestPrices:
    def inline(self, client, row, *prices):
        """What the form with these rows in its table says."""
        path = page(CHANGE, row.pk)
        data = form_data(client.get(path))
        data["prices-TOTAL_FORMS"] = str(len(prices))
        for number, (first, last) in enumerate(prices):
            values = {"valid_from": first, "valid_until": last, "price_in": "1", "price_out": "2"}
            data |= {f"prices-{number}-{name}": value for name, value in values.items()}
            data[f"prices-{number}-currency"] = "USD"
        return client.post(path, data, follow=True).content.decode()

    def test_a_new_model_has_its_first_from_today(self, client, far):
        added(client, far, price_in="0.03", price_out="0.06", currency="usd")
        row = Price.objects.get()
        assert (row.valid_from, row.price_out, row.currency) == (
            timezone.localdate(),
            Decimal("0.06"),
            "USD",
        )

    def test_a_currency_is_not_cut_while_it_is_typed(self, client):
        form = client.get(page(ADD)).context["adminform"].form
        assert "maxlength" not in str(form["currency"])

    @pytest.mark.parametrize(
        ("read", "written", "code", "is_dear"),
        [
            ("2.5", "10", "USD", True),
            ("0.03", "0.06", "USD", False),
            ("0.8", "0.8", "CNY", False),
            ("2", "8", "CNY", True),
            ("500", "500", "XAF", False),
        ],
    )
    def test_of_a_million_tokens_is_asked_about(self, client, far, read, written, code, is_dear):
        html = added(client, far, price_in=read, price_out=written, currency=code)
        assert Price.objects.exists()
        assert ("price lists mostly name 1,000,000" in html) == is_dear

    def test_of_nothing_is_free(self, client, far):
        html = added(client, far, price_in="0", price_out="0")
        assert "the ledger says “free”" in html
        assert "free" in texts(client.get(page(LIST)).content.decode())

    def test_that_nobody_told_is_another_thing(self, client, far):
        assert "No price holds today" in added(client, far)
        assert "no price" in texts(client.get(page(LIST)).content.decode())

    def test_one_gives_way_to_the_next(self, client, far):
        self.inline(client, model(far), ("2026-01-01", ""), ("2026-06-01", ""))
        assert Price.objects.count() == 2

    @pytest.mark.parametrize(
        "prices",
        [
            [("2026-01-01", ""), ("2026-01-01", "")],
            [("2026-01-01", "2026-06-01"), ("2026-06-01", "")],
            [("2026-05-01", ""), ("2026-01-01", "2026-12-31")],
        ],
    )
    def test_that_overlap_are_refused(self, client, far, prices):
        html = self.inline(client, model(far), *prices)
        assert "overlap" in html or "begins on this day" in html or "duplicate" in html
        assert not Price.objects.exists()

    def test_that_end_before_they_begin_are_refused(self, client, far):
        html = self.inline(client, model(far), ("2026-05-01", "2026-04-01"))
        assert "It ends before it begins" in html

    def test_the_list_says_todays(self, client, far):
        row = model(far)
        price(row, "0.00015", "0.0006", valid_from=date(2025, 1, 1))
        price(row, "1", "1", valid_from=date(2222, 1, 1))
        assert "USD 0.00015 / 0.0006" in texts(client.get(page(LIST)).content.decode())

    def test_the_list_reads_them_at_once(self, client, far, django_assert_max_num_queries):
        for number in range(12):
            price(model(far, f"m{number}"))
        client.get(page(LIST))
        with django_assert_max_num_queries(16):
            client.get(page(LIST))


class TestRouting:
    def route(self, client, site, **values):
        given = {"site": site.pk, "mode": Mode.LOCAL_THEN_CLOUD, "currency": "USD", **values}
        return client.post(page(ROUTE_ADD), given, follow=True).content.decode()

    def test_is_stored_and_moves_the_ladder(self, client, site):
        before = endpoints.version()
        self.route(client, site, cap_chat="0.5", cap_day="20")
        assert Routing.objects.get().cap_day == 20
        assert endpoints.version() != before

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"cap_chat": "0"}, "Leave it empty for no cap"),
            ({"cap_chat": "5", "cap_day": "2"}, "may not spend more than the whole day"),
            ({"mode": "local_only", "last_resort": "on"}, "allow that first"),
            ({"cap_day": "1", "currency": "Yuan"}, "“YUAN” is no currency"),
            ({"deadline_s": "121"}, "less than or equal to 120"),
            ({"deadline_s": "14"}, "At least 15 s"),
            ({"deadline_s": "0"}, "At least 15 s"),
        ],
    )
    def test_what_cannot_be_is_told_at_its_field(self, client, site, values, said):
        assert said in self.route(client, site, **values)
        assert not Routing.objects.exists()

    def test_the_time_of_a_turn_is_told_in_the_list(self, client, site):
        form = client.get(page(ROUTE_ADD)).content.decode()
        assert "Empty: 30, as the server is set." in form
        assert "15 to 120" in form
        self.route(client, site)
        assert "30 s" in texts(client.get(page(ROUTES)).content.decode())
        Routing.objects.update(deadline_s=45)
        assert "45 s" in texts(client.get(page(ROUTES)).content.decode())

    def test_the_list_says_what_is_spent_of_the_cap(self, client, site, far):
        row = model(far)
        price(row, "1", "1")
        save_calls(attempts=[attempt(row, site_id=site.pk)])
        self.route(client, site, cap_day="5")
        assert "USD 1.5 of 5 (30%)" in texts(client.get(page(ROUTES)).content.decode())
        Routing.objects.update(cap_day=None)
        assert "USD 1.5" in texts(client.get(page(ROUTES)).content.decode())

    def test_a_cap_that_could_not_count_is_refused(self, client, site, far):
        price(model(far, label="In yuan"), currency="CNY")
        assert "“In yuan” is paid in CNY" in self.route(client, site, cap_day="5")
        self.route(client, site)
        assert Routing.objects.exists(), "without a cap there is nothing to count"

    def test_a_price_that_no_cap_counts_is_told(self, client, site, far):
        self.route(client, site, cap_day="5")
        html = added(client, far, price_in="1", price_out="1", currency="CNY")
        assert "No cap of Northbird counts it" in html

    def test_the_list_names_sites_that_follow_the_default(self, client, site):
        assert "Northbird" in texts(client.get(page(ROUTES)).content.decode())
        self.route(client, site)
        html = client.get(page(ROUTE_ADD), follow=True).content.decode()
        assert "Every site has its row already" in html

    def test_a_cap_may_be_as_small_as_its_column(self, client, site):
        self.route(client, site, cap_day="0.0001")
        assert Routing.objects.get().cap_day == Decimal("0.0001")

    def test_models_that_no_site_asks_are_told(self, client, site, far):
        model(far)
        assert "No site lets cloud models be asked yet." in client.get(page(LIST)).content.decode()
        self.route(client, site)
        assert "No site lets" not in client.get(page(LIST)).content.decode()
