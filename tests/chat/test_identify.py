"""A visitor becomes known: what changes, what is left of the browser's tokens, and whose keys count."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from apps.chat import services
from apps.chat.identity import IdentityError
from apps.chat.models import Message, Session, Visitor, VisitorToken
from apps.chat.services import TokenUnknownError
from apps.sites import signing
from apps.sites.models import IdentitySecret, Site
from tests.signed import ANN, BEN, ec_key, public_pem, rsa_key, signed

OTHER = "another-secret-that-is-not-of-this-shop-at-all"


@pytest.fixture
def shop(site: Any) -> Any:
    """Northbird, with a secret."""
    site.secret = signing.make_secret(site=site, seen="")
    return site


@pytest.fixture
def browser(shop):
    return services.start_session(site=shop, locale="en")


# What is handed over here always has a token, and sites of tests carry their secret.
identify: Any = services.identify


def told(shop, **changes):
    return signed(shop.key, shop.secret, **changes)


def owner(started):
    return Session.objects.get(pk=started.session.pk).visitor


@pytest.mark.django_db
class TestIdentify:
    def test_makes_a_stranger_known(self, shop, browser):
        identify(token=browser.token, jwt=told(shop))
        visitor = owner(browser)
        assert {
            "sub": visitor.external_id,
            "name": visitor.name,
            "email": visitor.email,
        } == ANN
        assert visitor.verified_at

    def test_leaves_one_new_token_and_the_end_that_the_old_one_had(self, shop, browser):
        """Whoever had put a token into this browser is left outside, at once."""
        before = VisitorToken.objects.get()
        found = identify(token=browser.token, jwt=told(shop))
        after = VisitorToken.objects.get()
        assert after.digest == services.digest(found.token) != before.digest
        assert after.expires_at == before.expires_at
        with pytest.raises(TokenUnknownError):
            services.recognise(token=browser.token)
        with pytest.raises(TokenUnknownError):
            services.enter(token=browser.token)
        assert services.recognise(token=found.token) == browser.session

    def test_a_successor_that_was_given_before_is_gone_too(self, shop, browser):
        VisitorToken.objects.update(created_at="2020-01-01T00:00Z")
        planted = services.enter(token=browser.token).token
        identify(token=browser.token, jwt=told(shop))
        with pytest.raises(TokenUnknownError):
            services.recognise(token=str(planted))

    def test_notes_what_was_written_before(self, shop, browser):
        Session.objects.update(last_seq=4)
        identify(token=browser.token, jwt=told(shop))
        assert Session.objects.get().anonymous_seq == 4

    def test_again_changes_what_the_shop_says_and_no_token(self, shop, browser):
        token = identify(token=browser.token, jwt=told(shop)).token
        Session.objects.update(last_seq=6)
        jwt = told(shop, name="Ann Chen", email=None)
        assert identify(token=token, jwt=jwt) == services.Identified()
        visitor = owner(browser)
        assert (visitor.name, visitor.email) == ("Ann Chen", ANN["email"])
        assert Session.objects.get().anonymous_seq == 0
        assert services.recognise(token=token) == browser.session

    def test_another_person_ends_the_session_and_takes_nothing_of_it(self, shop, browser):
        token = identify(token=browser.token, jwt=told(shop)).token
        found = identify(token=token, jwt=told(shop, **BEN))
        assert found == services.Identified(has_ended=True, ended=(browser.session.pk,))
        assert owner(browser).external_id == ANN["sub"]
        assert Session.objects.get().closed_at
        assert not VisitorToken.objects.exists()

    def test_the_same_person_elsewhere_has_a_session_of_their_own(self, shop, browser):
        identify(token=browser.token, jwt=told(shop))
        phone = services.start_session(site=shop, locale="en")
        identify(token=phone.token, jwt=told(shop))
        assert phone.session != browser.session
        one, other = owner(browser), owner(phone)
        assert one != other
        assert set(Visitor.objects.same_person(one)) == {one, other}

    def test_a_person_of_another_site_is_another_person(self, shop, browser):
        elsewhere: Any = Site.objects.create(key="south", name="South")
        elsewhere.secret = signing.make_secret(site=elsewhere, seen="")
        stranger = services.start_session(site=elsewhere, locale="en")
        identify(token=browser.token, jwt=told(shop))
        identify(token=stranger.token, jwt=told(elsewhere))
        assert list(Visitor.objects.same_person(owner(browser))) == [owner(browser)]

    def test_strangers_are_not_one_person(self, shop, browser):
        services.start_session(site=shop, locale="en")
        assert not Visitor.objects.same_person(owner(browser)).exists()

    def test_the_next_session_of_the_browser_is_a_strangers(self, shop, browser):
        token = identify(token=browser.token, jwt=told(shop)).token
        known = owner(browser)
        Session.objects.all().delete()
        entered = services.enter(token=token)
        assert entered.session.visitor != known
        assert entered.session.visitor.external_id == ""
        assert entered.session.visitor.tokens.count() == 1
        assert identify(token=token, jwt=told(shop, **BEN)).token

    def test_after_a_logout_nothing_is_left(self, shop, browser):
        token = identify(token=browser.token, jwt=told(shop)).token
        services.log_out(token=token)
        with pytest.raises(TokenUnknownError):
            identify(token=token, jwt=told(shop))

    def test_a_refusal_changes_nothing(self, shop, browser):
        for jwt in (signed(shop.key, OTHER), told(shop, aud="south"), "nonsense"):
            with pytest.raises(IdentityError):
                identify(token=browser.token, jwt=jwt)
        assert owner(browser).external_id == ""
        assert services.recognise(token=browser.token) == browser.session

    def test_what_another_site_has_signed_is_refused_here(self, shop, browser):
        elsewhere: Any = Site.objects.create(key="south", name="South")
        elsewhere.secret = signing.make_secret(site=elsewhere, seen="")
        for jwt in (told(elsewhere), signed(shop.key, elsewhere.secret)):
            with pytest.raises(IdentityError):
                identify(token=browser.token, jwt=jwt)

    def test_typed_details_make_nobody_known(self, shop, browser):
        """A contact form with Ann's address is a line of a stranger."""
        identify(token=browser.token, jwt=told(shop))
        stranger = services.start_session(site=shop, locale="en")
        Message.objects.create(session=stranger.session, seq=1, author="visitor", text=ANN["email"])
        assert owner(stranger).external_id == owner(stranger).email == ""
        assert owner(stranger) not in Visitor.objects.same_person(owner(browser))


