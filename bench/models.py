"""Turns that need a model, side by side with a plain chat around the same model.

    python bench/models.py [--json] [--seconds N] [--visitors N]

The model is FakeLLM at 1.2 s. Ours is one web process and the turns worker of the Procfile with its
two drains, durable, each turn answered exactly once; the peer (`bench/peer_fastapi.py`) has as many
processes, or `--peers`, and keeps nothing. Both are loaded in the same run: compare them, since machines differ. `added_ms` is what a
turn takes over the model's own time, at half of the load. `home_share` are the demo shop's questions
in other words that no model is asked for.
"""

import argparse
import asyncio
import contextlib
import json
import random
import string
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import uvloop

from bench.stack import UNLIMITED, durable_stack
from bench.turns import MS, make_tokens, played
from bench.visitors import SEED, Sitting, closed_loop, open_loop, questions, sit_at, sit_down
from tests.fakellm.process import FakeLLM, fakellm_process
from tests.stack import ROOT, Child, Stack, free_port

MODEL, MODEL_MS = "good-1200ms", 1_200
VISITORS = 300
# Ours are the web process and two drains.
PEERS = 3
WARM_UP_S = 5.0
FIRST_LINES, CACHED_RATE = 60, 100
LOOPBACK = {"HELPDESK_LLM_ALLOWED_NETWORKS": "127.0.0.1/32"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each measurement")
    parser.add_argument("--visitors", type=int, default=VISITORS)
    parser.add_argument("--peers", type=int, default=PEERS, help="processes of the peer")
    options = parser.parse_args()
    with durable_stack() as made, fakellm_process() as fake:
        figures = measure(made, fake, options.seconds, options.visitors, options.peers)
    print(json.dumps(figures) if options.json else _table(figures))


def measure(
    made: Stack, fake: FakeLLM, seconds: float, visitors: int, peers: int = PEERS
) -> dict[str, Any]:
    tokens, others = make_tokens(visitors), make_tokens(visitors)
    firsts = make_tokens(2 * FIRST_LINES)
    add_model(fake)
    hard = hard_questions()
    probes = make_tokens(len(hard))
    figures: dict[str, Any] = {"home_share": home_share()}
    limits = {**UNLIMITED, **LOOPBACK}
    with made.web(**limits) as web, worker(made, **limits):
        _say("what the model answers")
        uvloop.run(probe(web.port, probes, hard))
        hard = answered_of(hard, made)
        _say(f"turns, of {len(hard)} questions")
        figures |= uvloop.run(measure_turns(web.port, tokens, seconds, hard))
        for some in (firsts[:FIRST_LINES], firsts[FIRST_LINES:]):
            uvloop.run(ask_first(web.port, some, hard))
        # Of visitors who have said nothing: what a talk was about may make a line another one.
        figures |= uvloop.run(measure_cached(web.port, others, seconds, said_again(made)))
    with peer(made, fake, peers) as port:
        _say("peer")
        figures["peer_per_s"] = uvloop.run(measure_peer(port, seconds, visitors, hard))
    return figures


async def measure_turns(
    port: int, tokens: Sequence[str], seconds: float, hard: Sequence[str]
) -> dict[str, Any]:
    sittings = await sit_down(port, tokens)
    new = never_asked(hard)
    await closed_loop(sittings, WARM_UP_S, new)
    rate = await closed_loop(sittings, seconds, new)
    half = rate / 2
    added = sorted(
        taken * MS - MODEL_MS for taken in await open_loop(sittings, half, seconds, new.lines())
    )
    _say(f"{rate:.0f} turns/s, {_at(added, 0.5):.0f} and {_at(added, 0.99):.0f} ms added")
    return {
        "turns_per_s": round(rate, 1),
        "added_ms_p50": round(_at(added, 0.5), 1),
        "added_ms_p99": round(_at(added, 0.99), 1),
    }


async def probe(port: int, tokens: Sequence[str], hard: Sequence[str]) -> None:
    """Each once, of a visitor of its own: who asks several times what nobody knows is handed over,
    and waits for a person."""
    talks = never_asked(hard)
    asked = [talks[place][0] for place in range(len(hard))]
    await asyncio.gather(*map(Sitting.turn, await sit_down(port, tokens), asked))


async def ask_first(port: int, tokens: Sequence[str], hard: Sequence[str]) -> None:
    """What somebody opens a chat with may be kept, and then be said in the middle of others."""
    from apps.dialogue.recall import stands_alone

    asked = [line for line in hard if stands_alone(line)][: len(tokens)]
    await asyncio.gather(*map(Sitting.turn, await sit_down(port, tokens), asked))


async def measure_cached(
    port: int, tokens: Sequence[str], seconds: float, kept: Sequence[str]
) -> dict[str, Any]:
    cached = sorted(await open_loop(await sit_down(port, tokens), CACHED_RATE, seconds, kept))
    return {
        "cache_p50_ms": round(_at(cached, 0.5) * MS, 1),
        "cache_p99_ms": round(_at(cached, 0.99) * MS, 1),
    }


async def measure_peer(port: int, seconds: float, visitors: int, hard: Sequence[str]) -> float:
    sittings = await sit_at(port, "/chat/", visitors)
    new = never_asked(hard)
    await closed_loop(sittings, WARM_UP_S, new)
    return round(await closed_loop(sittings, seconds, new), 1)


class NeverAsked(Sequence[Sequence[str]]):
    """Talks of one line each, a new one whenever one is taken."""

    def __init__(self, hard: Sequence[str]) -> None:
        self._chance = random.Random(SEED)  # noqa: S311 a repeatable load
        self._hard = hard

    def __len__(self) -> int:
        return len(self._hard)

    def __getitem__(self, place: Any) -> Any:
        word = "".join(self._chance.choices(string.ascii_lowercase, k=9))
        return [f"{self._hard[place]} {word}"]

    def lines(self) -> Sequence[str]:
        return Lines(self)


class Lines(Sequence[str]):
    def __init__(self, talks: NeverAsked) -> None:
        self._talks = talks

    def __len__(self) -> int:
        return len(self._talks)

    def __getitem__(self, place: Any) -> Any:
        return self._talks[place][0]


def never_asked(hard: Sequence[str]) -> NeverAsked:
    return NeverAsked(hard)


def add_model(fake: FakeLLM) -> None:
    """As staff would: a local model, which needs no leave to be asked."""
    from apps.dialogue import ladders
    from apps.llm.models import Model, Provider
    from apps.llm.services import ladder_changed, set_key
    from apps.llm.values import Purpose, Tier

    provider = Provider(name="FakeLLM", base_url=fake.base_url)
    set_key(provider=provider, key=fake.key).save()
    Model.objects.create(
        provider=provider, name=MODEL, tier=Tier.LOCAL, purpose=Purpose.ANSWER, rank=1
    )
    ladder_changed()
    ladders.refresh()


def answered_by_a_model(made: Stack) -> set[str]:
    """Lines of visitors that a model found an answer to; of the others nothing is kept."""
    rows = made.query(
        "SELECT m.text FROM chat_turn t JOIN chat_message m ON m.turn_id = t.id"
        " WHERE t.route = 'model' AND m.author = 'visitor'"
    )
    return {str(text) for (text,) in rows}


def said_again(made: Stack) -> list[str]:
    """Lines whose answer was kept: not every answer is one for others."""
    rows = made.query(
        "SELECT DISTINCT m.text FROM chat_turn t JOIN chat_message m ON m.turn_id = t.id"
        " WHERE t.versions #> '{models,cache}' IS NOT NULL AND m.author = 'visitor'"
    )
    return sorted(str(text) for (text,) in rows)


def answered_of(hard: Sequence[str], made: Stack) -> list[str]:
    """Those lines that a model has answered in a talk of their own."""
    known = answered_by_a_model(made)
    return [line for line in hard if any(each.startswith(f"{line} ") for each in known)]


def home_share() -> float:
    asked = questions(reworded=True)
    return round(sum(not played(line, models=True).needs for line in asked) / len(asked), 3)


def hard_questions() -> list[str]:
    """Those that nothing at home answers, and that a model is asked."""
    return [line for line in _asked() if played(line, models=True).needs]


def _asked() -> list[str]:
    """The demo's phrasings with every third word away, and others around the rest."""
    found = []
    for line in questions():
        words = line.split() if line.isascii() else list(line)
        kept = [word for place, word in enumerate(words) if place % 3 != 1]
        left = " ".join(kept) if line.isascii() else "".join(kept)
        found.append(f"well {left} perhaps" if line.isascii() else f"请问{left}呀")
    return found


@contextlib.contextmanager
def worker(made: Stack, **more: str) -> Iterator[None]:
    """The turns worker of the Procfile."""
    child = start_worker(made, **more)
    try:
        yield
    finally:
        child.stop()


def start_worker(made: Stack, **more: str) -> Child:
    """Whoever starts it ends it."""
    line = next(
        line for line in (ROOT / "Procfile").read_text().splitlines() if line.startswith("turns:")
    )
    words = [sys.executable, "-m", *line.partition(":")[2].split()]
    child = Child(words, made.environment(**more))
    child.wait_for(" ready.")
    return child


@contextlib.contextmanager
def peer(made: Stack, fake: FakeLLM, processes: int = PEERS) -> Iterator[int]:
    port, workers = free_port(), str(processes)
    words = ["uvicorn", "bench.peer_fastapi:application", "--port", str(port)]
    words += ["--workers", workers]
    words += [
        "--ws",
        "websockets-sansio",
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        "--no-access-log",
    ]
    env = {"MODEL_URL": fake.base_url, "MODEL": MODEL}
    child = Child([sys.executable, "-m", *words], made.environment(**env))
    for _ in range(processes):
        child.wait_for("Application startup complete")
    try:
        yield port
    finally:
        child.stop()


def _at(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def _table(figures: dict[str, Any]) -> str:
    rows = {**figures, "of the peer": round(figures["turns_per_s"] / figures["peer_per_s"], 2)}
    return "\n".join(f"{name:>13}  {value}" for name, value in rows.items())


def _say(what: str) -> None:
    print(f"measuring {what} ...", file=sys.stderr)


if __name__ == "__main__":
    main()
