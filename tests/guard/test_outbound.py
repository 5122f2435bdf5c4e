"""Calls to addresses that staff have typed in: what is refused, what is cut, and what arrives."""

import http.client
import resource
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import pytest

from apps.dialogue.actions.relay import AT_ONCE
from apps.guard import outbound
from apps.guard.outbound import Answer, OutboundError, Problem, Request, is_public, post, split
from tests.fake_shop import ENDLESS, fake_shop

HERE = (ip_network("127.0.0.0/8"),)
HEADERS = {"Content-Type": "application/json"}
# IANA's registries of special addresses, what is multicast or reserved, and what was once.
SPECIAL = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "192.31.196.0/24",
    "192.52.193.0/24", "192.175.48.0/24",
    "::/128", "::1/128", "::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23",
    "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7",
    "fe80::/10", "fec0::/10", "ff00::/8", "200::/7", "4000::/3", "e000::/4",
)  # fmt: skip


@pytest.fixture(scope="module")
def shop():
    with fake_shop() as made:
        yield made


def call(url: str, **more: Any) -> Answer:
    given: dict[str, Any] = {"allow": HERE, "deadline_s": 5.0, **more}
    return post(Request(url, b"{}", HEADERS, **given))


def refused(url: str, **more: Any) -> OutboundError:
    with pytest.raises(OutboundError) as raised:
        call(url, **more)
    return raised.value


def carriers(inner: IPv4Address) -> list[IPv6Address]:
    """Addresses of IPv6 that lead to one of IPv4: mapped, by NAT64, by 6to4, by Teredo's client and
    by its server."""
    bits = int(inner)
    teredo = 0x2001_0000 << 96
    numbers = (
        0xFFFF << 32 | bits,
        0x64_FF9B << 96 | bits,
        0x2002 << 112 | bits << 80 | 1,
        teredo | 0x0101_0101 << 64 | bits ^ 0xFFFF_FFFF,
        teredo | bits << 64 | 0x0101_0101 ^ 0xFFFF_FFFF,
    )
    return [IPv6Address(number) for number in numbers]


def names(monkeypatch, *addresses):
    """Every name stands for these addresses."""

    def found(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", found)


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1", "10.0.0.1", "172.16.9.9", "192.168.1.1", "169.254.169.254", "0.0.0.0",
            "100.64.0.1", "168.63.129.16", "192.0.0.8", "198.18.0.1", "224.0.0.1", "240.0.0.1",
            "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1",
            "::ffff:10.1.2.3", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
            "2001:0:7f00:1::80ff:fffe", "2001:db8::1",
        ],
    )  # fmt: skip
    def test_what_only_this_machine_or_its_network_reaches_is_not_public(self, address):
        assert not is_public(ip_address(address))

    @pytest.mark.parametrize("network", SPECIAL)
    def test_nothing_that_is_set_aside_is_public(self, network):
        """Its first address, its last, one between them, and each as others carry it."""
        found = ip_network(network)
        first, last = int(found.network_address), int(found.broadcast_address)
        for number in (first, (first + last) // 2, last):
            address = type(found.network_address)(number)
            carried = carriers(address) if isinstance(address, IPv4Address) else []
            assert [each for each in (address, *carried) if is_public(each)] == []

    @pytest.mark.parametrize(
        "address",
        [
            "1.1.1.1", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.32.0.1", "192.0.1.1",
            "198.17.255.255", "198.20.0.1", "223.255.255.255", "2606:4700:4700::1111",
            "2a00:1450:4001::1", "2001:200::1", "2620::1", "3ffe:831f::1",
            "::ffff:1.1.1.1", "64:ff9b::1.1.1.1",
        ],
    )  # fmt: skip
    def test_what_anybody_reaches_is(self, address):
        assert is_public(ip_address(address))

    @pytest.mark.parametrize(
        "host",
        ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]"],
    )
    def test_this_machine_is_refused_however_it_is_spelt(self, shop, host):
        before = len(shop.calls)
        error = refused(f"http://{host}:{shop.port}/done", allow=())
        assert error.problem in {Problem.BLOCKED, Problem.UNKNOWN_HOST}
        assert not error.arrived
        assert len(shop.calls) == before

    def test_one_private_address_of_a_name_is_enough_to_refuse_it(self, monkeypatch):
        names(monkeypatch, "93.184.216.34", "10.0.0.1")
        assert refused("https://shop.example/").problem is Problem.BLOCKED

    def test_the_name_is_resolved_once(self, shop, monkeypatch):
        """What it stands for a moment later counts no more."""
        answers = [["127.0.0.1"], ["10.0.0.1"]]

        def found(host, port, **_):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0)[0], port))]

        monkeypatch.setattr(socket, "getaddrinfo", found)
        assert call(f"http://shop.example:{shop.port}/done").status == 200
        assert answers == [["10.0.0.1"]]
        assert shop.calls[-1].headers["host"] == f"shop.example:{shop.port}"

    def test_the_operator_allows_networks_by_name(self, shop):
        assert call(shop.url("/done")).body == b'{"status": "done"}'

    def test_the_internet_is_called_with_encryption_only(self, monkeypatch):
        names(monkeypatch, "93.184.216.34")
        assert refused("http://shop.example/").problem is Problem.PLAIN

    @pytest.mark.parametrize(
        "url",
        [
            "", "shop.example", "ftp://shop.example/", "file:///etc/passwd", "https://",
            "https://user:secret@shop.example/", "https://shop.example:0/", "https://[::1/",
            "https://shop.example:99999/", "https://shop.example/a b", "https://shop.example/\n",
            "https://" + "a" * 64 + ".example/", "gopher://127.0.0.1/",
        ],
    )  # fmt: skip
    def test_what_is_no_address_is_refused_before_anything_is_asked(self, url):
        with pytest.raises(OutboundError) as raised:
            split(url)
        assert raised.value.problem is Problem.BAD_URL


