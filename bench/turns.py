"""Home-answered turns: durable, from WebSocket to WebSocket, the load on the same machine.

    python bench/turns.py [--json] [--seconds N]

Starts its own servers. The echo and the one-insert consumer run in the same call with the same
generator: compare ratios, since machines differ. `turns_per_s` asks the demo shop's phrasings that
an entry answers, as they stand, `searched_turns_per_s` with other words around them.
`flow_turns_per_s` wants to return an order, names it and its fault, and thinks better of it.
"""

import argparse
import functools
import json
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import uvloop

from bench.stack import (
    UNLIMITED,
    durable_stack,
    everything,
    peers,
    resident_mb,
    server_pids,
)
from bench.visitors import closed_loop, open_loop, questions, sit_at, sit_down
from tests.stack import Stack

if TYPE_CHECKING:
    from apps.dialogue.play import Played, Standing

VISITORS = 50
RETURNS = [
    ["I want to return something", "202580668968", "the left earbud makes no sound", "never mind"],
    ["我想退货，订单 202580668968", "左耳没声音", "算了，不退了"],
]
WARM_UP_S = 3.0
RATE = 100
MS = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    parser.add_argument("--seconds", type=float, default=15.0, help="length of each measurement")
    options = parser.parse_args()
    with durable_stack() as made:
        figures = measure(made, options.seconds)
    print(json.dumps(figures) if options.json else _table(figures))


def measure(made: Stack, seconds: float) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    tokens = make_tokens(VISITORS)
    plain, reworded = answered(questions()), answered(questions(reworded=True))
    with made.web(**UNLIMITED) as web:
        _say("turns")
        figures |= uvloop.run(measure_turns(web.port, tokens, seconds, plain, reworded))
    with peers(made) as peer:
        for name in ("echo", "insert"):
            _say(name)
            rate = uvloop.run(measure_peer(peer.port, f"/{name}/", seconds))
            figures[f"{name}_per_s"] = round(rate)
    figures["engine_cpu_ms"] = engine_cpu_ms([[line] for line in reworded])
    figures["flow_engine_cpu_ms"] = engine_cpu_ms(RETURNS * 100)
    _say("memory")
    figures["rss_mb"] = memory(made)
    return figures


async def measure_turns(
    port: int, tokens: list[str], seconds: float, plain: list[str], reworded: list[str]
) -> dict[str, Any]:
    sittings = await sit_down(port, tokens)
    await closed_loop(sittings, WARM_UP_S, [plain])
    rate = await closed_loop(sittings, seconds, [[line] for line in plain])
    searched = await closed_loop(sittings, seconds, [[line] for line in reworded])
    latencies = sorted(await open_loop(sittings, RATE, seconds, reworded))
    flows = await closed_loop(sittings, seconds, RETURNS)
    return {
        "turns_per_s": round(rate),
        "searched_turns_per_s": round(searched),
        "flow_turns_per_s": round(flows),
        "p50_ms_at_100": round(latencies[len(latencies) // 2] * MS, 1),
        "p99_ms_at_100": round(latencies[int(len(latencies) * 0.99)] * MS, 1),
    }


async def measure_peer(port: int, path: str, seconds: float) -> float:
    sittings = await sit_at(port, path, VISITORS)
    talks = [[line] for line in questions()]
    await closed_loop(sittings, WARM_UP_S, talks)
    return await closed_loop(sittings, seconds, talks)


def make_tokens(count: int) -> list[str]:
    """Tokens of fresh sessions at the demo shop, made past the clock and past the HTTP door."""
    import django

    django.setup()
    from apps.chat.services import start_session
    from apps.sites.models import Site

    site = Site.objects.get(key="demo")
    return [start_session(site=site, locale="en").token for _ in range(count)]


def answered(asked: list[str]) -> list[str]:
    """Those that the demo's entries answer, in a session that stays out of every flow: what was
    said before then costs nothing."""
    return [line for line in asked if _is_answered(played(line))]


def _is_answered(answer: "Played") -> bool:
    is_of_faq = answer.judged is not None and answer.judged.route == "faq"
    return is_of_faq and answer.memory.active is None


def engine_cpu_ms(talks: Sequence[Sequence[str]]) -> float:
    """CPU of one turn without storing it: understanding, search, decision, reply, item."""
    from apps.engine.types import State

    turns = 0
    began = time.process_time()
    for talk in talks:
        standing = _fresh()
        for line in talk:
            found = played(line, standing)
            found.item()
            standing = replace(standing, state=State(found.state), memory=found.memory)
            turns += 1
    return round((time.process_time() - began) / turns * MS, 3)


def played(line: str, standing: "Standing | None" = None, *, models: bool = False) -> "Played":
    from apps.dialogue.play import Said, play

    return play(standing or _fresh(), Said(uuid.uuid4(), line), models=models)


def _fresh() -> "Standing":
    from apps.dialogue.play import Standing
    from apps.engine.types import Mode, State

    return Standing(uuid.uuid4(), _site(), "en", 0, 0, State.INIT, Mode.BOT)


@functools.cache
def _site() -> int:
    """The demo's, with its entries and its flows in this process."""
    from apps.dialogue import books
    from apps.knowledge.index import library
    from apps.sites.models import Site

    books.refresh()
    library.refresh()
    return Site.objects.get(key="demo").pk


def memory(made: Stack) -> dict[str, float]:
    """MiB of each process after the start. `turns` takes model calls, of which there are none
    yet: nothing runs under that name."""
    with everything(made) as started:
        found = {name: resident_mb(pid) for name, pid in started.items()}
        found["turns"] = 0.0
        for name, program in (("postgres", "postgres"), ("redis", "redis-server")):
            found[name] = sum(resident_mb(pid) for pid in server_pids(program))
    return found


def _table(figures: dict[str, Any]) -> str:
    memory = figures["rss_mb"]
    rows = {**figures, "rss_mb": f"{sum(memory.values()):.0f} ({memory})"}
    rows["turns/echo"] = round(figures["turns_per_s"] / figures["echo_per_s"], 2)
    return "\n".join(f"{name:>16}  {value}" for name, value in rows.items())


def _say(what: str) -> None:
    print(f"measuring {what} ...", file=sys.stderr)


if __name__ == "__main__":
    main()
