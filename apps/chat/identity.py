"""Who a visitor is, as the shop's own server has signed it: keys in, claims out.

The algorithm is the site's choice. What the token's head says of it is compared and never followed.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any

import jwt
from django.core.exceptions import ValidationError as BadAddressError
from django.core.validators import validate_email
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from apps.chat.admission import INVISIBLE, UNSTORABLE

LONGEST_TOKEN = 4096
LONGEST_LIFE_S = 600
LEEWAY_S = 60
SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
LINE_ENDS = re.compile("[\t\n\r\u2028\u2029]")
REQUIRED = ["sub", "exp", "iat", "aud"]


class IdentityError(ValueError):
    """The token proves nothing. The message says why, for the log: it holds nothing of what the
    token says."""


class IdentityExpiredError(IdentityError):
    """It was good until a while ago: a fresh one may do."""


def _one_line(value: str) -> str:
    if UNSTORABLE.search(value) or LINE_ENDS.search(value):
        raise ValueError("holds characters that cannot be stored")
    return value


def _visible(value: str) -> str:
    if not INVISIBLE.sub("", value):
        raise ValueError("is empty")
    return value


def _address(value: str) -> str:
    try:
        if value:
            validate_email(value)
    except BadAddressError as error:
        raise ValueError("is no e-mail address") from error
    return value


# Shops leave out what they do not know in either way.
Optional = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
Moment = Annotated[float, Field(allow_inf_nan=False)]


class Claims(BaseModel):
    """`sub` is the shop's own name for the person; times are seconds since 1970."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, hide_input_in_errors=True)

    sub: Annotated[str, Field(max_length=200), AfterValidator(_one_line), AfterValidator(_visible)]
    exp: Moment
    iat: Moment
    name: Annotated[Optional, Field(max_length=200), AfterValidator(_one_line)] = ""
    email: Annotated[
        Optional, Field(max_length=254), AfterValidator(_one_line), AfterValidator(_address)
    ] = ""


def check(token: str, *, keys: Sequence[str], algorithm: str, audience: str) -> Claims:
    """What a JSON Web Token (RFC 7519) proves that one of `keys` has signed.

    `keys` are shared secrets for HS256, else public keys as PEM; `audience` is the site's key.
    Raises IdentityError, or IdentityExpiredError.
    """
    if len(token) > LONGEST_TOKEN:
        raise IdentityError("it is too long")
    if not SHAPE.fullmatch(token):
        raise IdentityError("it is no JWT")
    if not keys:
        raise IdentityError("the site has no key")
    claims = _claims(_payload(token, keys, algorithm, audience))
    if not 0 < claims.exp - claims.iat <= LONGEST_LIFE_S:
        raise IdentityError("exp is not within 10 minutes after iat")
    return claims


def _payload(token: str, keys: Sequence[str], algorithm: str, audience: str) -> dict[str, Any]:
    for key in keys:
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=audience,
                leeway=LEEWAY_S,
                options={"require": REQUIRED, "enforce_minimum_key_length": True},
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.ExpiredSignatureError as error:
            raise IdentityExpiredError("it has expired") from error
        except jwt.PyJWTError as error:
            raise IdentityError(type(error).__name__) from error
    raise IdentityError("no key of the site has signed it")


def _claims(payload: dict[str, Any]) -> Claims:
    try:
        return Claims.model_validate(payload)
    except ValidationError as error:
        names = ", ".join(sorted({str(problem["loc"][0]) for problem in error.errors()}))
        raise IdentityError(f"not as it should be: {names}") from error
