"""Sites: which language a visitor gets, and what staff may write into the fields."""

import io

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction

from apps.sites.models import Installation, Site


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("en-GB", "en"),
        ("en_us", "en"),
        ("En-Latn-GB-oxendict", "en"),
        ("zh", "zh-Hans"),
        ("ZH", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh_TW", "zh-Hans"),
        ("ZH-hans", "zh-Hans"),
        ("zh-Hant-HK", "zh-Hans"),
        ("zH-hAnS-sG", "zh-Hans"),
    ],
)
@pytest.mark.parametrize("default", ["en", "zh-Hans"])
def test_a_tag_in_any_case_finds_the_language_of_the_site(locale, language, default):
    assert Site(default_language=default).language(locale) == language


@pytest.mark.parametrize(
    "locale", [None, "", "-", "_", "fr", "english", "e", "zhx-CN", "x-en", "☃"]
)
@pytest.mark.parametrize("default", ["en", "zh-Hans"])
def test_any_other_tag_gives_the_sites_own_language(locale, default):
    assert Site(default_language=default).language(locale) == default


def test_a_language_that_the_site_does_not_speak_gives_its_own():
    assert Site(languages=["zh-Hans"], default_language="zh-Hans").language("en") == "zh-Hans"


def test_the_greeting_is_in_the_visitors_language():
    site = Site(greeting_en="Hello", greeting_zh_hans="您好")
    assert (site.greeting("en"), site.greeting("zh-Hans")) == ("Hello", "您好")


def check(field, value):
    """What the admin form does with one field."""
    Site._meta.get_field(field).clean(value, Site())


@pytest.mark.parametrize(
    "page",
    [
        "https://shop.example",
        "http://localhost",
        "http://localhost:8000",
        "https://*.shop.example",
        "https://SHOP.example:65535",
        "http://127.0.0.1:8000",
        "https://xn--fiq228c.example",
    ],
)
def test_a_page_is_an_origin(page):
    check("allowed_pages", [page])


@pytest.mark.parametrize(
    "page",
    [
        "",
        "shop.example",
        "*",
        "https://",
        "https://*",
        "https://shop.example/",
        "https://shop.example/path",
        "https://shop.example?x",
        "https://shop.example#x",
        "https://ann@shop.example",
        "https://shop.example:port",
        "https://shop.example:123456",
        "https://shop.*.example",
        "https://**.example",
        "https://shop.example; script-src *",
        "https://shop.example *",
        "https://shop.example\n",
        "https://shop.example'",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://shop.example",
        " https://shop.example",
        "https://商店.example",
        "null",
        "https://" + "a" * 200,
    ],
    ids=ascii,
)
def test_what_is_no_origin_never_reaches_a_policy(page):
    with pytest.raises(ValidationError):
        check("allowed_pages", [page])


def test_one_bad_page_among_good_ones_is_refused():
    with pytest.raises(ValidationError):
        check("allowed_pages", ["https://shop.example", "https://shop.example/path"])


def test_no_page_at_all_is_allowed_and_lets_none_in():
    check("allowed_pages", [])
    assert Site().allowed_pages == []


@pytest.mark.parametrize("colour", ["#0b6e6e", "#FFFFFF", "#000000", "#aBcDeF"])
def test_a_colour_has_six_digits(colour):
    check("accent", colour)


@pytest.mark.parametrize(
    "colour",
    [
        "",
        "0b6e6e",
        "#0b6",
        "#0b6e6",
        "#0b6e6e0",
        "#0b6e6g",
        "red",
        "#0b6e6e\n",
        "#;}a{b",
        "#０b6e6e",
    ],
    ids=ascii,
)
def test_what_is_no_colour_never_reaches_a_style(colour):
    with pytest.raises(ValidationError):
        check("accent", colour)


@pytest.mark.django_db
class TestRows:
    def test_a_restore_gives_the_one_installation_a_new_epoch(self):
        before = Installation.current().epoch
        call_command("new_epoch", stdout=io.StringIO())
        assert Installation.objects.get().epoch == Installation.current().epoch != before

    def test_a_key_belongs_to_one_site(self, site):
        with pytest.raises(IntegrityError), transaction.atomic():
            Site.objects.create(key=site.key, name="Another")

    def test_a_site_switched_off_is_not_active(self, site):
        assert list(Site.objects.active()) == [site]
        site.is_active = False
        site.save()
        assert not Site.objects.active().exists()

    def test_a_new_site_speaks_both_languages_and_shares_no_list(self):
        first, second = Site(), Site()
        first.languages.remove("en")
        assert second.languages == ["en", "zh-Hans"]

    def test_the_installation_is_one_row_with_one_epoch(self):
        epoch = Installation.current().epoch
        assert Installation.current().epoch == epoch
        with pytest.raises(IntegrityError), transaction.atomic():
            Installation.objects.create(only=False)
        assert Installation.objects.count() == 1
