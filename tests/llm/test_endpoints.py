"""The rows as values: order, tiers by site, keys, and when to read them again."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.llm import endpoints
from apps.llm.models import Mode, Model, Provider, Routing
from apps.llm.services import ladder_changed
from apps.llm.values import Purpose, Tier
from apps.sites.models import Site
from tests.llm.rows import KEY, LOCAL_URL, model, price, provider

pytestmark = pytest.mark.django_db


def names(ladder, site, **more):
    return [one.name for one in ladder.steps(site.pk, Purpose.ANSWER, **more)]


@pytest.fixture
def ladder_of_three(site):
    far, near = provider(), provider("Near", LOCAL_URL, "")
    model(far, "last", tier=Tier.LAST_RESORT)
    model(far, "cloud")
    model(near, "second", tier=Tier.LOCAL, rank=7)
    model(near, "first", tier=Tier.LOCAL, rank=3)
    return endpoints.load()


@pytest.mark.parametrize(
    ("mode", "high_value", "expected"),
    [
        (None, False, ["first", "second"]),
        (Mode.OFF, True, []),
        (Mode.LOCAL_ONLY, True, ["first", "second"]),
        (Mode.LOCAL_THEN_CLOUD, False, ["first", "second", "cloud"]),
        (Mode.LOCAL_THEN_CLOUD, True, ["first", "second", "cloud", "last"]),
    ],
)
def test_a_site_asks_no_further_than_it_allows(ladder_of_three, site, mode, high_value, expected):
    if mode:
        Routing.objects.create(site=site, mode=mode, last_resort=True)
    assert names(endpoints.load(), site, high_value=high_value) == expected


def test_the_last_resort_is_for_sites_that_want_it(ladder_of_three, site):
    Routing.objects.create(site=site, mode=Mode.LOCAL_THEN_CLOUD)
    assert "last" not in names(endpoints.load(), site, high_value=True)


def test_caps_stand_in_the_route(site):
    Routing.objects.create(site=site, cap_chat=Decimal("0.5"), currency="CNY")
    route = endpoints.load().route(site.pk)
    assert (route.cap_chat, route.cap_day, route.currency) == (Decimal("0.5"), None, "CNY")
    assert endpoints.load().route(-1).mode == Mode.LOCAL_ONLY


def test_keys_come_unsealed_and_are_not_shown():
    model(provider())
    (found,) = endpoints.load().endpoints[Purpose.ANSWER]
    assert found.key == KEY
    assert KEY not in repr(found)


def test_what_is_disabled_is_not_in_it():
    far = provider()
    model(far, is_enabled=False)
    off = provider("Off")
    Provider.objects.filter(pk=off.pk).update(is_enabled=False)
    model(off)
    assert not endpoints.load().endpoints


def test_a_key_of_another_row_does_not_open(caplog):
    far, other = provider(), provider("Other")
    model(far, "a")
    model(other, "b")
    Provider.objects.filter(pk=other.pk).update(sealed_key=far.sealed_key)
    ladder = endpoints.load()
    assert [one.name for one in ladder.endpoints[Purpose.ANSWER]] == ["a"]
    assert ladder.unreadable == {other.pk}
    assert KEY not in caplog.text


def test_prices_are_todays():
    far = model(provider())
    price(far, "1", "2", valid_until=date(2021, 1, 1))
    price(far, "3", "4", valid_from=date(2022, 1, 1), currency="CNY")
    price(far, "5", "6", valid_from=date(2222, 1, 1))
    (found,) = endpoints.load().endpoints[Purpose.ANSWER]
    assert (found.price_in, found.price_out) == (Decimal(3), Decimal(4))
    assert found.currency == "CNY"


def test_a_price_that_has_ended_is_none():
    price(model(provider()), valid_until=date(2021, 1, 1))
    (found,) = endpoints.load().endpoints[Purpose.ANSWER]
    assert (found.price_in, found.currency) == (None, "")


def test_the_version_moves_with_a_change_and_with_the_day(monkeypatch):
    before = endpoints.version()
    ladder_changed()
    moved = endpoints.version()
    assert moved != before
    monkeypatch.setattr(timezone, "localdate", lambda: date(2222, 1, 1))
    assert endpoints.version() != moved


def test_the_queries_do_not_grow_with_the_rows(django_assert_num_queries, site):
    for number in range(5):
        far = provider(f"P{number}")
        price(model(far, f"m{number}"))
        made = Site.objects.create(key=f"s{number}", name=f"S{number}")
        Routing.objects.create(site=made)
    # The version, the models with their providers, the prices, the routes, and the savepoint's two.
    with django_assert_num_queries(6):
        ladder = endpoints.load()
    assert len(ladder.endpoints[Purpose.ANSWER]) == Model.objects.count() == 5
