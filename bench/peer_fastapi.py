"""A chat as it is usually written around a model: FastAPI, Redis and the OpenAI client.

    MODEL_URL=http://127.0.0.1:8900/v1 REDIS_URL=... uvicorn bench.peer_fastapi:application

What our own turns with a model are held against. A line reads the history and what is known of the
subject, calls the model once with a stream, and writes both lines back to Redis. Nothing is durable:
no database, no ack, no deadline, no retry; a process that dies forgets who was waiting. It asks for
the same answer over the same amount of text as we do, with the client that costs least.
"""

import asyncio
import contextlib
import json
import os
import uuid
from collections.abc import AsyncIterator
from typing import Any, cast

import redis.asyncio
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from openai import AsyncOpenAI, DefaultAioHttpClient
from pydantic import BaseModel

HISTORY = 20
KEPT_S = 1800
TIMEOUT_S = 30.0
CONNECTIONS = 64
EVIDENCE = 8
KNOWN = "peer:known"


class Answer(BaseModel):
    """What the model fills in, in this order."""

    why: str
    enough: bool
    cites: list[str]
    conf: float
    reply: str


class Sent(BaseModel):
    """A visitor's line."""

    session: str
    text: str


class Chat:
    """The clients, made once for the process."""

    def __init__(self, redis_url: str, model_url: str, model: str) -> None:
        # A plain pool raises once all its connections are taken.
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            redis_url, decode_responses=True, max_connections=CONNECTIONS, timeout=TIMEOUT_S
        )
        self.redis = redis.asyncio.Redis.from_pool(pool)
        self.client = AsyncOpenAI(
            base_url=model_url,
            api_key="sk-no-secret",
            max_retries=0,
            timeout=TIMEOUT_S,
            http_client=DefaultAioHttpClient(),
        )
        self.model = model
        self.format: Any = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": Answer.model_json_schema()},
        }

    async def prepare(self) -> None:
        """Something to answer from."""
        for number in range(EVIDENCE):
            text = (
                f"Entry {number}: a parcel can be sent back within {number + 7} days, as it came."
            )
            await self.redis.hset(KNOWN, f"entry-{number}", text)

    async def reply(self, sent: Sent) -> str:
        """The answer to a line. Raises what Redis, the client and pydantic raise."""
        key = f"peer:history:{sent.session}"
        lines, known = await asyncio.gather(
            self.redis.lrange(key, -HISTORY, -1), self.redis.hgetall(KNOWN)
        )
        # redis-py's types do not know of decode_responses.
        said = await self._ask(cast("list[str]", lines), cast("dict[str, str]", known), sent.text)
        answer = Answer.model_validate_json(said)
        await asyncio.gather(
            self.redis.rpush(key, _line("user", sent.text), _line("assistant", answer.reply)),
            self.redis.expire(key, KEPT_S),
        )
        return answer.reply

    async def close(self) -> None:
        await self.client.close()
        await self.redis.aclose()

    async def _ask(self, lines: list[str], known: dict[str, str], text: str) -> str:
        evidence = "\n".join(
            f'<evidence id="{name}">{said}</evidence>' for name, said in known.items()
        )
        messages: list[Any] = [
            {"role": "system", "content": f"Answer the visitor from the evidence.\n{evidence}"},
            *map(json.loads, lines),
            {"role": "user", "content": f"<visitor>{text}</visitor>"},
        ]
        stream = await self.client.chat.completions.create(
            model=self.model,
            messages=messages,
            response_format=self.format,
            stream=True,
            stream_options={"include_usage": True},
        )
        pieces = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
        return "".join(pieces)


def _line(role: str, text: str) -> str:
    return json.dumps({"role": role, "content": text}, ensure_ascii=False)


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.chat = chat = Chat(
        os.environ["REDIS_URL"],
        os.environ["MODEL_URL"],
        os.environ.get("MODEL", "good-1200ms"),
    )
    await chat.prepare()
    yield
    await chat.close()


application = FastAPI(lifespan=lifespan)


@application.post("/chat")
async def over_http(sent: Sent) -> dict[str, str]:
    return {"reply": await application.state.chat.reply(sent)}


@application.websocket("/chat/")
async def over_websocket(socket: WebSocket) -> None:
    """The frames of our own protocol, as far as the load needs them."""
    await socket.accept()
    session = str(uuid.uuid4())
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            frame = await socket.receive_json()
            reply = await application.state.chat.reply(Sent(session=session, text=frame["text"]))
            await socket.send_json({"type": "message", "author": "bot", "text": reply})
