"""Secrets of third parties in the database."""

import pytest

from apps.sites.sealing import SealError, seal, unseal


def test_a_sealed_value_opens_for_its_owner():
    sealed = seal("s3cret 密钥", owner="row 7")
    assert unseal(sealed, owner="row 7") == "s3cret 密钥"
    assert "s3cret" not in sealed
    assert seal("s3cret 密钥", owner="row 7") != sealed


def test_it_opens_for_nobody_else():
    with pytest.raises(SealError, match="another owner"):
        unseal(seal("s3cret", owner="row 7"), owner="row 8")


@pytest.mark.parametrize(
    "change", ["", "x", "é", "gAAAA", lambda s: s[:-4] + "AAA=", lambda s: s[1:]]
)
def test_what_was_changed_does_not_open(change):
    sealed = change(seal("s3cret", owner="a")) if callable(change) else change
    with pytest.raises(SealError):
        unseal(sealed, owner="a")


def test_the_key_is_not_djangos(settings):
    sealed = seal("s3cret", owner="a")
    settings.SECRET_KEY = "another"
    assert unseal(sealed, owner="a") == "s3cret"
    settings.SEAL_KEY = "another key, of another installation entirely"
    with pytest.raises(SealError):
        unseal(sealed, owner="a")
