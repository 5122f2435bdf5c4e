"""What goes over the wire, and to whom: nothing of the environment, nothing to a stranger."""

import asyncio
import contextlib
import datetime
import logging
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from apps.llm import addresses
from apps.llm.gateway import Gateway
from apps.llm.values import Dialect, GatewayError, Outcome, Way
from tests.llm.asked import LOOPBACK, REPLY, ask, endpoint, reply

ANSWER = (
    b'{"model":"m","choices":[{"message":{"content":"{\\"why\\":\\"\\",\\"cmds\\":[],\\"enough\\":true,'
    b'\\"cites\\":[],\\"conf\\":\\"low\\",\\"reply\\":\\"Yes.\\"}"},"finish_reason":"stop"}]}'
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LEAKS = {
    "OPENAI_API_KEY": "leaked-key",
    "OPENAI_ADMIN_KEY": "leaked-key",
    "OPENAI_ORG_ID": "leaked-org",
    "OPENAI_PROJECT_ID": "leaked-project",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/leaked",
    "OPENAI_CUSTOM_HEADERS": "X-Leaked: 1\nAuthorization: Bearer leaked-key",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "ALL_PROXY": "http://127.0.0.1:9",
    "NETRC": "/nowhere",
}


@contextlib.asynccontextmanager
async def serving(answer, **options):
    """A server that hands each request, by number, to `answer(number, writer)`."""
    numbers = iter(range(1000))

    async def serve(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while not reader.at_eof():
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.partition(b":")[2])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length:")
                )
                await reader.readexactly(length)
                if not await answer(next(numbers), writer):
                    break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, **options)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def say(writer, body=ANSWER, head=HEAD):
    writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()
    return True


async def test_nothing_of_the_environment_reaches_a_provider(monkeypatch, fakellm):
    for name, value in LEAKS.items():
        monkeypatch.setenv(name, value)
    async with Gateway(None, LOOPBACK) as gateway:
        assert reply(await gateway.ask(endpoint(fakellm, "good"), ask())) == REPLY
    (call,) = fakellm.calls()
    sent = {name.lower(): value for name, value in call["headers"].items()}
    assert sent["authorization"] == "Bearer sk-fake-key"
    assert "leaked" not in str(call).lower()
    assert set(sent) == {
        "host",
        "accept",
        "accept-encoding",
        "authorization",
        "content-length",
        "content-type",
        "user-agent",
    }
    assert sent["user-agent"] == "Helpdesk"


async def test_a_server_that_wants_no_key_gets_none(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "leaked-key")
    heads = []

    async def serve(reader, writer):
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        await say(writer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        async with Gateway(None, LOOPBACK) as gateway:
            await gateway.ask(endpoint(url, "m", key=""), ask())
    assert b"authorization" not in heads[0].lower()


async def test_the_clients_log_stays_silent(gateway, fakellm):
    """At its level DEBUG it writes down what visitors say."""
    logging.getLogger("openai").setLevel(logging.DEBUG)
    await gateway.ask(endpoint(fakellm, "good"), ask())
    assert not logging.getLogger("openai").isEnabledFor(logging.INFO)
    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)


def test_an_endpoint_does_not_show_its_key(fakellm):
    assert "sk-fake-key" not in repr(endpoint(fakellm, "good"))


@pytest.mark.parametrize(
    ("dialect", "name"), [(Dialect.OPENAI, "max_completion_tokens"), (Dialect.OLLAMA, "max_tokens")]
)
async def test_how_long_an_answer_may_be(gateway, fakellm, dialect, name):
    given = endpoint(fakellm, "good", dialect=dialect, most_tokens=300)
    await gateway.ask(given, ask())
    body = fakellm.calls()[0]["body"]
    assert body[name] == 300
    assert {"max_tokens", "max_completion_tokens"} & body.keys() == {name}


async def test_near_the_end_of_its_context_an_answer_is_shorter(gateway, fakellm):
    prompt = (await gateway.ask(endpoint(fakellm, "no-usage"), ask())).usage.tokens_in
    await gateway.ask(endpoint(fakellm, "good", context=prompt + 100), ask())
    assert fakellm.calls()[-1]["body"]["max_tokens"] == 100


