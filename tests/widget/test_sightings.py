"""Pages that ask for the widget are noted, rarely, and never at the cost of the answer."""

import pytest
from django.db import OperationalError

from apps.sites.models import Sighting
from apps.widget import sightings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_seen():
    sightings._seen.clear()


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


def test_the_same_page_is_not_written_down_twice_in_a_minute(client, django_assert_num_queries):
    client.get("/w/1/loader.js", headers={"referer": "https://shop.example/"})
    with django_assert_num_queries(0):
        client.get("/w/1/loader.js", headers={"referer": "https://shop.example/other"})
    assert Sighting.objects.count() == 1


def test_without_a_database_the_script_is_served(client, monkeypatch):
    def fail(**_arguments: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(sightings, "see_widget", fail)
    response = client.get("/w/1/loader.js", headers={"referer": "https://shop.example/"})
    assert response.status_code == 200