class TestNamesThatHang:
    """A resolver may be silent for far longer than a call may take."""

    @pytest.fixture
    def asked(self, monkeypatch):
        """The names that were looked up; those of hang.example are answered at the end only."""
        found, go_on = [], threading.Event()

        def look_up(host, port, **_):
            found.append(host)
            if host.endswith("hang.example"):
                go_on.wait()
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        yield found, go_on
        go_on.set()

    def hangs(self, number):
        error = refused(f"https://{number}.hang.example/", deadline_s=0.01)
        assert (error.problem, error.arrived) == (Problem.TIMEOUT, False)

    @pytest.mark.usefixtures("asked")
    def test_as_many_as_are_called_at_once_hold_up_no_other(self, shop):
        for number in range(AT_ONCE * 3):
            self.hangs(number)
        assert call(f"http://shop.example:{shop.port}/done").status == 200

    def test_one_that_waited_too_long_is_not_looked_up_any_more(self, shop, asked, monkeypatch):
        """There is an end to how many hang."""
        monkeypatch.setattr(outbound, "_resolvers", ThreadPoolExecutor(1))
        self.hangs(1)
        self.hangs(2)
        names, go_on = asked
        go_on.set()
        assert call(f"http://shop.example:{shop.port}/done").status == 200
        assert names == ["1.hang.example", "shop.example"]