async def test_a_parameter_that_a_server_does_not_know_is_left_out():
    bodies = []

    async def serve(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        bodies.append(await reader.readexactly(length))
        if b'"temperature"' in bodies[-1]:
            refusal = b'{"error":{"message":"Unsupported parameter: temperature"}}'
            await say(writer, refusal, HEAD.replace(b"200 OK", b"400 Bad Request"))
        else:
            await say(writer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        given = endpoint(url, "m", way=Way.JSON_SCHEMA)
        async with Gateway(None, LOOPBACK) as gateway:
            first = await gateway.ask(given, ask())
            await gateway.ask(given, ask())
    assert first.way is Way.JSON_SCHEMA
    assert [b'"temperature"' in body for body in bodies] == [True, False, False]


async def test_a_connection_that_was_closed_when_it_was_used_again_is_made_anew():
    async def answer(number, writer):
        # The second request comes on the kept connection and is dropped.
        return number != 1 and await say(writer)

    async with serving(answer) as port, Gateway(None, LOOPBACK) as gateway:
        given = endpoint(f"http://127.0.0.1:{port}/v1", "m")
        for _ in range(3):
            assert reply(await gateway.ask(given, ask())) == "Yes."


async def test_a_compressed_answer_is_not_taken():
    async def answer(_number, writer):
        return await say(writer, head=HEAD + b"Content-Encoding: gzip\r\n")

    async with serving(answer) as port, Gateway(None, LOOPBACK) as gateway:
        with pytest.raises(GatewayError) as raised:
            await gateway.ask(endpoint(f"http://127.0.0.1:{port}/v1", "m"), ask())
    assert raised.value.outcome is Outcome.SERVER_ERROR


async def test_a_long_refusal_is_not_read_to_its_end():
    async def answer(_number, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            for _ in range(2000):
                writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
                await writer.drain()
        return False

    async with serving(answer) as port, Gateway(None, LOOPBACK) as gateway:
        with pytest.raises(GatewayError) as raised:
            await gateway.ask(endpoint(f"http://127.0.0.1:{port}/v1", "m"), ask())
    assert raised.value.outcome is Outcome.TOO_LARGE


def self_signed(folder):
    """A certificate that nobody vouches for, as a server's context."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context


async def test_a_certificate_that_nobody_vouches_for(tmp_path):
    async def answer(_number, writer):
        return await say(writer)

    async with (
        serving(answer, ssl=self_signed(tmp_path)) as port,
        Gateway(None, LOOPBACK) as gateway,
    ):
        with pytest.raises(GatewayError) as raised:
            await gateway.ask(endpoint(f"https://127.0.0.1:{port}/v1", "m"), ask())
    assert raised.value.outcome is Outcome.TLS
    assert not raised.value.sent


async def test_a_name_that_moves_to_an_inner_address_is_not_followed(monkeypatch, fakellm):
    """Each connection looks the name up anew, and checks what it then stands for."""
    stands_for = ["127.0.0.1"]
    monkeypatch.setattr(addresses, "look_up", lambda *_args: stands_for)
    url = f"http://models.example:{fakellm.port}/v1"
    async with Gateway(None, LOOPBACK) as listed:
        assert reply(await listed.ask(endpoint(url, "good"), ask())) == REPLY
        stands_for[:] = ["10.0.0.8"]
        with pytest.raises(GatewayError) as raised:
            await listed.ask(endpoint(url, "good"), ask())
    assert raised.value.outcome is Outcome.BLOCKED
    assert len(fakellm.calls()) == 1


async def test_a_new_key_is_used_at_once(gateway, fakellm):
    given = endpoint(fakellm, "good")
    await gateway.ask(given, ask())
    other = endpoint(fakellm, "good", provider=given.provider, key="sk-another")
    await gateway.ask(other, ask())
    keys = [call["headers"]["authorization"] for call in fakellm.calls()]
    assert keys == ["Bearer sk-fake-key", "Bearer sk-another"]


async def test_pieces_without_a_word_are_no_token():
    """Some servers keep a connection alive with them."""

    async def answer(_number, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n')
                await writer.drain()
                await asyncio.sleep(0)

    async with serving(answer) as port, Gateway(None, LOOPBACK) as gateway:
        given = endpoint(
            f"http://127.0.0.1:{port}/v1", "m", first_token_s=0.3, most_bytes=1_000_000_000
        )
        with pytest.raises(GatewayError) as raised:
            await gateway.ask(given, ask())
    assert raised.value.outcome is Outcome.FIRST_TOKEN
