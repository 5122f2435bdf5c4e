"""Pages that ask for the widget are noted, rarely, and never at the cost of the answer."""

import pytest
from django.db import OperationalError

from apps.guard.limits import Buckets
from apps.sites.models import Sighting, Site
from apps.widget import sightings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_seen():
    sightings._seen.clear()
    sightings._noted = Buckets()


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://shop.example/a?b#c", "https://shop.example"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("https://SHOP.example/", "https://shop.example"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("https://user:secret@shop.example/", "https://shop.example"),
        ("", ""),
        ("null", ""),
        ("javascript:alert(1)", ""),
        ("https://[", ""),
        ("https://a.example:99999/", ""),
        ("https://bücher.example/", ""),
        ("https://" + "a" * 300 + ".example/", ""),
    ],
)
def test_the_origin_of_a_page(address, origin):
    assert sightings.origin_of(address) == origin


def test_the_loader_notes_the_page_it_is_on(client, site):
    site.allowed_pages = ["https://shop.example"]
    site.save()
    client.get("/w/1/loader.js", headers={"referer": "https://shop.example/cart"})
    assert site.sightings.get().origin == "https://shop.example"


def test_the_frame_notes_the_page_as_well(client, site):
    site.allowed_pages = ["https://shop.example"]
    site.save()
    client.get("/w/1/frame/", {"key": site.key, "at": "https://shop.example"})
    assert site.sightings.exists()


@pytest.mark.parametrize("allowed", [["https://shop.example"], []])
def test_the_frame_notes_a_page_that_its_site_does_not_allow(client, site, allowed):
    site.allowed_pages = allowed
    site.save()
    Site.objects.create(key="other", name="Other", allowed_pages=["http://localhost:*"])
    client.get("/w/1/loader.js", headers={"referer": "http://localhost:8713/"})
    assert site.strangers() == []
    client.get("/w/1/frame/", {"key": site.key, "at": "http://localhost:8713"})
    assert [seen.origin for seen in site.strangers()] == ["http://localhost:8713"]
    assert site.seen_on() == []


def test_the_same_page_is_not_written_down_twice_in_a_minute(client, django_assert_num_queries):
    client.get("/w/1/loader.js", headers={"referer": "https://shop.example/"})
    with django_assert_num_queries(0):
        client.get("/w/1/loader.js", headers={"referer": "https://shop.example/other"})
    assert Sighting.objects.count() == 1


def test_one_address_writes_only_so_many_down(client):
    def asks(number: int, address: str) -> None:
        page = f"https://{number}.example/"
        answer = client.get("/w/1/loader.js", headers={"referer": page}, REMOTE_ADDR=address)
        assert answer.status_code == 200

    for number in range(sightings.BURST + 5):
        asks(number, "198.51.100.7")
    assert Sighting.objects.count() == sightings.BURST
    asks(900, "203.0.113.9")
    assert Sighting.objects.filter(origin="https://900.example").exists()


def test_a_page_that_was_one_too_many_is_noted_for_the_next_who_comes(client):
    for number in range(sightings.BURST + 1):
        sightings.note(f"https://{number}.example", by="198.51.100.7")
    last = f"https://{sightings.BURST}.example"
    sightings.note(last, by="203.0.113.9")
    assert Sighting.objects.filter(origin=last).exists()


def test_without_a_database_the_script_is_served(client, monkeypatch):
    def fail(**_arguments: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(sightings, "see_widget", fail)
    response = client.get("/w/1/loader.js", headers={"referer": "https://shop.example/"})
    assert response.status_code == 200
