"""Secrets of third parties, kept so that a stolen database tells nothing of them.

A sealed value is a Fernet token (AES-128-CBC, HMAC-SHA256) under a key derived from
HELPDESK_SEAL_KEY, which is not Django's key and is in no database. The name of its owner, such as
"sites.identitysecret 7", is sealed in with it: a value copied into another row does not open there.
"""

import base64
import json

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"helpdesk sealed values, version 1"


class SealError(Exception):
    """The value does not open: another key, another owner, or it was changed."""


def seal(value: str, *, owner: str) -> str:
    """ASCII, some 100 bytes and a third more than the value."""
    return _fernet().encrypt(json.dumps([owner, value]).encode()).decode()


def unseal(sealed: str, *, owner: str) -> str:
    """The value that was sealed for `owner`. Raises SealError."""
    try:
        named, value = json.loads(_fernet().decrypt(sealed.encode()))
    except (InvalidToken, ValueError) as error:
        raise SealError("it does not open with this key") from error
    if named != owner:
        raise SealError("it was sealed for another owner")
    return str(value)


def _fernet() -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=PURPOSE).derive(settings.SEAL_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
