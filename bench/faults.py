"""How long a visitor waits when something fails: over the real processes, durable, with FakeLLM.

    python bench/faults.py [--json] [--rounds N] [--frozen N]

`killed_*`: the turns worker with all its processes is killed while a model speaks; seconds from the
kill, and from the end of the turn's lease, to the one reply. `frozen_*`: Redis is stopped in its
tracks for so many seconds while lines come at random; milliseconds to their acks, and the same
before. `down_*`: the only model falls silent; seconds to the notice of the first lines, which find
it out, then milliseconds that a turn takes to its notice while the model is left alone (`own` of
them in the gateway), and seconds from its return to the first answer, which a probe has to precede.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import uvloop

from bench.models import (
    LOOPBACK,
    add_model,
    answered_of,
    hard_questions,
    never_asked,
    probe,
    start_worker,
)
from bench.stack import UNLIMITED, durable_stack, family
from bench.turns import MS, answered, make_tokens
from bench.visitors import Sitting, open_loop, questions, sit_down
from tests.fakellm.process import FakeLLM, fakellm_process
from tests.redis_child import RedisChild
from tests.stack import Child, Stack

ROUNDS, FROZEN_S = 3, 60.0
# So few that each is soon chosen again: who waits answers no ping, and the server ends its socket.
VISITORS, RATE, BEFORE_S = 40, 20, 10.0
# As many failures as make a breaker open, and the turns that come while it is.
FIRST, LATER = 5, 20
ACK, REPLY, NOTICE = b'"ack"', b'"author":"bot"', b'"author":"system"'
UNKNOWN = "Do fish sleep on trains?"
LIMITS = {**UNLIMITED, **LOOPBACK}
# What a drain has seen of a model it keeps to itself: one for all of it.
LASTING = {"HELPDESK_DRAIN_SILENCE_SECONDS": "60", "HELPDESK_DRAIN_CLAIM_SECONDS": "80"}
PAUSE_S, PATIENCE_S = 0.05, 60.0
LAST = """SELECT t.id::text, t.state, extract(epoch FROM m.created_at - %s::timestamptz)::float8,
  (SELECT count(*) FROM chat_message r WHERE r.turn_id = t.id AND r.author = 'bot')
FROM chat_turn t JOIN chat_message m ON m.turn_id = t.id AND m.author <> 'visitor'
WHERE t.id = %s"""
RUNNING = "SELECT id::text, lease_until::text, clock_timestamp()::text FROM chat_turn"
ENDED = """SELECT state, count(*), coalesce(bool_and(finished_at <= deadline_at), true)
FROM chat_turn WHERE deadline_at IS NOT NULL AND created_at > %s::timestamptz GROUP BY state"""
LEFT_ALONE = """SELECT extract(epoch FROM t.finished_at - t.created_at)::float8, c.total_ms
FROM chat_turn t JOIN llm_call c ON c.turn = t.id WHERE c.outcome = 'breaker' AND t.state = 'fallback'"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="kills of the worker")
    parser.add_argument("--frozen", type=float, default=FROZEN_S, help="seconds without Redis")
    options = parser.parse_args()
    with durable_stack() as made, fakellm_process() as fake, own_redis() as broker:
        figures = measure(
            replace(made, redis_url=broker.url), fake, broker, options.rounds, options.frozen
        )
    print(json.dumps(figures) if options.json else _table(figures))


@contextlib.contextmanager
def own_redis() -> Iterator[RedisChild]:
    """One that may be stopped: of what else runs here nothing is."""
    with tempfile.TemporaryDirectory(prefix="hd-") as folder:
        broker = RedisChild(Path(folder))
        broker.start()
        try:
            yield broker
        finally:
            broker.thaw()
            broker.kill()


def measure(
    made: Stack, fake: FakeLLM, broker: RedisChild, rounds: int, frozen_s: float
) -> dict[str, Any]:
    tokens = make_tokens(VISITORS + rounds + FIRST + LATER + int(PATIENCE_S))
    take = iter(tokens)
    add_model(fake)
    hard = hard_questions()
    probes = make_tokens(len(hard))
    figures: dict[str, Any] = {}
    with made.web(**LIMITS) as web, made.command("manage.py", "sweep", **LIMITS) as sweeper:
        sweeper.wait_for("leads")

        async def sit(count: int, answer: bytes) -> list[Sitting]:
            sittings = await sit_down(web.port, [next(take) for _ in range(count)])
            return [replace(each, answer=answer) for each in sittings]

        _say("what the model answers")
        use_model("good")
        with _worker(made):
            uvloop.run(probe(web.port, probes, hard))
        hard = answered_of(hard, made)
        _say(f"a killed worker, {rounds} times")
        figures |= uvloop.run(measure_killed(made, fake, sit, rounds, hard))
        _say(f"Redis frozen for {frozen_s:g} s (so far {figures})")
        figures |= uvloop.run(measure_frozen(made, broker, sit, frozen_s, hard))
        _say(f"a silent model (so far {figures})")
        figures |= uvloop.run(measure_down(made, sit, hard))
    return figures


Sit = Callable[[int, bytes], Awaitable[list[Sitting]]]


