"""Rows of the ledger in words, as its pages and those of sessions show them."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.llm.amounts import plain
from apps.llm.models import Call
from apps.llm.models.calls import MOST_SUMMED, OUTCOMES, WHY
from apps.llm.values import Outcome

# What was not tried at all, and what the house decided itself, is nobody's fault.
SOFT = {
    Outcome.QUOTA,
    Outcome.BUSY,
    Outcome.BREAKER,
    Outcome.RATE_LIMITED,
    Outcome.CANCELLED,
    Outcome.CAP,
    Outcome.NO_TIME,
}
OUTCOMES_BY_NAME: dict[str, Any] = dict(OUTCOMES)


def totals_of(calls: Any) -> dict[str, Any]:
    """By currency, of rows as they are filtered; bounded, so that it never takes long."""
    rows = calls.totals()
    return {
        "totals": [row | {"cost": told_amount(row["total"], row["currency"])} for row in rows],
        "is_cut": sum(row["calls"] for row in rows) >= MOST_SUMMED,
        "most_summed": MOST_SUMMED,
    }


def days_of(calls: Any) -> list[dict[str, Any]]:
    """The same by day and site, the latest first."""
    return [
        row | {"cost": told_amount(row["total"], row["currency"])}
        for row in calls.by_day_and_site()
    ]


def tone(call: Call) -> str:
    if call.outcome in {Outcome.OK, Outcome.CACHE}:
        return "ok"
    return "soft" if call.outcome in SOFT else "bad"


def told_why(why: str) -> str:
    return str(WHY.get(why) or OUTCOMES_BY_NAME.get(why, why)) or "–"


def told_tokens(call: Call) -> str:
    """Read and written; with a ~ where nobody counted them."""
    sign = "" if call.measured else "~"
    return f"{sign}{call.tokens_in} / {sign}{call.tokens_out}"


def told_cost(call: Call) -> str:
    if call.outcome == Outcome.CACHE:
        return str(_("free"))
    if call.cost is None:
        return str(_("no price"))
    return told_amount(call.cost, call.currency)


def told_amount(amount: Decimal | None, currency: str) -> str:
    """As much of it as it takes to tell it from nothing."""
    if not currency or amount is None:
        return str(_("no price"))
    if not amount:
        return str(_("free"))
    return f"{currency} {plain(amount.quantize(Decimal('0.00000001')))}"