@pytest.mark.django_db
class TestKeys:
    def test_the_previous_secret_is_good_until_it_is_forgotten(self, shop, browser):
        first, row = shop.secret, IdentitySecret.objects.get()
        shop.secret = signing.make_secret(site=shop, seen=str(row.id))
        identify(token=browser.token, jwt=signed(shop.key, first))
        newest = signing.secrets_of(shop)[0]
        assert signing.forget_previous(site=shop, seen=str(newest.id)) == 1
        other = services.start_session(site=shop, locale="en")
        with pytest.raises(IdentityError, match="no key"):
            identify(token=other.token, jwt=signed(shop.key, first))
        assert identify(token=other.token, jwt=told(shop)).token

    def test_two_are_the_most(self, shop):
        for _ in range(3):
            signing.make_secret(site=shop, seen=str(signing.secrets_of(shop)[0].id))
        assert IdentitySecret.objects.count() == 2
        assert shop.secret not in signing.valid_keys(shop)

    def test_nobody_overwrites_what_they_have_not_seen(self, shop):
        with pytest.raises(signing.OutdatedError):
            signing.make_secret(site=shop, seen="")
        with pytest.raises(signing.OutdatedError):
            signing.forget_previous(site=shop, seen="")

    def test_secrets_are_of_no_use_where_the_site_has_its_own_key(self, shop, browser):
        key = ec_key()
        shop.identity_algorithm, shop.identity_key = "ES256", public_pem(key)
        shop.save()
        with pytest.raises(IdentityError):
            identify(token=browser.token, jwt=told(shop))
        assert identify(token=browser.token, jwt=signed(shop.key, key, "ES256")).token

    def test_a_sealed_secret_opens_in_its_own_row_only(self, shop, browser):
        elsewhere: Any = Site.objects.create(key="south", name="South")
        mine = signing.make_secret(site=elsewhere, seen="")
        stolen = elsewhere.identity_secrets.get().sealed
        IdentitySecret.objects.filter(site=shop).update(sealed=stolen)
        assert signing.valid_keys(shop) == []
        with pytest.raises(IdentityError):
            identify(token=browser.token, jwt=signed(shop.key, mine))
        # Nor when the whole row is given to the other site.
        row = IdentitySecret.objects.get(site=elsewhere)
        IdentitySecret.objects.filter(pk=row.pk).update(site=shop)
        assert signing.valid_keys(shop) == []

    def test_the_database_holds_no_secret(self, shop):
        row = IdentitySecret.objects.get()
        assert shop.secret not in row.sealed
        assert signing.valid_keys(shop) == [shop.secret]

    def test_under_another_key_of_the_installation_nothing_opens(self, shop, settings, caplog):
        settings.SEAL_KEY = "another key, of another installation entirely"
        assert signing.valid_keys(shop) == []
        assert "is of no use" in caplog.text
        assert shop.secret not in caplog.text

    def test_public_keys(self):
        good = public_pem(rsa_key())
        signing.check_public_key(good, "RS256")
        signing.check_public_key(f"{public_pem(ec_key())}\n", "ES256")
        bad = [
            (good, "ES256"),
            (public_pem(ec_key()), "RS256"),
            (public_pem(ec_key(ec.SECP384R1())), "ES256"),
            (public_pem(rsa_key(1024)), "RS256"),
            (good[:200] + good[260:], "RS256"),
            (good * 2, "RS256"),
            ("ssh-rsa AAAA", "RS256"),
        ]
        for pem, algorithm in bad:
            with pytest.raises(signing.KeyFormatError):
                signing.check_public_key(pem, algorithm)
