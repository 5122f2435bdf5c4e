"""Currencies as ISO 4217 writes them, and from where on a price looks like one of a million."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.llm.models import Price

# Those of ISO 4217 that money is in; metals, funds and codes for tests are left out.
_ISO_4217 = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN "
    "BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD "
    "FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY "
    "KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP "
    "MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR "
    "RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT "
    "TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER "
    "ZAR ZMW ZWG"
)
CODES = frozenset(_ISO_4217.split())
NO_CURRENCY = _(
    "“%(code)s” is no currency. Write the three letters of ISO 4217, such as USD, EUR or CNY."
)
# The dearest models cost about a tenth of it. Of other currencies nothing is said.
DEAR = {
    **dict.fromkeys(("USD", "EUR", "GBP", "CHF", "CAD", "AUD", "SGD"), Decimal("0.2")),
    **dict.fromkeys(("CNY", "HKD"), Decimal("1.5")),
    "TWD": Decimal(6),
    "INR": Decimal(17),
    "JPY": Decimal(30),
    "KRW": Decimal(280),
}


class CurrencyField(forms.CharField):
    """Not bounded to three letters while it is typed: a longer word would be cut to a wrong code."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"initial": "USD", "widget": UnfoldAdminTextInputWidget, **options})

    def clean(self, value: Any) -> str:
        code = str(super().clean(value)).upper()
        if code and code not in CODES:
            raise ValidationError(NO_CURRENCY, params={"code": code[:20]})
        return code


def is_dear(price: Price) -> bool:
    """Whether it looks like the price of a million tokens."""
    most = DEAR.get(price.currency)
    return most is not None and max(price.price_in, price.price_out) > most
