"""What a signed token proves, and every way in which it proves nothing."""

import hmac
import json
import time
from hashlib import sha256
from typing import Any

import pytest

from apps.chat import identity
from apps.chat.identity import IdentityError, IdentityExpiredError
from tests.signed import ANN, SECRET, claims, ec_key, part, public_pem, rsa_key, signed

SHOP = "northbird"
OTHER = "another-secret-that-is-not-of-this-shop-at-all"


def check(token, keys=(SECRET,), algorithm="HS256"):
    return identity.check(token, keys=keys, algorithm=algorithm, audience=SHOP)


def reason(token, keys=(SECRET,), algorithm="HS256"):
    with pytest.raises(IdentityError) as refused:
        check(token, keys, algorithm)
    return str(refused.value)


def by_hand(head, body, key=SECRET):
    """A token that no library would make, signed all the same."""
    text = f"{part(head)}.{part(body)}"
    return f"{text}.{part(hmac.new(key.encode(), text.encode(), sha256).digest())}"


class TestProof:
    def test_a_secret_proves_who_somebody_is(self):
        found = check(signed(SHOP))
        assert {"sub": found.sub, "name": found.name, "email": found.email} == ANN

    @pytest.mark.parametrize(("algorithm", "make"), [("RS256", rsa_key), ("ES256", ec_key)])
    def test_a_key_of_the_shop_proves_it_as_well(self, algorithm, make):
        key = make()
        assert check(signed(SHOP, key, algorithm), [public_pem(key)], algorithm).sub == ANN["sub"]

    def test_both_of_two_keys_are_good(self):
        assert check(signed(SHOP), [OTHER, SECRET]).sub == ANN["sub"]
        assert check(signed(SHOP, OTHER), [OTHER, SECRET]).sub == ANN["sub"]

    def test_name_and_address_may_be_missing_or_null(self):
        for token in (signed(SHOP, name=None, email=None), by_hand({"alg": "HS256"}, {
            **claims(SHOP), "name": None, "email": None})):  # fmt: skip
            found = check(token)
            assert (found.name, found.email) == ("", "")

    def test_clocks_may_differ_by_a_minute(self):
        now = int(time.time())
        assert check(signed(SHOP, iat=now - 90, exp=now - 30))
        assert check(signed(SHOP, iat=now + 30, exp=now + 90))

    def test_the_audience_may_be_one_of_several(self):
        assert check(signed(SHOP, aud=["elsewhere", SHOP])).sub == ANN["sub"]


class TestForgeries:
    def test_without_a_signature(self):
        text = f"{part({'alg': 'none'})}.{part(claims(SHOP))}"
        assert reason(f"{text}.") == "it is no JWT"
        assert reason(f"{text}.{part(b'x')}") == "InvalidAlgorithmError"
        none = f"{part({'alg': 'None'})}.{part(claims(SHOP))}.{part(b'x')}"
        assert reason(none) == "InvalidAlgorithmError"

    @pytest.mark.parametrize(("algorithm", "make"), [("RS256", rsa_key), ("ES256", ec_key)])
    def test_signed_with_the_public_key_as_if_it_were_a_secret(self, algorithm, make):
        pem = public_pem(make())
        forged = by_hand({"alg": "HS256", "typ": "JWT"}, claims(SHOP), pem)
        assert reason(forged, [pem], algorithm) == "InvalidAlgorithmError"
        # Not even where the site had that for a secret.
        assert reason(forged, [pem]) == "InvalidKeyError"

    def test_the_head_does_not_choose_the_algorithm(self):
        for algorithm in ("HS384", "HS512"):
            assert (
                reason(signed(SHOP, SECRET * 2, algorithm), [SECRET * 2]) == "InvalidAlgorithmError"
            )
        key = rsa_key()
        assert reason(signed(SHOP, key, "PS256"), [public_pem(key)], "RS256")

    def test_a_key_that_comes_in_the_head(self):
        key = rsa_key()
        head = {"alg": "RS256", "jwk": {"kty": "RSA"}, "jku": "https://evil.example", "kid": "../x"}
        assert reason(by_hand(head, claims(SHOP)), [public_pem(key)], "RS256")

    def test_signed_with_another_key(self):
        assert reason(signed(SHOP, OTHER)) == "no key of the site has signed it"
        assert reason(signed(SHOP, rsa_key(), "RS256"), [public_pem(rsa_key())], "RS256")

    def test_claims_changed_after_signing(self):
        head, _body, signature = signed(SHOP).split(".")
        assert reason(f"{head}.{part(claims(SHOP, sub='customer-1'))}.{signature}")

    def test_no_key_at_all(self):
        assert reason(signed(SHOP), []) == "the site has no key"

    @pytest.mark.parametrize("key", ["", "short", "x" * 31])
    def test_a_secret_that_can_be_guessed(self, key):
        assert reason(by_hand({"alg": "HS256"}, claims(SHOP), key), [key]) == "InvalidKeyError"

    def test_critical_words_that_are_not_understood(self):
        assert reason(by_hand({"alg": "HS256", "crit": ["exp2"], "exp2": 1}, claims(SHOP)))

    def test_a_payload_that_is_elsewhere(self):
        assert reason(by_hand({"alg": "HS256", "b64": False, "crit": ["b64"]}, claims(SHOP)))


