"""Stops asking a model that fails, in each process for itself.

What a process has not seen fail it may ask: the state is not worth a network trip before each call.
"""

import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from uuid import UUID

from apps.llm.values import GatewayError, Outcome

# Five failures in half a minute: fewer may be chance, and a turn that waits for a dead model has
# none of its time left for the next. Of a model that is asked hundreds of times a minute some calls
# always fail, so they must be half of the last ones as well.
FAILURES = 5
WINDOW_S = 30.0
FAILED_SHARE = 0.5
REMEMBERED = 100
OPEN_S = 30.0
# While one call tries whether it works again, the others come back after this.
TRIAL_S = 1.0

FAILED = frozenset(
    {
        Outcome.DEADLINE,
        Outcome.FIRST_TOKEN,
        Outcome.GAP,
        Outcome.UNREACHABLE,
        Outcome.TLS,
        Outcome.SERVER_ERROR,
        Outcome.TOO_LARGE,
        Outcome.CUT,
        Outcome.RATE_LIMITED,
    }
)
# Of these what somebody wrote may be to blame: they can ask for more than there is time to say.
PROVOKED = frozenset({Outcome.DEADLINE, Outcome.TOO_LARGE})
# Nothing but a change of the configuration mends these.
MISCONFIGURED = frozenset(
    {
        Outcome.AUTH,
        Outcome.MISSING_MODEL,
        Outcome.REDIRECT,
        Outcome.BLOCKED,
    }
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A call as it ended. `blamed` is who asked, where that one's words may be to blame."""

    at: float
    is_ok: bool
    blamed: Hashable = None


class Breaker:
    """Closed; open until a moment; or half open: then one call at a time tries.

    Paused is another thing: a model that says when it will take calls again is well, and who can
    wait that long need not try one by one.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open_until: float | None = None
        self._paused_until = 0.0
        self._is_tried = False
        self._has_answered = False
        self._calls: deque[Seen] = deque(maxlen=REMEMBERED)

    def enter(self, asker: Hashable = None) -> "Entry":
        """Raises GatewayError with BREAKER while the model is left alone, with RATE_LIMITED while it
        has asked for a pause. `asker`: of whom several calls for which their words may be to blame
        count once; None for nobody whom we know."""
        now = self._clock()
        if now < self._paused_until:
            left = self._paused_until - now
            raise GatewayError(Outcome.RATE_LIMITED, "it asked for a pause", retry_after=left)
        if self._open_until is None:
            return Entry(self, asker)
        left = self._open_until - now
        if left > 0 or self._is_tried:
            raise GatewayError(
                Outcome.BREAKER, "it failed lately", retry_after=left if left > 0 else TRIAL_S
            )
        self._is_tried = True
        return Entry(self, asker, is_trial=True)

    def leave(self, entry: "Entry", outcome: Outcome | None, retry_after: float | None) -> None:
        if entry.is_trial:
            self._is_tried = False
        if outcome is None:
            return
        if outcome is Outcome.RATE_LIMITED and retry_after:
            self._paused_until = max(self._paused_until, self._clock() + retry_after)
        elif outcome in MISCONFIGURED:
            self._open(OPEN_S)
        elif outcome is Outcome.BAD_REQUEST:
            self._refuse(entry)
        elif outcome in FAILED:
            self._fail(entry, outcome)
        else:
            self._succeed(entry)

    def _open(self, seconds: float) -> None:
        self._open_until = max(self._open_until or 0.0, self._clock() + seconds)
        self._calls.clear()

    def _succeed(self, entry: "Entry") -> None:
        """Those that were under way when it opened prove nothing."""
        if entry.is_trial:
            self._open_until = None
        self._has_answered = True
        self._calls.append(Seen(self._clock(), is_ok=True))

    def _refuse(self, entry: "Entry") -> None:
        """A provider refuses single lines, in words of its own, and one visitor, who may have many
        sessions, must not be able to take a model from all others with them. So one that has ever
        answered is not left alone for it: a refusal comes fast, and the next model has its time."""
        if not self._has_answered:
            self._blame(entry)

    def _fail(self, entry: "Entry", outcome: Outcome) -> None:
        if entry.is_trial:
            self._open(OPEN_S)
        elif outcome in PROVOKED:
            self._blame(entry)
        else:
            self._calls.append(Seen(self._clock(), is_ok=False))
            self._judge()

    def _blame(self, entry: "Entry") -> None:
        """Each who asks once."""
        asker = object() if entry.asker is None else entry.asker
        if all(seen.blamed != asker for seen in self._recent()):
            self._calls.append(Seen(self._clock(), is_ok=False, blamed=asker))
            self._judge()

    def _judge(self) -> None:
        recent = [seen.is_ok for seen in self._recent()]
        failed = recent.count(False)
        if failed >= FAILURES and failed >= FAILED_SHARE * len(recent):
            self._open(OPEN_S)

    def _recent(self) -> list[Seen]:
        after = self._clock() - WINDOW_S
        return [seen for seen in self._calls if seen.at > after]


@dataclass(frozen=True, slots=True)
class Entry:
    """A call that the breaker let through and that must be left once."""

    breaker: Breaker
    asker: Hashable = None
    is_trial: bool = False

    def leave(self, outcome: Outcome | None, retry_after: float | None = None) -> None:
        """None: it was given up from outside, or says nothing about the model."""
        self.breaker.leave(self, outcome, retry_after)


class Breakers:
    """One for each model of each provider."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._breakers: dict[tuple[UUID, UUID], Breaker] = {}

    def of(self, provider: UUID, model: UUID) -> Breaker:
        found = self._breakers.get((provider, model))
        if found is None:
            found = self._breakers[provider, model] = Breaker(self._clock)
        return found
