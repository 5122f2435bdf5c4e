"""A brake on guessing passwords at the admin's login."""

import logging
import math
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from apps.guard import limits
from apps.guard.guesses import Guesses

logger = logging.getLogger(__name__)

DAY_S, HOUR_S = 86_400, 3600
OF_A_NAME, OF_AN_ADDRESS = 5, 30
# Of a name from one address: from another its owner still comes in, whoever else tries.
names = Guesses("sign-in:name", free=OF_A_NAME, kept_s=DAY_S)
# An office may be behind one: only what was wrong is counted, and not for long.
addresses = Guesses("sign-in:address", free=OF_AN_ADDRESS, kept_s=HOUR_S)


def braked(form: Any) -> Any:
    """The form with the brake: no password is looked at before its turn, nor, then, whether there
    is such a name."""

    class Braked(form):  # type: ignore[misc]  # whichever form the admin's look brings
        def clean(self) -> Any:
            name = self.cleaned_data.get("username")
            if not name or not self.cleaned_data.get("password"):
                return super().clean()
            address = limits.address_of(self.request)
            if wait := _wait(name, address):
                raise ValidationError(_told(wait), code="too_many")
            try:
                found = super().clean()
            except ValidationError:
                logger.warning("sign-in: refused to the name with the hash %s", _hash(name))
                raise
            names.clear(_pair(name, address))
            addresses.give_back(limits.holder(address))
            return found

    return Braked


def _wait(name: str, address: str) -> float:
    """0.0 when a password may be tried now, else the seconds until then."""
    if not limits.is_trusted(address) and (wait := addresses.take(limits.holder(address))):
        return wait
    wait = names.take(_pair(name, address))
    if wait:
        addresses.give_back(limits.holder(address))
    return wait


def _pair(name: str, address: str) -> str:
    return f"{limits.holder(address)} {name}"


def _hash(name: str) -> str:
    """The same for the same name, so that lines can be counted."""
    return salted_hmac("helpdesk.sign-in", name).hexdigest()[:12]


def _told(seconds: float) -> str:
    minutes = math.ceil(seconds / 60)
    text = ngettext(
        "Too many wrong attempts. Try again in %(count)d minute.",
        "Too many wrong attempts. Try again in %(count)d minutes.",
        minutes,
    )
    return text % {"count": minutes}
