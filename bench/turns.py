"""Home-answered turns: durable, from WebSocket to WebSocket, the load on the same machine.

    python bench/turns.py [--json] [--seconds N]

Starts its own servers. The echo and the one-insert consumer run in the same call with the same
generator: compare ratios, since machines differ. `turns_per_s` asks the demo shop's phrasings as
they stand, `searched_turns_per_s` with other words around them.
"""

import argparse
import json
import sys
import time
import uuid
from pathlib import Path
from typing import Any

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

VISITORS = 50
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
    with made.web(**UNLIMITED) as web:
        _say("turns")
        figures |= uvloop.run(measure_turns(web.port, tokens, seconds))
    with peers(made) as peer:
        for name in ("echo", "insert"):
            _say(name)
            rate = uvloop.run(measure_peer(peer.port, f"/{name}/", seconds))
            figures[f"{name}_per_s"] = round(rate)
    figures["engine_cpu_ms"] = engine_cpu_ms()
    _say("memory")
    figures["rss_mb"] = memory(made)
    return figures


async def measure_turns(port: int, tokens: list[str], seconds: float) -> dict[str, Any]:
    sittings = await sit_down(port, tokens)
    await closed_loop(sittings, WARM_UP_S)
    rate = await closed_loop(sittings, seconds)
    searched = await closed_loop(sittings, seconds, reworded=True)
    latencies = sorted(await open_loop(sittings, RATE, seconds))
    return {
        "turns_per_s": round(rate),
        "searched_turns_per_s": round(searched),
        "p50_ms_at_100": round(latencies[len(latencies) // 2] * MS, 1),
        "p99_ms_at_100": round(latencies[int(len(latencies) * 0.99)] * MS, 1),
    }


async def measure_peer(port: int, path: str, seconds: float) -> float:
    sittings = await sit_at(port, path, VISITORS)
    await closed_loop(sittings, WARM_UP_S)
    return await closed_loop(sittings, seconds)


def make_tokens(count: int) -> list[str]:
    """Tokens of fresh sessions at the demo shop, made past the clock and past the HTTP door."""
    import django

    django.setup()
    from apps.chat.services import start_session
    from apps.sites.models import Site

    site = Site.objects.get(key="demo")
    return [start_session(site=site, locale="en").token for _ in range(count)]


def engine_cpu_ms() -> float:
    """CPU of one turn without storing it: understanding, search, decision, reply, item. Nothing
    is asked word for word, so every question is searched for."""
    from apps.dialogue.play import Said, Standing, play
    from apps.engine.types import Mode, State
    from apps.knowledge.index import library
    from apps.sites.models import Site

    library.refresh()
    site = Site.objects.get(key="demo")
    standing = Standing(uuid.uuid4(), site.pk, "en", 0, 0, State.INIT, Mode.BOT)
    asked = [Said(uuid.uuid4(), question) for question in questions(reworded=True)]
    for said in asked:
        play(standing, said).item()
    began = time.process_time()
    for said in asked:
        play(standing, said).item()
    return round((time.process_time() - began) / len(asked) * MS, 3)


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
