"""Forms of providers and models: what is refused, and in which words."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.guard.outbound import OutboundError, Problem, split
from apps.llm import reach
from apps.llm.admin.currencies import CurrencyField
from apps.llm.admin.offered import asking_for_names
from apps.llm.amounts import plain
from apps.llm.models import Model, Price, Provider
from apps.llm.models.providers import PRICE_DIGITS, PRICE_PLACES
from apps.llm.services import set_key
from apps.llm.values import Tier

LONGEST_KEY = 2000
COMPLETIONS = "/chat/completions"
NOT_CALLED = _("Write an address such as https://api.openai.com/v1 or http://127.0.0.1:11434/v1.")
WITH_NAME = _("A name or password must not stand in the address: the key has a field of its own.")
WITH_QUERY = _("Write the address without “?” and “#”.")
PROBLEMS = {
    Problem.BLOCKED: _(
        "The address leads into a private network. Whoever runs this server can allow it with "
        "HELPDESK_LLM_ALLOWED_NETWORKS."
    ),
    Problem.PLAIN: _(
        "The address is on the internet and not encrypted. Write https:// instead of http://."
    ),
}
NOT_LOCAL = _(
    "The address of “%(provider)s” is on the internet: what is asked there leaves the house. "
    "Choose the tier “Cloud”. For a server of your own, whoever runs this one can list its "
    "network in HELPDESK_LLM_ALLOWED_NETWORKS."
)


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripting fails at run time
    """The key goes in and never comes out: neither a wrong form nor the page of a row holds it."""

    key = forms.CharField(
        label=_("API key"),
        required=False,
        max_length=LONGEST_KEY,
        widget=UnfoldAdminPasswordWidget(
            attrs={"autocomplete": "new-password", "spellcheck": "false"}
        ),
    )
    clear_key = forms.BooleanField(
        label=_("Clear the key"), required=False, widget=UnfoldBooleanSwitchWidget
    )

    class Meta:
        model = Provider
        fields = ["name", "dialect", "base_url", "is_enabled"]
        widgets = {"base_url": UnfoldAdminTextInputWidget(attrs={"spellcheck": "false"})}

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if "key" in self.fields:
            self.fields["key"].help_text = told_key(self.instance)

    def clean_base_url(self) -> str:
        url = str(self.cleaned_data["base_url"]).strip().rstrip("/").removesuffix(COMPLETIONS)
        if "@" in url.partition("://")[2].partition("/")[0]:
            raise ValidationError(str(WITH_NAME))
        try:
            parts = split(url)
            problem = reach.problem_of(url, settings.LLM_ALLOWED_NETWORKS)
        except OutboundError as error:
            raise ValidationError(str(NOT_CALLED)) from error
        if parts.query or parts.fragment or url[-1] in "?#":
            raise ValidationError(str(WITH_QUERY))
        if problem:
            raise ValidationError(str(PROBLEMS[problem]))
        return url

    def clean_key(self) -> str:
        key = str(self.cleaned_data["key"] or "")
        if any(char.isspace() for char in key):
            raise ValidationError(_("The key has a space or a line break in it. Copy it again."))
        if not key.isascii() or not key.isprintable():
            raise ValidationError(_("A key has letters, digits and signs of ASCII only."))
        return key

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("key") and cleaned.get("clear_key"):
            self.add_error("clear_key", _("Either enter a new key or clear the one that is there."))
        url = cleaned.get("base_url")
        if url and self.instance.pk and not self.instance._state.adding:
            self._check_move(url, cleaned)
        return cleaned

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 Django's own
        key = self.cleaned_data.get("key", "")
        if key or self.cleaned_data.get("clear_key"):
            set_key(provider=self.instance, key=key)
        return super().save(commit)

    def _check_move(self, url: str, cleaned: dict[str, Any]) -> None:
        """A key that somebody entered for one server, or one tenant of it, is not sent to another
        because a second person changes the address."""
        before = self.initial.get("base_url", "")
        is_other = not reach.same_place(before, url)
        entered = cleaned.get("key") or cleaned.get("clear_key") or "key" in self.errors
        if is_other and self.instance.sealed_key and not entered:
            self.add_error(
                "key", _("The address leads to another place: enter its key, or clear it.")
            )
        local = self.instance.models.filter(tier=Tier.LOCAL).first() if is_other else None
        if local and reach.leaves_house(url, settings.LLM_ALLOWED_NETWORKS):
            said = _("“%(model)s” is a local model, and this address is on the internet. Change its "
                     "tier first.")  # fmt: skip
            self.add_error("base_url", str(said) % {"model": local})


def told_key(provider: Provider) -> str:
    """Whether there is one, and how it ends."""
    if not provider.sealed_key:
        return str(_("Kept sealed; nobody can read it here again. Local servers need none."))
    if not provider.key_end:
        return str(_("A key is stored. Empty: it stays. What you enter takes its place."))
    stored = _("A key is stored that ends in %(end)s. Empty: it stays. What you enter takes its "
               "place.")  # fmt: skip
    return str(stored) % {"end": provider.key_end}


class ModelForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripting fails at run time
    """A new model may have its first price with it."""

    price_in = forms.DecimalField(
        label=_("1,000 tokens read"),
        required=False,
        min_value=Decimal(0),
        max_digits=PRICE_DIGITS,
        decimal_places=PRICE_PLACES,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    price_out = forms.DecimalField(
        label=_("1,000 tokens written"),
        required=False,
        min_value=Decimal(0),
        max_digits=PRICE_DIGITS,
        decimal_places=PRICE_PLACES,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    currency = CurrencyField(label=_("Currency"), required=False)

    class Meta:
        model = Model
        exclude: list[str] = []  # the admin's fieldsets say which

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if "rank" in self.fields:
            self.fields["rank"].required = False
        if "name" in self.fields:
            self.fields["name"].widget.attrs |= asking_for_names()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._check_rank(cleaned)
        self._check_times(cleaned)
        self._check_home(cleaned)
        self._check_price(cleaned)
        return cleaned

    def first_price(self) -> Price | None:
        """What was entered with a new model, from today on; not stored yet."""
        price_in = self.cleaned_data.get("price_in")
        if price_in is None:
            return None
        return Price(
            model=self.instance,
            valid_from=timezone.localdate(),
            price_in=price_in,
            price_out=self.cleaned_data["price_out"],
            currency=self.cleaned_data["currency"],
        )

    def _check_rank(self, cleaned: dict[str, Any]) -> None:
        tier, purpose = cleaned.get("tier"), cleaned.get("purpose")
        if not tier or not purpose or "rank" in self.errors:
            return
        if cleaned.get("rank") is None:
            cleaned["rank"] = Model.objects.next_rank(tier, purpose)
        others = Model.objects.at_rank(tier, purpose, cleaned["rank"]).exclude(pk=self.instance.pk)
        if other := others.first():
            said = _(
                "“%(other)s” has rank %(rank)d in this tier and for this purpose already. Free is "
                "for example %(free)d."
            )
            free = Model.objects.next_rank(tier, purpose)
            told = {"other": other, "rank": cleaned["rank"], "free": free}
            self.add_error("rank", str(said) % told)

    def _check_times(self, cleaned: dict[str, Any]) -> None:
        deadline = cleaned.get("deadline_s")
        for name in ("first_token_s", "gap_s"):
            if deadline and cleaned.get(name) and cleaned[name] > deadline:
                self.add_error(name, _("It is longer than the deadline of the whole answer."))
        context, most = cleaned.get("context"), cleaned.get("most_tokens")
        if context and most and most >= context:
            self.add_error("most_tokens", _("The context must hold the question as well."))

    def _check_home(self, cleaned: dict[str, Any]) -> None:
        provider = cleaned.get("provider")
        if not provider or cleaned.get("tier") != Tier.LOCAL:
            return
        if reach.leaves_house(provider.base_url, settings.LLM_ALLOWED_NETWORKS):
            self.add_error("tier", str(NOT_LOCAL) % {"provider": provider})

    def _check_price(self, cleaned: dict[str, Any]) -> None:
        price_in, price_out = cleaned.get("price_in"), cleaned.get("price_out")
        if (price_in is None) == (price_out is None):
            has_currency = cleaned.get("currency") or "currency" in self.errors
            if price_in is not None and not has_currency:
                self.add_error("currency", _("Write three letters, such as USD or CNY."))
            return
        missing = "price_in" if price_in is None else "price_out"
        if missing in self.fields and missing not in self.errors:
            self.add_error(missing, _("Enter both prices, or none. 0 stands for free."))


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripting fails at run time
    currency = CurrencyField(label=_("Currency"))

    class Meta:
        model = Price
        fields = ["valid_from", "valid_until", "price_in", "price_out", "currency"]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for name in ("price_in", "price_out"):
            if stored := self.initial.get(name):
                self.initial[name] = Decimal(plain(stored))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("valid_from"), cleaned.get("valid_until")
        if first and last and last < first:
            self.add_error("valid_until", _("It ends before it begins."))
        return cleaned


def overlapping(rows: list[Price]) -> tuple[Price, Price] | None:
    """The first two of which both hold on one day. One without an end gives way to the next."""
    ordered = sorted(rows, key=lambda row: row.valid_from)
    for earlier, later in pairwise(ordered):
        if earlier.valid_from == later.valid_from:
            return earlier, later
        if earlier.valid_until and earlier.valid_until >= later.valid_from:
            return earlier, later
    return None
