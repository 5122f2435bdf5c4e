"""A climb in the ledger: each attempt a row, what left the house with it; and what caps read."""

import asyncio
import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.llm import booking
from apps.llm.caps import Account, Caps, Spent, cost, reached
from apps.llm.endpoints import Route, endpoint_of
from apps.llm.gateway import Gateway
from apps.llm.models import Call
from apps.llm.models.calls import WHY
from apps.llm.services import save_calls
from apps.llm.steps import Tried, Why
from apps.llm.telling import OUTCOMES_BY_NAME, SOFT, told_why
from apps.llm.values import Outcome, Tier, Usage
from tests.llm import asked, rows
from tests.llm.climbs import Watched, go, told

pytestmark = pytest.mark.django_db


def model_of(fake, name, tier):
    made = rows.model(rows.provider(name, fake.base_url, ""), name, tier=tier)
    rows.price(made, "1", "1")
    return endpoint_of(made, fake.key, None)


def climbed(steps, about):
    watched = Watched()

    async def play():
        async with Gateway(None, asked.LOOPBACK) as gateway:
            await go(gateway, steps, watched, about=about)

    asyncio.run(play())
    return watched.tried


def booked(tried, session, turn):
    to = {"session": session, "turn": turn, "site_id": 1}
    return save_calls(attempts=[booking.attempt_of(one, **to) for one in tried])


def test_every_attempt_is_a_row(fakellm):
    names = [("invents-url", Tier.LOCAL), ("500", Tier.CLOUD), ("good", Tier.CLOUD)]
    steps = [model_of(fakellm, name, tier) for name, tier in names]
    tried = climbed(steps, told("May I return a parcel? My mail is ann.lee@post.example"))
    session, turn = uuid.uuid4(), uuid.uuid4()
    booked(tried, session, turn)
    local, failed, good = Call.objects.of(session)
    assert [call.attempt for call in (local, failed, good)] == [1, 2, 3]
    assert [call.why for call in (local, failed, good)] == ["", "not_grounded", "server_error"]
    assert local.sent is None
    system, user = good.sent or []
    assert (system["role"], user["role"]) == ("system", "user")
    assert "⟦email-1⟧" in user["content"]
    assert "ann.lee" not in str(failed.sent) + str(good.sent)
    assert {call.turn for call in (local, failed, good)} == {turn}
    assert good.prompt_version
    assert good.first_token_ms is not None
    assert good.cost


@pytest.mark.parametrize("name", ["repairable", "only-prompt", "400-on-schema", "malformed-json"])
def test_what_is_kept_is_exactly_what_was_sent(fakellm, name):
    """Each message once: corrections, a model's own words and what tells it the form as well."""
    (row,) = climbed([model_of(fakellm, name, Tier.CLOUD)], told())
    arrived = [one for call in fakellm.calls() for one in call["body"]["messages"]]
    kept = [{"role": one.role, "content": one.content} for one in row.sent]
    assert [one for at, one in enumerate(arrived) if one not in arrived[:at]] == kept


def test_what_was_not_sent_is_a_row_without_text_and_cost():
    step = rows.endpoint(rows.model(rows.provider()))
    session = uuid.uuid4()
    tried = [Tried(step, Outcome.CAP, 1), Tried(step, Outcome.NO_TIME, 2, "cap")]
    saved = booked(tried, session, uuid.uuid4())
    assert [(call.outcome, call.why, call.sent) for call in saved] == [
        ("cap", "", None),
        ("no_time", "cap", None),
    ]


def test_caps_read_what_the_ledger_holds():
    model = rows.model(rows.provider())
    rows.price(model, "1", "1")
    session, route = uuid.uuid4(), Route(cap_chat=Decimal(5), cap_day=Decimal(9))
    first = rows.attempt(model, session=session, site_id=7)
    save_calls(attempts=[first, rows.attempt(model, site_id=7)])
    found = booking.spent(session=session, site_id=7, route=route)
    account = Account(7, timezone.localdate(), "USD")
    assert found == Spent(chat=Decimal("1.5"), day=Decimal(3), account=account)
    assert booking.spent(session=session, site_id=7, route=Route()) == Spent()
    assert booking.caps_of(route) == Caps(Decimal(5), Decimal(9), "USD")


def test_every_reason_has_words():
    assert set(Why) <= set(WHY)
    assert set(Outcome) <= set(OUTCOMES_BY_NAME)
    assert all(told_why(why) != why for why in (*Why, *Outcome))
    assert {Outcome.CAP, Outcome.NO_TIME, Outcome.CANCELLED} <= SOFT


@pytest.mark.parametrize(
    ("caps", "more", "which"),
    [
        (Caps(), 99, ""),
        (Caps(chat=Decimal(3)), 0, ""),
        (Caps(chat=Decimal(3)), 1, "chat"),
        (Caps(day=Decimal(5)), 1, "day"),
        (Caps(chat=Decimal(3), day=Decimal(1)), 1, "chat"),
    ],
)
def test_which_cap_is_reached(caps, more, which):
    assert reached(caps, Spent(chat=Decimal(2), day=Decimal(4)), Decimal(more)) == which


def test_what_a_call_costs():
    usage = Usage(1000, 500)
    priced = asked.endpoint(
        "http://x", "m", price_in=Decimal(2), price_out=Decimal(4), currency="USD"
    )
    assert cost(priced, usage, "USD") == 4
    assert cost(priced, usage, "CNY") == 0
    assert cost(asked.endpoint("http://x", "m"), usage, "USD") == 0
