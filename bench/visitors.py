"""The load: visitors on sockets who ask what demo customers ask."""

import asyncio
import json
import random
import time
import tomllib
import uuid
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.websocket import WebSocket

ROOT = Path(__file__).resolve().parent.parent
SEED = 20
REPLY = b'"author":"bot"'
REFUSED = b'"refused"'
SYNCED = b'"synced"'
PATIENCE_S = 30


def questions(*, reworded: bool = False) -> list[str]:
    """The phrasings of the demo shop's entries, both languages; `reworded`: none word for word,
    so that each has to be searched for."""
    found: list[str] = []
    for language in ("en", "zh-Hans"):
        path = ROOT / "apps" / "demo" / "faq" / f"faq.{language}.toml"
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["faq"]:
            found += entry["variants"]
    if not reworded:
        return found
    return [f"please, {text} now" if text.isascii() else f"请问{text}呀" for text in found]


@dataclass(slots=True)
class Sitting:
    """One visitor's socket, and which bytes tell that the answer has come."""

    socket: WebSocket
    answer: bytes

    async def turn(self, text: str) -> float:
        """Seconds from the send to the answer. Raises RuntimeError for a line that is refused, and
        TimeoutError for one that is not answered: such a load measures nothing."""
        began = time.perf_counter()
        sent = {"type": "send", "cmid": str(uuid.uuid4()), "text": text}
        self.socket.send(json.dumps(sent))
        async with asyncio.timeout(PATIENCE_S):
            while self.answer not in (frame := await self.socket.receive()):
                if REFUSED in frame:
                    raise RuntimeError(frame.decode())
        return time.perf_counter() - began


async def sit_down(port: int, tokens: Sequence[str]) -> list[Sitting]:
    """Visitors of ours, welcomed and synced."""
    sittings = []
    for token in tokens:
        socket = await WebSocket.connect("127.0.0.1", port, "/ws/chat/")
        socket.send(json.dumps({"type": "hello", "proto": 1, "token": token, "last_seq": 0}))
        while SYNCED not in await socket.receive():
            pass
        sittings.append(Sitting(socket, REPLY))
    return sittings


async def sit_at(port: int, path: str, count: int) -> list[Sitting]:
    """Visitors of a peer: whatever comes back is the answer."""
    sockets = [await WebSocket.connect("127.0.0.1", port, path) for _ in range(count)]
    return [Sitting(socket, b"") for socket in sockets]


async def closed_loop(
    sittings: Sequence[Sitting], seconds: float, talks: Sequence[Sequence[str]]
) -> float:
    """Turns per second when every visitor goes on as soon as the answer is there. Each of the
    talks, one after the other and drawn by chance, is said to its end."""
    chance = random.Random(SEED)  # noqa: S311 a repeatable load
    began = time.perf_counter()

    async def visit(sitting: Sitting) -> int:
        turns = 0
        while time.perf_counter() - began < seconds:
            talk = chance.choice(talks)
            for line in talk:
                await sitting.turn(line)
            turns += len(talk)
        return turns

    counts = await asyncio.gather(*(visit(sitting) for sitting in sittings))
    return sum(counts) / (time.perf_counter() - began)


async def open_loop(
    sittings: Sequence[Sitting], rate: float, seconds: float, asked: Sequence[str]
) -> list[float]:
    """Latencies in seconds when visitors come at random, `rate` a second, whatever is under way."""
    chance = random.Random(SEED)  # noqa: S311 a repeatable load
    free = list(sittings)
    latencies: list[float] = []

    async def visit() -> None:
        sitting = free.pop(chance.randrange(len(free)))
        latencies.append(await sitting.turn(chance.choice(asked)))
        free.append(sitting)

    await _come(visit, rate, seconds, chance)
    return latencies


async def _come(
    visit: Callable[[], Coroutine[None, None, None]],
    rate: float,
    seconds: float,
    chance: random.Random,
) -> None:
    """Starts visits on a clock of their own, so that a slow answer delays no other visitor."""
    began, due, visits = time.perf_counter(), 0.0, set[asyncio.Task[None]]()
    while due < seconds:
        due += chance.expovariate(rate)
        await asyncio.sleep(max(0.0, began + due - time.perf_counter()))
        visits.add(asyncio.create_task(visit()))
    await asyncio.gather(*visits)
