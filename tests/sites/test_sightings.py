"""Where the widget was seen."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.sites import services
from apps.sites.models import Sighting, Site
from tests.staff import olga, page, signed_in, texts

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("pattern", "origin", "is_covered"),
    [
        ("https://shop.example", "https://shop.example", True),
        ("https://shop.example", "http://shop.example", False),
        ("http://shop.example", "https://shop.example", True),
        ("https://shop.example", "https://shop.example:8443", False),
        ("http://localhost:*", "http://localhost:8000", True),
        ("http://localhost:*", "http://localhost", True),
        ("https://*.shop.example", "https://www.shop.example", True),
        ("https://*.shop.example", "https://a.b.shop.example", True),
        ("https://*.shop.example", "https://shop.example", False),
        ("https://*.shop.example", "https://evilshop.example", False),
        ("https://shop.example:443", "https://shop.example", True),
        ("https://shop.example", "https://shop.example:443", True),
        ("http://shop.example:80", "http://shop.example", True),
        ("http://shop.example:80", "https://shop.example", True),
        ("https://shop.example:80", "https://shop.example", False),
        ("https://shop.example:8443", "https://shop.example", False),
    ],
)
def test_a_page_is_covered_as_a_browser_would(pattern, origin, is_covered):
    assert Site(allowed_pages=["https://other.example", pattern]).allows(origin) is is_covered


def test_it_is_noted_for_each_site_that_allows_the_page(site):
    site.allowed_pages = ["https://*.shop.example"]
    site.save()
    services.see_widget(origin="https://www.shop.example")
    services.see_widget(origin="https://www.shop.example")
    assert [sighting.origin for sighting in site.sightings.all()] == ["https://www.shop.example"]
    assert Sighting.objects.count() == 1


def test_a_page_that_no_site_allows_is_noted_without_one_and_only_so_many(site, monkeypatch):
    monkeypatch.setattr(services, "MOST_STRANGERS", 3)
    for number in range(5):
        services.see_widget(origin=f"https://{number}.example")
    services.see_widget(origin="https://1.example")
    assert Sighting.objects.filter(site=None).count() == 3


def test_of_pages_that_a_site_does_not_allow_it_has_only_so_many(site, monkeypatch):
    monkeypatch.setattr(services, "MOST_STRANGERS", 2)
    site.allowed_pages = ["https://shop.example"]
    site.save()
    for number in (0, 1, 2, 0):
        services.see_widget_of(site=site, origin=f"https://{number}.example")
    services.see_widget_of(site=site, origin="https://shop.example")
    assert [seen.origin for seen in site.strangers()] == ["https://0.example", "https://1.example"]
    assert [seen.origin for seen in site.seen_on()] == ["https://shop.example"]


def test_of_a_site_that_allows_any_port_the_oldest_goes_first(site, monkeypatch):
    monkeypatch.setattr(services, "MOST_OF_A_SITE", 3)
    site.allowed_pages = ["http://localhost:*"]
    site.save()
    for port in (1000, 1001, 1002, 1000, 1003, 1004):
        services.see_widget(origin=f"http://localhost:{port}")
    kept = site.sightings.recent().values_list("origin", flat=True)
    assert [origin[-1] for origin in kept] == ["4", "3", "0"]


def test_old_ones_are_forgotten(site):
    now = timezone.now()
    Sighting.objects.create(site=site, origin="https://old.example", seen_at=now - timedelta(31))
    Sighting.objects.create(site=site, origin="https://new.example", seen_at=now)
    assert services.forget_sightings() == 1
    assert Sighting.objects.get().origin == "https://new.example"


def test_staff_see_where_it_is_and_where_it_is_not_allowed(site):
    client = signed_in(olga())
    path = page("sites_site_change", site.pk)
    assert "On none of the allowed pages yet." in " ".join(texts(client.get(path).content.decode()))
    site.allowed_pages = ["https://shop.example"]
    site.save()
    services.see_widget(origin="https://shop.example")
    services.see_widget(origin="https://forgotten.example")
    said = " ".join(texts(client.get(path).content.decode()))
    assert "On none of the allowed pages yet." not in said
    assert "https://shop.example" in said
    assert "https://forgotten.example" in said
