"""How long a turn waits for its models: the one place where that is decided.

The client repeats nothing, and the gateway only what nobody has read. Here a turn waits once for a
provider that says when it will take a call again; for everything else the next model is asked.
"""

from apps.llm.values import Endpoint, GatewayError, Outcome

# To check, store and send what was answered, ahead of the sweeper (3 s before the deadline).
RESERVE_S = 4.0
# A model that is asked after another one gets at least this, or is not asked: what has less time
# than an answer takes is paid for nothing.
FURTHER_S = 4.0
# With another model to ask nobody is kept waiting longer than this.
LONGEST_PAUSE_S = 5.0
ASK_TO_WAIT = frozenset({Outcome.RATE_LIMITED, Outcome.SERVER_ERROR})


def own_time(step: Endpoint, left_s: float, *, is_further: bool) -> float | None:
    """Seconds for one model, of the `left_s` until the turn's deadline. None for too few;
    `is_further`: another one has been asked before."""
    usable = left_s - RESERVE_S
    if usable <= 0 or (is_further and usable < FURTHER_S):
        return None
    return min(step.deadline_s, usable)


def pause(error: GatewayError, left_s: float, *, is_last: bool) -> float | None:
    """Seconds to wait before the same model is asked once more; None to go on to the next."""
    if error.outcome not in ASK_TO_WAIT or not error.retry_after:
        return None
    most = left_s - RESERVE_S - FURTHER_S
    if not is_last:
        most = min(most, LONGEST_PAUSE_S)
    return error.retry_after if error.retry_after <= most else None
