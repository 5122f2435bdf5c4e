"""The keys with which a site's own server signs who its visitors are."""

import logging
import re
import secrets
import uuid
from collections.abc import Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.sites.models import Algorithm, IdentitySecret, Site
from apps.sites.sealing import SealError, seal, unseal

logger = logging.getLogger(__name__)

SECRET_BYTES = 32
KEPT_SECRETS = 2
LEAST_RSA_BITS = 2048
MOST_RSA_BITS = 8192
BEGIN = "-----BEGIN PUBLIC KEY-----"
ONE_PUBLIC_KEY = re.compile(rf"{BEGIN}\r?\n[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----")


class KeyFormatError(ValueError):
    """The text is no public key for the algorithm; the message says why, for staff."""


class OutdatedError(Exception):
    """Somebody else made or forgot a secret meanwhile."""


def valid_keys(site: Site) -> list[str]:
    """Secrets or PEMs, for the site's algorithm only: the current one first, then the previous."""
    if site.identity_algorithm != Algorithm.HS256:
        return [pem for pem in (site.identity_key, site.identity_key_previous) if pem]
    return [secret for row in secrets_of(site) if (secret := _opened(row))]


def secrets_of(site: Site) -> Sequence[IdentitySecret]:
    return list(site.identity_secrets.all()[:KEPT_SECRETS])


def can_be_read(row: IdentitySecret) -> bool:
    """Not after HELPDESK_SEAL_KEY was changed or lost."""
    return _opened(row) is not None


@transaction.atomic
def make_secret(*, site: Site, seen: str) -> str:
    """A new secret, which is told this once. The current one becomes the previous, and what was
    the previous is gone. `seen` is the current one's id, "" without one. Raises OutdatedError."""
    rows = _locked(site, seen)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    made = IdentitySecret(id=uuid.uuid4(), site=site)
    made.sealed = seal(secret, owner=made.owner)
    made.save()
    _delete_all(rows[KEPT_SECRETS - 1 :])
    return secret


@transaction.atomic
def forget_previous(*, site: Site, seen: str) -> int:
    """Only the current secret is valid from here on; how many are gone. Raises OutdatedError."""
    return _delete_all(_locked(site, seen)[1:])


def check_public_key(pem: str, algorithm: str) -> None:
    """Raises KeyFormatError."""
    if "PRIVATE" in pem:
        raise KeyFormatError(
            _("This is a private key. It stays on your server; put the public key here.")
        )
    if not ONE_PUBLIC_KEY.fullmatch(pem.strip()):
        raise KeyFormatError(_("Put one public key here, as PEM: it begins with %s.") % BEGIN)
    try:
        key = load_pem_public_key(pem.strip().encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFormatError(_("This key cannot be read: a part of it is missing.")) from error
    if algorithm == Algorithm.ES256:
        if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
            raise KeyFormatError(_("ES256 needs a key on the curve P-256."))
    elif not isinstance(key, RSAPublicKey) or not LEAST_RSA_BITS <= key.key_size <= MOST_RSA_BITS:
        raise KeyFormatError(_("RS256 needs an RSA key of 2048 to 8192 bits."))


def _locked(site: Site, seen: str) -> Sequence[IdentitySecret]:
    """All of the site's secrets, while nobody else changes them."""
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    rows = list(site.identity_secrets.all())
    if (str(rows[0].id) if rows else "") != seen:
        raise OutdatedError
    return rows


def _delete_all(rows: Sequence[IdentitySecret]) -> int:
    return IdentitySecret.objects.filter(pk__in=[row.pk for row in rows]).delete()[0]


def _opened(row: IdentitySecret) -> str | None:
    try:
        return unseal(row.sealed, owner=row.owner)
    except SealError as error:
        logger.warning("identity: a secret of site %s is of no use: %s", row.site_id, error)
        return None
