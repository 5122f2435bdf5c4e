"""What a site's day may cost, over all processes: reserve, call, settle, like `quota`.

Rows of the ledger are written behind the calls, and turns that run side by side have read the same
sum. So Redis keeps what was reserved and spent; what the rows say counts where it is more, since
they know of other calls as well, and of what Redis has lost. A call that ends with its process
stays reserved: too little is spent then, not too much. With Redis away each process counts for
itself and allows a quarter of what is left.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING

from apps.llm.caps import Account
from apps.llm.quota import ALONE_SHARE, Shared

if TYPE_CHECKING:
    from redis.asyncio import Redis

KEY = "helpdesk:llm:paid:{0.site_id}:{0.day}:{0.currency}"
# Redis counts in doubles: a million of any currency to the last unit.
UNITS = 1_000_000
# ARGV: what the rows say, the call, the cap. 1: go on.
HOLD = """
local had = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), tonumber(ARGV[1]))
if had >= tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', had + tonumber(ARGV[2])), 'EX', 86400)
return 1
"""
SETTLE = """
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('INCRBY', KEYS[1], ARGV[1]) end
return 1
"""


@dataclass(frozen=True, slots=True)
class Held:
    """`units` of an account's day, in Redis or, with `is_alone`, in this process."""

    account: Account | None
    units: int
    is_alone: bool = False


NOTHING = Held(None, 0)


class Purse(Shared):
    def __init__(self, redis: "Redis | None", clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(redis, clock)
        self._alone: dict[Account, int] = {}

    async def hold(
        self, account: Account, rows: Decimal, cost: Decimal, cap: Decimal
    ) -> Held | None:
        """Reserves `cost`; None when the cap is reached. `rows` is what the ledger says. The call
        that crosses the cap still goes on, and no other after it."""
        wanted = _units(cost)
        if not wanted:
            return NOTHING
        found = await self._run(HOLD, KEY.format(account), _units(rows), wanted, _units(cap))
        if found is None:
            return self._hold_alone(account, _units(rows), wanted, _units(cap))
        return Held(account, wanted) if found else None

    def settle(self, held: Held, paid: Decimal) -> None:
        """Counts what it has really cost."""
        more = _units(paid) - held.units
        if held.account is None or not more:
            return
        if held.is_alone:
            self._alone[held.account] = self._alone.get(held.account, 0) + more
        else:
            self._later(self._run(SETTLE, KEY.format(held.account), more))

    def _hold_alone(self, account: Account, rows: int, wanted: int, cap: int) -> Held | None:
        self._alone = {one: had for one, had in self._alone.items() if one.day == account.day}
        had = max(self._alone.get(account, 0), rows)
        if had >= rows + (cap - rows) / ALONE_SHARE:
            return None
        self._alone[account] = had + wanted
        return Held(account, wanted, is_alone=True)


def _units(amount: Decimal) -> int:
    return int((amount * UNITS).to_integral_value(ROUND_UP))