class TestAnswers:
    def test_what_is_sent_arrives_whole(self, shop):
        body = '{"名": "林"}'.encode() * 4000
        answer = post(Request(shop.url("/done?a=b"), body, HEADERS, allow=HERE))
        assert answer.status == 200
        assert shop.calls[-1].path == "/done?a=b"
        assert shop.calls[-1].body.encode() == body
        assert shop.calls[-1].headers["content-type"] == "application/json"

    @pytest.mark.parametrize(
        ("given", "sent"),
        [
            ("/完成?名=林", "/%E5%AE%8C%E6%88%90?%E5%90%8D=%E6%9E%97"),
            ("/a%20b;v=1?x=%2F&y=[1]~'", "/a%20b;v=1?x=%2F&y=[1]~'"),
            ("?a=b", "/?a=b"),
        ],
    )
    def test_an_address_in_any_script_is_sent_encoded(self, shop, given, sent):
        assert call(shop.url(given)).status == 200
        assert shop.calls[-1].path == sent

    def test_an_address_of_ipv6_may_end_in_anything(self, shop):
        """http.client would take what stands behind its last colon for a port."""
        url = f"http://[::ffff:127.0.0.1]:{shop.port}/done"
        assert call(url, allow=[ip_network("::ffff:127.0.0.0/104")]).status == 200

    def test_a_redirect_is_an_answer_and_not_followed(self, shop):
        before = len(shop.calls)
        assert call(shop.url("/redirect")).status == 302
        assert len(shop.calls) == before + 1

    def test_the_pause_that_the_shop_asks_for_is_told(self, shop):
        answer = call(shop.url("/429"))
        assert (answer.status, answer.retry_after) == (429, 7.0)

    @pytest.mark.parametrize("path", ["/slow", "/drip", "/drip-head", "/drip-continue"])
    def test_the_deadline_is_of_the_clock_on_the_wall(self, shop, path):
        error = refused(shop.url(path), deadline_s=0.3)
        assert (error.problem, error.arrived) == (Problem.TIMEOUT, True)

    @pytest.mark.parametrize("path", ["/huge", "/endless"])
    def test_a_large_answer_is_not_read(self, shop, path):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        error = refused(shop.url(path))
        assert (error.problem, error.arrived) == (Problem.TOO_LARGE, True)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000

    @pytest.mark.parametrize("path", sorted(ENDLESS))
    def test_what_stands_around_an_answer_is_not_read_for_ever_either(self, shop, path):
        error = refused(shop.url(path), deadline_s=60.0)
        assert (error.problem, error.arrived) == (Problem.TOO_LARGE, True)

    def test_an_answer_in_small_chunks_is_read(self, shop):
        assert call(shop.url("/chunks")).body == b'{"status": "done"}'

    @pytest.mark.parametrize(
        ("path", "problem"),
        [
            ("/cut", Problem.CUT),
            ("/hang-up", Problem.CUT),
            ("/garbage", Problem.NO_HTTP),
        ],
    )
    def test_half_an_answer_is_none(self, shop, path, problem):
        error = refused(shop.url(path))
        assert (error.problem, error.arrived) == (problem, True)


class TestBefore:
    def test_nobody_at_the_door(self):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        error = refused(f"http://127.0.0.1:{port}/")
        assert (error.problem, error.arrived) == (Problem.UNREACHABLE, False)

    def test_a_name_that_nobody_has(self):
        assert refused("https://nowhere.invalid/").problem is Problem.UNKNOWN_HOST

    def test_a_server_that_speaks_no_tls(self):
        def greet():
            peer, _ = listener.accept()
            with peer:
                peer.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")
                peer.recv(65_536)

        with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
            pool.submit(greet)
            error = refused(f"https://127.0.0.1:{listener.getsockname()[1]}/")
        assert (error.problem, error.arrived) == (Problem.TLS, False)

    def test_one_that_is_silent_before_tls(self, monkeypatch):
        """Even for longer than a connection may take."""
        monkeypatch.setattr(outbound, "CONNECT_S", 0.05)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            error = refused(f"https://127.0.0.1:{port}/", deadline_s=0.3)
        assert (error.problem, error.arrived) == (Problem.TIMEOUT, False)

    def test_what_cannot_be_written_is_not_sent(self, shop):
        before = len(shop.calls)
        with pytest.raises(OutboundError) as raised:
            post(Request(shop.url("/done"), b"{}", {"X-Name": "林"}, allow=HERE))
        assert (raised.value.problem, raised.value.arrived) == (Problem.BAD_URL, False)
        assert len(shop.calls) == before

    def test_a_connection_that_is_gone_before_the_first_byte_has_brought_nothing(
        self, shop, monkeypatch
    ):
        def gone(*_):
            raise BrokenPipeError

        monkeypatch.setattr(http.client.HTTPConnection, "send", gone)
        error = refused(shop.url("/done"))
        assert (error.problem, error.arrived) == (Problem.CUT, False)
