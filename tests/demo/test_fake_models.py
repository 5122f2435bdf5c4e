"""The models of the server that stands in for real ones: loaded once, beside whatever staff have."""

import io
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from apps.demo.fake_models import KEY, NAME, load_models
from apps.llm import endpoints
from apps.llm.models import Mode, Model, Price, Provider, Routing
from apps.llm.values import Purpose, Tier
from apps.sites.models import Site
from tests.llm.rows import model, provider

pytestmark = pytest.mark.django_db
URL, OTHER_URL = "http://127.0.0.1:8900/v1", "http://127.0.0.1:9900/v1"
LOCAL, CLOUD = "good-1200ms", "good-1200ms~cloud"


def asked(site) -> list[str]:
    """The models that a turn of the site asks, in their order."""
    return [one.name for one in endpoints.load().steps(site.pk, Purpose.ANSWER)]


class TestTheFirstTime:
    def test_a_local_one_and_a_cloud_one_behind_it_can_be_asked(self, site):
        assert load_models(base_url=URL, site=site)
        steps = endpoints.load().steps(site.pk, Purpose.ANSWER)
        assert [(one.name, one.tier) for one in steps] == [
            (LOCAL, Tier.LOCAL),
            (CLOUD, Tier.CLOUD),
        ]
        assert {(one.base_url, one.key) for one in steps} == {(URL, KEY)}

    def test_only_the_cloud_one_costs_something(self, site):
        load_models(base_url=URL, site=site)
        price = Price.objects.get()
        assert (price.model.name, price.price_in, price.price_out) == (
            CLOUD,
            Decimal("0.001"),
            Decimal("0.002"),
        )

    def test_every_process_reads_them(self, site):
        before = endpoints.version()
        load_models(base_url=URL, site=site)
        assert endpoints.version() != before

    def test_without_the_demo_site_no_site_is_routed(self, site):
        assert load_models(base_url=URL, site=None)
        assert not Routing.objects.exists()
        assert asked(site) == [LOCAL]

    @pytest.mark.parametrize("tier", [Tier.LOCAL, Tier.CLOUD])
    def test_they_go_behind_the_models_of_staff(self, site, tier):
        model(provider(), "own", tier=tier, rank=1)
        model(provider("Second"), "second", tier=tier, rank=2)
        load_models(base_url=URL, site=site)
        rows = Model.objects.filter(tier=tier).in_order()
        fake = LOCAL if tier == Tier.LOCAL else CLOUD
        assert [row.name for row in rows] == ["own", "second", fake]

    def test_what_staff_have_routed_stays(self, site):
        Routing.objects.create(site=site, mode=Mode.OFF)
        load_models(base_url=URL, site=site)
        assert Routing.objects.get().mode == Mode.OFF

    def test_a_cloud_that_is_none_of_theirs_is_not_opened_to_the_site(self, site):
        model(provider(), "real", tier=Tier.CLOUD)
        load_models(base_url=URL, site=site)
        assert asked(site) == [LOCAL]


class TestTheNextTimes:
    @pytest.fixture(autouse=True)
    def _loaded(self, site):
        load_models(base_url=URL, site=site)

    def test_nothing_is_there_twice_and_the_address_is_todays(self, site):
        before = endpoints.version()
        assert not load_models(base_url=OTHER_URL, site=site)
        assert (Provider.objects.count(), Model.objects.count(), Price.objects.count()) == (1, 2, 1)
        assert {one.base_url for one in endpoints.load().endpoints[Purpose.ANSWER]} == {OTHER_URL}
        assert endpoints.version() != before

    def test_what_staff_have_changed_stays(self, site):
        Provider.objects.update(is_enabled=False, sealed_key="", key_end="")
        Model.objects.filter(name=LOCAL).update(label="Mine", rank=7, is_enabled=False)
        Model.objects.filter(name=CLOUD).delete()
        Routing.objects.update(mode=Mode.LOCAL_ONLY)
        load_models(base_url=URL, site=site)
        row, kept = Model.objects.get(), Provider.objects.get()
        assert (row.label, row.rank, row.is_enabled) == ("Mine", 7, False)
        assert (kept.is_enabled, kept.sealed_key) == (False, "")
        assert Routing.objects.get().mode == Mode.LOCAL_ONLY

    def test_a_routing_that_was_taken_away_does_not_come_back(self, site):
        Routing.objects.all().delete()
        load_models(base_url=URL, site=site)
        assert asked(site) == [LOCAL]

    def test_renamed_by_staff_it_is_theirs_and_another_comes_behind(self, site):
        Provider.objects.update(name="Renamed")
        assert load_models(base_url=OTHER_URL, site=site)
        assert Provider.objects.get(name="Renamed").base_url == URL
        rows = Model.objects.filter(tier=Tier.LOCAL).in_order().select_related("provider")
        assert [row.provider.name for row in rows] == ["Renamed", NAME]


def demo(*arguments: str) -> str:
    out = io.StringIO()
    call_command("demo", *arguments, stdout=out)
    return out.getvalue()


class TestCommand:
    def test_adds_them_to_the_shop_that_it_loads(self):
        demo("--fakellm", URL)
        assert asked(Site.objects.get()) == [LOCAL, CLOUD]

    def test_adds_them_to_a_shop_that_is_there(self):
        demo()
        assert not Provider.objects.exists()
        demo("--fakellm", URL)
        assert asked(Site.objects.get()) == [LOCAL, CLOUD]

    def test_adds_them_beside_a_site_that_is_not_the_demos(self, site):
        demo("--fakellm", URL)
        assert asked(site) == [LOCAL]
        assert Site.objects.get() == site

    def test_takes_the_address_of_the_environment(self, monkeypatch):
        monkeypatch.setenv("FAKELLM_URL", URL)
        demo()
        assert Provider.objects.get().base_url == URL

    def test_keeps_them_when_the_shop_begins_anew(self):
        demo("--fakellm", URL)
        before = Provider.objects.get()
        demo("--fakellm", OTHER_URL, "--reset")
        assert Provider.objects.get() == before
        assert Model.objects.count() == 2

    def test_adds_nothing_when_it_only_says_what_would_be_deleted(self):
        demo("--fakellm", URL, "--reset", "--dry-run")
        assert not Provider.objects.exists()

    @pytest.mark.parametrize("url", ["nonsense", "127.0.0.1:8900", "http://", "ftp://a.example/v1"])
    def test_an_address_that_is_none_loads_nothing(self, url):
        with pytest.raises(CommandError, match="is no address of a server"):
            demo("--fakellm", url)
        assert not Provider.objects.exists()
        assert not Site.objects.exists()
