"""Signed visitors in the site's form: keys of the shop's own, and secrets that are made here."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission

from apps.sites import signing
from apps.sites.models import IdentitySecret, Site
from tests.signed import ec_key, private_pem, public_pem, rsa_key
from tests.sites.test_admin import errors, send
from tests.staff import carol, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db

CHANGE = "sites_site_change"
NEW = "sites_site_new_secret"
FORGET = "sites_site_forget_secret"


def current(site):
    rows = signing.secrets_of(site)
    return str(rows[0].id) if rows else ""


def secret_in(answer):
    found = re.search(r'id="new-secret">([^<]+)<', answer.content.decode())
    assert found
    return found[1]


def make(site, client=None):
    """The secret that the page shows after the button."""
    client = client or signed_in(olga())
    answer = client.post(page(NEW, site.pk), {"seen": current(site)})
    return secret_in(answer)


def shown(site, client=None):
    html = (client or signed_in(olga())).get(page(CHANGE, site.pk)).content.decode()
    return " ".join(texts(html))


def test_who_may_only_look_is_offered_no_page_that_is_closed_to_them(site):
    staff = signed_in(olga())
    make(site, staff)
    make(site, staff)
    paths = [page(NEW, site.pk), page(FORGET, site.pk)]
    html = staff.get(page(CHANGE, site.pk)).content.decode()
    assert all(path in html for path in paths)
    viewer = carol()
    viewer.user_permissions.set(Permission.objects.filter(codename="view_site"))
    html = signed_in(viewer).get(page(CHANGE, site.pk)).content.decode()
    assert "Previous, still valid" in html
    assert not any(path in html for path in paths)


def test_both_kinds_of_public_key_have_names_of_their_own():
    key, pem = Site._meta.get_field("key"), Site._meta.get_field("identity_key")
    assert str(key.verbose_name) != str(pem.verbose_name)


class TestPublicKeys:
    @pytest.mark.parametrize(("algorithm", "key"), [("RS256", rsa_key), ("ES256", ec_key)])
    def test_are_taken_for_their_algorithm(self, site, algorithm, key):
        pem = public_pem(key())
        send(site, identity_algorithm=algorithm, identity_key=f"\n{pem}\n")
        site.refresh_from_db()
        assert signing.valid_keys(site) == [pem.strip()]

    def test_two_are_good_at_once(self, site):
        one, other = public_pem(ec_key()), public_pem(ec_key())
        send(site, identity_algorithm="ES256", identity_key=one, identity_key_previous=other)
        site.refresh_from_db()
        assert signing.valid_keys(site) == [one.strip(), other.strip()]

    @pytest.mark.parametrize("field", ["identity_key", "identity_key_previous"])
    @pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES256"])
    def test_a_private_key_is_refused_whatever_is_chosen(self, site, algorithm, field):
        key = rsa_key() if algorithm == "RS256" else ec_key()
        given = {"identity_key": public_pem(key), field: private_pem(key)}
        answer = send(site, identity_algorithm=algorithm, **given)
        assert "private key" in errors(answer)[field][0]
        assert not Site.objects.exclude(identity_key="", identity_key_previous="").exists()

    @pytest.mark.parametrize(
        ("algorithm", "pem", "told"),
        [
            ("RS256", "", "Put your public key here"),
            ("RS256", "no key", "as PEM"),
            ("RS256", public_pem(ec_key()), "RS256 needs an RSA key"),
            ("ES256", public_pem(rsa_key()), "P-256"),
            ("RS256", public_pem(rsa_key()).replace("A", "", 3), "cannot be read"),
            ("RS256", public_pem(rsa_key()) + "x" * 4000, "at most 4000"),
        ],
        ids=range(6),
    )
    def test_others_are_refused_in_words(self, site, algorithm, pem, told):
        answer = send(site, identity_algorithm=algorithm, identity_key=pem)
        assert told in " ".join(errors(answer)["identity_key"])
        site.refresh_from_db()
        assert site.identity_algorithm == "HS256"

    def test_an_algorithm_is_one_of_three(self, site):
        client = signed_in(olga())
        for algorithm in ("none", "HS512", ""):
            assert "identity_algorithm" in errors(send(site, client, identity_algorithm=algorithm))


class TestSecret:
    def test_is_shown_once_and_never_again(self, site):
        client = signed_in(olga())
        assert "None yet" in shown(site, client)
        answer = client.post(page(NEW, site.pk), {"seen": ""})
        secret = secret_in(answer)
        assert "no-store" in answer["Cache-Control"]
        assert len(secret) == 43
        assert signing.valid_keys(site) == [secret]
        for name in (CHANGE, NEW, "sites_site_history"):
            assert secret not in client.get(page(name, site.pk)).content.decode()
        assert secret not in str(list(LogEntry.objects.values()))
        assert "New secret" in LogEntry.objects.get().change_message

    def test_asking_makes_none(self, site):
        answer = signed_in(olga()).get(page(NEW, site.pk))
        assert answer.status_code == 200
        assert not IdentitySecret.objects.exists()

    def test_a_page_that_is_sent_twice_makes_one(self, site):
        client = signed_in(olga())
        secret = make(site, client)
        again = client.post(page(NEW, site.pk), {"seen": ""}, follow=True)
        assert "The secrets were changed meanwhile" in again.content.decode()
        assert signing.valid_keys(site) == [secret]

    def test_the_old_one_stays_until_it_is_forgotten(self, site):
        client = signed_in(olga())
        old, new = make(site, client), make(site, client)
        assert signing.valid_keys(site) == [new, old]
        said = shown(site, client)
        assert "Previous, still valid" in said
        assert "Forget the previous one" in said
        client.post(page(FORGET, site.pk), {"seen": current(site)})
        assert signing.valid_keys(site) == [new]
        assert "Forget the previous one" not in shown(site, client)

    def test_one_that_does_not_open_is_told(self, site, settings):
        client = signed_in(olga())
        make(site, client)
        settings.SEAL_KEY = "another key, of another installation entirely"
        assert "HELPDESK_SEAL_KEY" in shown(site, client)

    @pytest.mark.parametrize("name", [NEW, FORGET])
    def test_is_for_those_who_may_change_the_site(self, site, client, name):
        staff = carol()
        staff.user_permissions.add(Permission.objects.get(codename="view_site"))
        path = page(name, site.pk)
        for method in ("get", "post"):
            assert getattr(signed_in(staff), method)(path).status_code == 403
            assert getattr(client, method)(path).status_code == 302
        assert not IdentitySecret.objects.exists()

    def test_of_a_site_that_is_not_there(self, site):
        assert signed_in(olga()).get(page(NEW, 9999)).status_code == 404