async def measure_killed(
    made: Stack, fake: FakeLLM, sit: Sit, rounds: int, hard: Sequence[str]
) -> dict[str, Any]:
    after_kill, after_lease = [], []
    asked = never_asked(hard).lines()
    for number in range(rounds):
        await asyncio.to_thread(use_model, "stall")
        with _worker(made) as worker:
            (sitting,) = await sit(1, REPLY)
            reply = asyncio.create_task(sitting.turn(asked[number % len(asked)]))
            await _until(partial(_speaks, fake, number + 1), "the model speaks")
            await asyncio.to_thread(use_model, "good")
            _kill(worker)
            ((turn, lease, now),) = made.query(f"{RUNNING} WHERE state = 'running'")
            await _until(partial(_has_ended, made), "the turn ends")
            reply.cancel()
        (last,) = made.query(LAST, now, turn)
        if last[1:] != ("done", last[2], 1):
            # A machine that is too busy for the sweeper's process to start in time.
            _say(f"no reply but a notice: {last}")
            continue
        after_kill.append(float(str(last[2])))
        after_lease.append(float(str(made.query(LAST, lease, turn)[0][2])))
    return {
        "killed_answered": f"{len(after_kill)} of {rounds}",
        "killed_reply_s": round(max(after_kill, default=float("nan")), 2),
        "killed_reply_after_lease_s": round(max(after_lease, default=float("nan")), 2),
    }


async def measure_frozen(
    made: Stack, broker: RedisChild, sit: Sit, frozen_s: float, hard: Sequence[str]
) -> dict[str, Any]:
    await asyncio.to_thread(use_model, "good-1200ms")
    with _worker(made):
        sittings = await sit(VISITORS, ACK)
        asked = [*answered(questions(reworded=True)), *never_asked(hard).lines()]
        before = sorted(await open_loop(sittings, RATE, BEFORE_S, asked))
        ((began,),) = made.query("SELECT clock_timestamp()::text")
        broker.freeze()
        acks = sorted(await open_loop(sittings, RATE, frozen_s, asked))
        broker.thaw()
        await _until(partial(_has_ended, made), "all turns end")
    ended = made.query(ENDED, began)
    return {
        "frozen_lines": len(acks),
        "frozen_ack_ms_p50": _ms(acks, 0.5),
        "frozen_ack_ms_p95": _ms(acks, 0.95),
        "frozen_ack_ms_max": _ms(acks, 1),
        "before_ack_ms_p95": _ms(before, 0.95),
        "frozen_turns": {str(state): count for state, count, _ in ended},
        "frozen_in_time": all(in_time for *_, in_time in ended),
    }


async def measure_down(made: Stack, sit: Sit, hard: Sequence[str]) -> dict[str, Any]:
    await asyncio.to_thread(use_model, "hang")
    ((began,),) = made.query("SELECT clock_timestamp()::text")
    with _worker(made, **LASTING):
        firsts = await sit(FIRST, NOTICE)
        notices = await asyncio.gather(*(each.turn(UNKNOWN) for each in firsts))
        waits = [await _alone(sit) for _ in range(LATER)]
        await asyncio.to_thread(use_model, "good")
        back = time.perf_counter()
        asked = never_asked(hard).lines()
        by_model = "SELECT 1 FROM chat_turn WHERE route = 'model' AND created_at > %s::timestamptz"
        while not made.query(by_model, began):
            if time.perf_counter() - back > PATIENCE_S:
                raise RuntimeError("the model is never asked again")
            (sitting,) = await sit(1, b'"author":"')
            await sitting.turn(asked[0])
            await asyncio.sleep(1)
        recovered = time.perf_counter() - back
        # The ledger is written a little later.
        await _until(lambda: len(made.query(LEFT_ALONE)) >= LATER, "they are booked")
    found = [(float(str(took)), float(str(own))) for took, own in made.query(LEFT_ALONE)]
    tickets = made.query("SELECT count(*) FROM handoff_ticket WHERE created_at > %s", began)
    took = sorted(took for took, _ in found)
    return {
        "down_notice_s": round(max(notices), 2),
        "down_tickets": f"{tickets[0][0]} of {FIRST + LATER}",
        "down_later_ms_p50": _ms(took, 0.5),
        "down_later_ms_p95": _ms(took, 0.95),
        "down_later_own_ms_max": max(own for _, own in found),
        "down_later_seen_ms_p50": _ms(sorted(waits), 0.5),
        "down_recovered_s": round(recovered, 1),
    }


async def _alone(sit: Sit) -> float:
    """One at a time: whoever only waits answers no ping, and the server ends its socket."""
    (sitting,) = await sit(1, NOTICE)
    return await sitting.turn(UNKNOWN)


def use_model(name: str) -> None:
    """The shop's only one does so from now on; silence within its answer is nobody's limit here."""
    from apps.llm.models import Model
    from apps.llm.services import ladder_changed

    Model.objects.update(name=name, gap_s=28)
    ladder_changed()


@contextlib.contextmanager
def _worker(made: Stack, **more: str) -> Iterator[Child]:
    child = start_worker(made, **LIMITS, **more)
    try:
        yield child
    finally:
        # One that has lost its broker takes its time to stop.
        if child.process.poll() is None:
            _kill(child)


def _kill(child: Child) -> None:
    for pid in family(child.process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    child.process.wait()


def _speaks(fake: FakeLLM, calls: int) -> bool:
    found = fake.calls("stall")
    return len(found) == calls and bool(found[-1]["sent"])


def _has_ended(made: Stack) -> bool:
    return not made.query(f"{RUNNING} WHERE state IN ('pending', 'running')")


async def _until(look: Callable[[], object], what: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not look():  # noqa: ASYNC110  # in another process, which tells nobody
            await asyncio.sleep(PAUSE_S)


def _ms(values: Sequence[float], share: float) -> float:
    at = min(len(values) - 1, int(len(values) * share))
    return round(values[at] * MS, 1) if values else float("nan")


def _table(figures: dict[str, Any]) -> str:
    return "\n".join(f"{name:>26}  {value}" for name, value in figures.items())


def _say(what: str) -> None:
    print(f"measuring {what} ...", file=sys.stderr)


if __name__ == "__main__":
    main()
