"""Idle sockets in one web process: how much memory they take, how long they take to come.

python bench/sockets.py [--json] [--sockets N]
"""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import uvloop

from bench.stack import UNLIMITED, durable_stack, resident_mb
from bench.turns import make_tokens
from bench.visitors import Sitting, sit_down

AT_ONCE = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    parser.add_argument("--sockets", type=int, default=5000)
    options = parser.parse_args()
    with durable_stack() as made:
        tokens = make_tokens(options.sockets)
        with made.web(**UNLIMITED) as web:
            seconds, memory = uvloop.run(sit(web.port, web.child.process.pid, tokens))
    figures = {"sockets": options.sockets, "rss_mb": memory, "connect_s": round(seconds, 1)}
    print(json.dumps(figures) if options.json else figures)


async def sit(port: int, pid: int, tokens: list[str]) -> tuple[float, float]:
    """Seconds until all are welcomed, and the process' MiB then."""
    began = time.perf_counter()
    shares = [tokens[place::AT_ONCE] for place in range(AT_ONCE)]
    sittings: list[list[Sitting]] = await asyncio.gather(
        *(sit_down(port, share) for share in shares)
    )
    seconds = time.perf_counter() - began
    memory = resident_mb(pid)
    for share in sittings:
        for sitting in share:
            sitting.socket.close()
    return seconds, memory


if __name__ == "__main__":
    main()
