"""Failures of the whole exchange, whatever was asked and at whichever door."""

from collections.abc import Awaitable, Callable

import orjson

from tests.fakellm.exchange import EVENTS, PLAIN, Call, Exchange, Header
from tests.fakellm.names import Name
from tests.fakellm.refusals import QUOTA, by_status

HTML = (b"content-type", b"text/html; charset=utf-8")
BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
SIGN_IN = b"<!doctype html><title>Sign in to the network</title>"
HUGE = 200 * 1_048_576
PIECE = "x" * 65_536
FIRST_STATUS = 300
AWAY = {
    "redirect-away": "https://me:secret@models.example:8443/secret?key=secret",
    "redirect-private": "http://10.1.2.3/v1/chat/completions",
    "redirect-broken": "http://[secret/v1",
}
Fault = Callable[[Exchange, Name], Awaitable[None]]


async def hang(exchange: Exchange, _name: Name) -> None:
    """Takes the request and says nothing."""
    await exchange.pause(None)


async def drop(exchange: Exchange, _name: Name) -> None:
    """Closes the connection without a word."""
    exchange.drop()


async def status(exchange: Exchange, name: Name) -> None:
    """OpenAI's error of that status; a number after it goes into Retry-After."""
    number = int(name.base)
    after = () if name.number is None else (_retry_after(name.number),)
    await exchange.refuse(by_status(number), *after)


async def quota(exchange: Exchange, _name: Name) -> None:
    """429 as well, but nothing is left to pay with."""
    await exchange.refuse(QUOTA)


async def bad_gateway(exchange: Exchange, _name: Name) -> None:
    await exchange.whole(502, BAD_GATEWAY, HTML)


async def sign_in(exchange: Exchange, _name: Name) -> None:
    """200 with a web page, as the walls of hotels and companies answer."""
    await exchange.whole(200, SIGN_IN, HTML)


async def malformed_body(exchange: Exchange, _name: Name) -> None:
    """200 and the type of JSON, but none."""
    await exchange.whole(200, b'{"id": "chatcmpl-1", "choices": [{')


async def empty_body(exchange: Exchange, _name: Name) -> None:
    await exchange.whole(200, b"")


async def redirect(exchange: Exchange, name: Name) -> None:
    """To this server's path /elsewhere, or to another port of this machine."""
    where = "" if name.number is None else f"http://127.0.0.1:{int(name.number)}"
    await exchange.whole(307, b"", (b"location", f"{where}/elsewhere".encode()))


async def redirect_away(exchange: Exchange, name: Name) -> None:
    """To another server, with what no page and no log should repeat."""
    await exchange.whole(308, b"", (b"location", AWAY[name.base].encode()))


async def huge(exchange: Exchange, name: Name) -> None:
    """200 MB, or as much as the name says, in chunks or in one body with its length."""
    size = int(name.given(HUGE))
    if _streams(exchange.call):
        await exchange.start(200, EVENTS)
        piece = _chunk(name, PIECE)
    else:
        await exchange.start(200, PLAIN, (b"content-length", str(size).encode()))
        piece = PIECE.encode()
    await _pour(exchange, piece, size)


async def huge_line(exchange: Exchange, name: Name) -> None:
    """The same without a length and without an end of line."""
    await exchange.start(200, EVENTS)
    await exchange.write(b'data: {"id":"')
    await _pour(exchange, PIECE.encode(), int(name.given(HUGE)))


async def _pour(exchange: Exchange, piece: bytes, size: int) -> None:
    while exchange.call.sent < size:
        await exchange.pause(0)
        await exchange.write(piece[: size - exchange.call.sent])
    await exchange.write(b"", more=False)


def fault(name: Name) -> Fault | None:
    """None: the model with this name answers."""
    if name.base.isdecimal() and FIRST_STATUS <= int(name.base) < 600:
        return status
    return FAULTS.get(name.base)


def _streams(call: Call) -> bool:
    return isinstance(call.body, dict) and call.body.get("stream") is True


def _chunk(name: Name, text: str) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "choices": [choice],
    }
    return b"data: " + orjson.dumps(body | {"model": name.whole}) + b"\n\n"


def _retry_after(seconds: float) -> Header:
    return b"retry-after", f"{seconds:g}".encode()


FAULTS: dict[str, Fault] = {
    "hang": hang,
    "drop": drop,
    "429-quota": quota,
    "502-html": bad_gateway,
    "200-html": sign_in,
    "malformed-body": malformed_body,
    "empty-body": empty_body,
    "redirect": redirect,
    **dict.fromkeys(AWAY, redirect_away),
    "huge": huge,
    "huge-line": huge_line,
}
