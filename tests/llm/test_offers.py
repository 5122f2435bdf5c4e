"""Which models a server says it has: asked by a button, and harmless whatever it says."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from apps.llm import offers
from apps.llm.models import Call, Provider
from apps.llm.values import GatewayError, Outcome
from tests.llm.rows import KEY, LOCAL_URL, model, provider
from tests.staff import HOSTILE, carol, olga, page, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = "llm_provider_names"


@pytest.fixture(autouse=True)
def _networks(settings):
    settings.LLM_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"),)


@contextlib.contextmanager
def answering(*answers: bytes) -> Iterator[str]:
    """The base URL of a server that sends each of its connections the next of these."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, answers))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        thread.join()


def _serve(listener: socket.socket, answers: tuple[bytes, ...]) -> None:
    for answer in answers:
        with listener.accept()[0] as caller, contextlib.suppress(OSError):
            caller.recv(65_536)
            caller.sendall(answer)


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


def told(of: Provider) -> Any:
    answer = signed_in(olga()).post(page(NAMES, of.pk))
    assert answer.status_code == 200
    return answer.json()


def test_are_those_of_the_server_by_alphabet(fakellm):
    found = told(provider("Near", fakellm.base_url, KEY))
    assert "good" in found["names"]
    assert found["names"] == sorted(found["names"])
    (asked,) = [call for call in fakellm.calls() if call["path"] == "/v1/models"]
    assert asked["headers"]["authorization"] == f"Bearer {KEY}"
    assert not [name for name in asked["headers"] if name.startswith("x-stainless")]
    assert not Call.objects.exists(), "that costs nothing"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (http(b"{}", "404 Not Found"), "does not tell which models it has"),
        (http(b"<html>Sign in"), "does not tell which models it has"),
        (http(b'{"data": {"id": "x"}}'), "does not tell which models it has"),
        (http(b"[" * 100_000), "does not tell which models it has"),
        (http(b"\xff\xfe{"), "does not tell which models it has"),
        (http(b"{}", "401 Unauthorized"), "refuses the key"),
        (http(b"{}", "500 Oops"), "fails while it answers"),
        (http(b"", "302 Found", "Location: http://127.0.0.1:1/"), "sends the request on"),
        (http(b"x" * (offers.MOST_BYTES + 1)), "fails while it answers"),
        (b"nonsense", "fails while it answers"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(answer, said):
    with answering(answer) as url:
        found = told(provider("Near", url))
    assert said in found["said"]
    assert "names" not in found


def test_a_server_that_is_not_there_is_told():
    assert "does not take the connection" in told(provider("Near", "http://127.0.0.1:9/v1"))["said"]


def test_one_that_never_ends_is_left(monkeypatch):
    monkeypatch.setattr(offers, "WITHIN_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = told(provider("Near", f"http://127.0.0.1:{listener.getsockname()[1]}/v1"))
    assert "took too long" in found["said"]


def test_no_address_is_called_that_may_not_be(settings):
    settings.LLM_ALLOWED_NETWORKS = ()
    assert "may not be called" in told(provider("Near", LOCAL_URL))["said"]


def test_a_key_that_does_not_open_is_told(fakellm):
    near = provider("Near", fakellm.base_url, KEY)
    Provider.objects.filter(pk=near.pk).update(sealed_key="broken")
    assert "does not open" in told(near)["said"]
    assert fakellm.calls() == []


def test_only_names_are_taken_that_could_be_entered():
    rows = [
        {"id": name}
        for name in ("b", "a", "b", "", "x" * 201, "with space", "rtl\u202eexe", "nul\x00", 7, None)
    ]
    raw = json.dumps({"data": [*rows, "text", None, {"name": "c"}, {"id": "Qwen/Qwen2.5"}]})
    assert offers.readable(raw.encode()) == ["a", "b", "Qwen/Qwen2.5"]
    assert offers.readable(b'[{"id": "bare"}]') == ["bare"]


def test_of_very_many_some_are_taken():
    raw = json.dumps({"data": [{"id": f"m{number:05}"} for number in range(5_000)]})
    assert len(offers.readable(raw.encode())) == offers.MOST_NAMES


def test_no_list_is_no_empty_list():
    with pytest.raises(GatewayError) as raised:
        offers.readable(b'{"object": "list"}')
    assert raised.value.outcome is Outcome.BAD_OUTPUT
    assert offers.readable(b'{"data": []}') == []


def test_are_asked_by_whoever_may_enter_one_and_never_by_a_link(fakellm):
    near = provider("Near", fakellm.base_url, KEY)
    assert signed_in(carol()).post(page(NAMES, near.pk)).status_code == 403
    assert signed_in(olga()).get(page(NAMES, near.pk)).status_code == 405
    assert fakellm.calls() == []


def test_the_form_knows_where_to_ask(fakellm):
    row = model(provider(HOSTILE, fakellm.base_url, KEY))
    client = signed_in(olga())
    for path in (page("llm_model_add"), page("llm_model_change", row.pk)):
        html = client.get(path).content.decode()
        assert 'data-names="/admin/llm/provider/' in html
        assert "admin/model_names.js" in html
