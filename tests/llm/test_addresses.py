"""Which servers may be asked: by URL, by name, and by what the name stands for now."""

import socket
from ipaddress import ip_network

import pytest

from apps.llm import addresses
from apps.llm.addresses import BlockedError, Resolver, Sockets, check_url
from apps.llm.values import GatewayError, Outcome

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1"))


@pytest.fixture
def names(monkeypatch):
    """The addresses that names stand for, each look-up taking the next answer."""
    known: dict[str, list[list[str]]] = {}

    def look_up(host, port, family=0):
        return known[host].pop(0)

    monkeypatch.setattr(addresses, "look_up", look_up)
    return known


@pytest.mark.parametrize(
    "url",
    [
        "https://user:secret@models.example/v1",
        "https://secret@models.example/v1",
        "ftp://models.example/v1",
        "file:///etc/passwd",
        "//models.example/v1",
        "https:///v1",
        "https://models.example:0/v1",
        "https://models.example:99999/v1",
        "https://models.example/v1?key=secret",
        "https://models.example/v1#part",
        "https://models.example/v1\nHost: other",
        "",
    ],
)
def test_a_url_that_may_not_be_called(url):
    with pytest.raises(GatewayError) as raised:
        check_url(url)
    assert raised.value.outcome is Outcome.BLOCKED
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["https://models.example/v1", "http://127.0.0.1:11434/v1", "http://[::1]:8000"]
)
def test_a_url_that_may(url):
    check_url(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.8",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "fe80::1%eth0",
        "fd00::1",
        "64:ff9b::7f00:1",
    ],
)
async def test_a_name_that_stands_for_an_inner_address(names, address):
    names["models.example"] = [["93.184.216.34", address]]
    with pytest.raises(BlockedError):
        await Resolver((), is_plain=False).resolve("models.example", 443)


async def test_a_public_address_is_for_tls_only(names):
    names["models.example"] = [["93.184.216.34"], ["93.184.216.34"]]
    found = await Resolver((), is_plain=False).resolve("models.example", 443)
    assert [(each["host"], each["port"]) for each in found] == [("93.184.216.34", 443)]
    with pytest.raises(BlockedError):
        await Resolver((), is_plain=True).resolve("models.example", 80)


async def test_a_local_model_is_at_home_or_in_a_listed_network(names):
    names["models.example"] = [["93.184.216.34"], ["93.184.216.34"]]
    with pytest.raises(BlockedError):
        await Resolver(LOOPBACK, is_plain=False, at_home=True).resolve("models.example", 443)
    own = (ip_network("93.184.216.0/24"),)
    found = await Resolver(own, is_plain=False, at_home=True).resolve("models.example", 443)
    assert found[0]["host"] == "93.184.216.34"
    with pytest.raises(BlockedError):
        Sockets((), is_plain=False, at_home=True)(
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))
        )


async def test_a_listed_network_may_be_reached_in_the_clear(names):
    names["ollama"] = [["127.0.0.1", "::1"]]
    found = await Resolver(LOOPBACK, is_plain=True).resolve("ollama", 11434)
    assert [each["family"] for each in found] == [socket.AF_INET, socket.AF_INET6]


async def test_what_is_resolved_is_what_is_connected_to(names):
    """A name that stands for another address a moment later gains nothing by it."""
    names["models.example"] = [["93.184.216.34"], ["127.0.0.1"]]
    found = await Resolver((), is_plain=False).resolve("models.example", 443)
    assert found[0]["host"] == "93.184.216.34"
    assert found[0]["flags"] & socket.AI_NUMERICHOST
    with pytest.raises(BlockedError):
        await Resolver((), is_plain=False).resolve("models.example", 443)


@pytest.mark.parametrize("address", [("127.0.0.1", 80), ("::1", 80, 0, 0), ("169.254.169.254", 80)])
def test_no_socket_is_made_for_an_address_that_aiohttp_did_not_look_up(address):
    family = socket.AF_INET6 if len(address) == 4 else socket.AF_INET
    with pytest.raises(BlockedError):
        Sockets((), is_plain=False)((family, socket.SOCK_STREAM, 6, "", address))


def test_a_socket_for_a_listed_network_does_not_block():
    made = Sockets(LOOPBACK, is_plain=True)(
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))
    )
    with made:
        assert not made.getblocking()