class TestClaims:
    @pytest.mark.parametrize(
        "aud", [None, "", "another-shop", ["another-shop"], [], 7, SHOP.upper()]
    )
    def test_meant_for_another_site(self, aud):
        assert reason(signed(SHOP, aud=aud)) in {
            "InvalidAudienceError",
            "MissingRequiredClaimError",
        }

    @pytest.mark.parametrize("name", ["sub", "exp", "iat", "aud"])
    def test_something_required_is_missing(self, name):
        without: dict[str, Any] = {name: None}
        assert reason(signed(SHOP, **without)) == "MissingRequiredClaimError"

    def test_expired(self):
        now = int(time.time())
        with pytest.raises(IdentityExpiredError):
            check(signed(SHOP, iat=now - 400, exp=now - 61))
        # Only somebody who can sign is told that.
        assert reason(signed(SHOP, OTHER, iat=now - 400, exp=now - 61)).startswith("no key")

    @pytest.mark.parametrize("life", [601, 3600, 10**9, 0, -5])
    def test_good_for_too_long_or_for_no_time(self, life):
        now = int(time.time())
        assert reason(signed(SHOP, iat=now, exp=now + life)).startswith("exp is not within")

    def test_signed_in_the_future(self):
        now = int(time.time())
        assert reason(signed(SHOP, iat=now + 120, exp=now + 300)) == "ImmatureSignatureError"

    @pytest.mark.parametrize("name", ["exp", "iat"])
    @pytest.mark.parametrize(
        "value", ["Infinity", "-Infinity", "NaN", "1e400", '"9999999999"', "true", "[1]", "{}"]
    )
    def test_times_that_are_no_times(self, name, value):
        body = json.dumps({**claims(SHOP), name: "HERE"}).replace('"HERE"', value)
        assert reason(by_hand({"alg": "HS256"}, body.encode()))

    @pytest.mark.parametrize(
        "sub",
        ["", " ", "\u200b", "x" * 201, "a\0b", "a\nb", "a\x1b[31m", "\ud800", 17, True, ["a"], {}],
    )
    def test_a_person_without_a_proper_id(self, sub):
        assert reason(by_hand({"alg": "HS256"}, claims(SHOP, sub=sub)))

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("name", "x" * 201),
            ("name", "Ann\0"),
            ("name", "Ann\nVerified"),
            ("name", "\ud83d"),
            ("name", 7),
            ("email", "no address"),
            ("email", "a@b.example\nBcc: c@d.example"),
            ("email", "a" * 250 + "@b.example"),
            ("email", ["a@b.example"]),
        ],
    )
    def test_a_name_or_an_address_that_cannot_be_one(self, name, value):
        found = reason(by_hand({"alg": "HS256"}, claims(SHOP, **{name: value})))
        assert found == f"not as it should be: {name}"

    def test_the_reason_tells_nothing_of_the_person(self):
        told = reason(signed(SHOP, name="Ann Lee" * 50, email="ann(at)customer.example"))
        assert told == "not as it should be: email, name"


class TestShapes:
    @pytest.mark.parametrize(
        "token",
        [
            "",
            "a.b",
            "a.b.c.d.e",
            "..",
            "a.b.c",
            "\0.\0.\0",
            "é.b.c",
            "\ud800.b.c",
            f"{part(b'null')}.e30.eA",
            f"{part(b'[]')}.e30.eA",
            part({"alg": ["HS256"]}) + ".e30.eA",
            part(b"[" * 2900) + ".e30.eA",
        ],
        ids=range(12),
    )
    def test_what_is_no_token(self, token):
        assert reason(token)

    def test_white_space_around_it(self):
        assert reason(f"{signed(SHOP)}\n") == "it is no JWT"

    def test_nesting_without_end(self):
        """Signed: it is read."""
        body = b'{"a":' * 450 + b"1" + b"}" * 450
        deep = b"[" * 2000
        assert reason(by_hand({"alg": "HS256"}, body))
        assert reason(by_hand({"alg": "HS256"}, deep))

    def test_more_than_four_kilobytes(self):
        assert reason(signed(SHOP, extra="x" * 4096)) == "it is too long"
