"""What a turn is held against: a consumer that only echoes, and one that stores a row first."""

import asyncio
import json
import os
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

import psycopg_pool
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

CREATE = "CREATE TABLE IF NOT EXISTS bench_line (id bigserial PRIMARY KEY, text text NOT NULL)"
INSERT = "INSERT INTO bench_line (text) VALUES (%s)"
CONNECTIONS = 8


class Echo(AsyncWebsocketConsumer):
    """Reads the frame and sends it back."""

    channel_layer_alias = "none"

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send(json.dumps(json.loads(text_data or "{}")))


class Insert(AsyncWebsocketConsumer):
    """Stores the frame as one row, then sends it back."""

    channel_layer_alias = "none"
    pool: psycopg_pool.AsyncConnectionPool | None = None
    opening = asyncio.Lock()

    async def connect(self) -> None:
        async with Insert.opening:
            if Insert.pool is None:
                Insert.pool = await open_pool()
        await self.accept()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if Insert.pool is None:
            raise RuntimeError("connect() comes first")
        async with Insert.pool.connection() as connection:
            await connection.execute(INSERT, [text_data])
        await self.send(json.dumps(json.loads(text_data or "{}")))


async def open_pool() -> psycopg_pool.AsyncConnectionPool:
    pool = psycopg_pool.AsyncConnectionPool(
        os.environ["DATABASE_URL"],
        min_size=CONNECTIONS,
        max_size=CONNECTIONS,
        kwargs={"autocommit": True},
        open=False,
    )
    await pool.open(wait=True)
    async with pool.connection() as connection:
        await connection.execute(CREATE)
    return pool


async def lifespan(_scope: Any, receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


routes: list[Any] = [
    path("echo/", cast("Any", Echo.as_asgi())),
    path("insert/", cast("Any", Insert.as_asgi())),
]
application = ProtocolTypeRouter({"websocket": URLRouter(routes), "lifespan": lifespan})
