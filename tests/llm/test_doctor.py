"""The check of a provider: what it finds with servers that fail in every way, and what it keeps."""

import contextlib
import socket
from collections.abc import Iterator
from ipaddress import ip_address, ip_network

import pytest

from apps.llm import addresses, checking, doctor, reach
from apps.llm.admin.findings import SENTENCES, shown
from apps.llm.findings import Code, Finding
from apps.llm.models import Call, Model, Provider
from apps.llm.services import save_calls
from apps.llm.values import Outcome, Purpose, Tier, Way
from tests.llm.rows import KEY, model, provider
from tests.staff import carol, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _networks(settings):
    settings.LLM_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def near(fakellm):
    return provider("Near", fakellm.base_url, fakellm.key)


@contextlib.contextmanager
def listening() -> Iterator[socket.socket]:
    """Somebody on this machine who answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.setblocking(False)
        yield made


def has_caller(listener: socket.socket) -> bool:
    with contextlib.suppress(BlockingIOError):
        listener.accept()[0].close()
        return True
    return False


def codes(of: Provider, name: str, **values) -> list[str]:
    """What a check of one model finds."""
    model(of, name, **{"tier": Tier.LOCAL, "deadline_s": 5, **values})
    checking.check(provider=of)
    return [one["code"] for one in of.findings]


@pytest.mark.parametrize(
    ("name", "found", "way"),
    [
        ("good-200ms", ["works"], Way.JSON_SCHEMA),
        ("400-on-schema", ["works"], Way.JSON_OBJECT),
        ("500-on-schema", ["works"], Way.JSON_OBJECT),
        ("ignores-schema", ["works"], Way.JSON_OBJECT),
        ("only-tool", ["works"], Way.JSON_OBJECT),
        ("only-prompt", ["works"], Way.JSON_OBJECT),
        ("only-prose", ["no_structure"], ""),
        ("wrong-types", ["no_structure"], ""),
        ("ignores-stream", ["works", "no_streaming"], Way.JSON_SCHEMA),
    ],
)
def test_the_way_that_works_is_found_and_remembered(near, name, found, way):
    assert codes(near, name) == found
    row = Model.objects.get()
    assert row.way == way
    assert bool(row.way_checked_at) is bool(way)


@pytest.mark.parametrize(
    ("ways", "found", "way"),
    [
        (2, ["works"], Way.TOOL),
        (3, ["works", "only_prompt"], Way.PROMPT),
        (4, ["no_structure"], ""),
    ],
)
def test_ways_are_tried_from_the_strictest_down(near, fakellm, ways, found, way):
    """A server that writes prose in so many ways, also when it is corrected."""
    fakellm.script("scripted", *["Well, let me see."] * (2 * ways))
    assert codes(near, "scripted") == found
    assert Model.objects.get().way == way


@pytest.fixture
def easily_pleased(monkeypatch):
    """Takes any answer for right: the fake answers the last line, also when that is a correction."""
    ask = doctor._question
    monkeypatch.setattr(doctor, "_question", lambda: (ask()[0], lambda value: True))


def test_a_right_answer_that_had_to_be_corrected_is_the_last_choice(near, fakellm, easily_pleased):
    fakellm.script("scripted", "Well ...")
    assert codes(near, "scripted") == ["works"]
    assert Model.objects.get().way == Way.JSON_OBJECT, "the next way needs no correction"


def test_one_that_always_has_to_be_corrected_is_told(near):
    assert codes(near, "repairable") == ["works", "corrected"]


@pytest.mark.parametrize("well_formed", [{"colour": "teal", "number": 0, "reply": "Hello."}])
def test_a_form_without_the_right_content_proves_nothing(near, fakellm, well_formed):
    fakellm.script("scripted", *[well_formed] * 4)
    assert codes(near, "scripted") == ["no_structure"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("nobody-knows-this", ["missing_model"]),
        ("401", ["key"]),
        ("429-3", ["limited"]),
        ("503", ["fails"]),
        ("drop", ["fails"]),
        ("redirect", ["redirect"]),
        ("200-html", ["no_json"]),
        ("malformed-body", ["no_json"]),
    ],
)
def test_what_keeps_a_model_from_answering_is_named(near, name, found):
    assert codes(near, name) == found
    assert checking.worst(near.findings) == "fault"
    assert Model.objects.get().way == ""


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("redirect", "127.0.0.1"),
        ("redirect-away", "models.example"),
        ("redirect-private", "10.1.2.3"),
        ("redirect-broken", ""),
    ],
)
def test_a_redirect_is_told_with_its_host_alone(near, fakellm, name, host):
    assert codes(near, name) == ["redirect"]
    (one,) = shown(near, list(near.models.all()))
    assert "sends the request on to another address" in one["text"]
    assert host in one["text"]
    assert "Helpdesk does not follow" in one["advice"]
    assert "secret" not in str(near.findings)
    paths = [call["path"] for call in fakellm.calls()]
    assert paths == ["/v1/chat/completions"], "nor is it asked in other ways"
    assert Call.objects.get().outcome == "redirect"


@pytest.mark.parametrize("purpose", [Purpose.ANSWER, Purpose.EMBEDDING])
def test_whoever_a_redirect_names_hears_nothing(near, purpose):
    """Not even of a network that may be called."""
    with listening() as other:
        name = f"redirect-{other.getsockname()[1]}"
        assert codes(near, name, purpose=purpose) == ["redirect"]
        assert not has_caller(other)


def test_a_redirect_that_was_found_by_an_earlier_release_is_told(near):
    row = model(near, "redirect")
    near.findings = [Finding(Code.REDIRECT, row.name).stored()]
    (one,) = shown(near, [row])
    assert one["text"] == "The server sends the request on to another address."


def test_one_that_is_too_slow(near):
    assert codes(near, "hang", deadline_s=0.5, first_token_s=0.4) == ["too_slow"]


def test_a_key_that_is_missing(fakellm):
    assert codes(provider("Near", fakellm.base_url, ""), "good") == ["no_key"]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://127.0.0.1:9/v1", "unreachable"),
        ("https://{host}/v1", "tls"),
        ("http://10.1.2.3/v1", "blocked"),
        ("http://nobody.invalid/v1", "unknown_host"),
        ("http://{host}", "missing_model"),
        ("http://{host}/v2", "missing_model"),
        ("nonsense", "blocked"),
        ("http://me:secret@{host}/v1", "blocked"),
        ("http://{host}/v1?key=secret", "blocked"),
    ],
)
def test_what_keeps_the_server_from_being_reached_is_named(fakellm, url, found):
    host = fakellm.base_url.removeprefix("http://").removesuffix("/v1")
    of = provider("Near", url.format(host=host))
    assert codes(of, "good") == [found]
    assert "secret" not in str(of.findings)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:{port}/v1", "http://localhost:{port}/v1", "http://127.1:{port}/v1"],
)
def test_this_machine_is_not_called_unless_it_is_listed(settings, url):
    settings.LLM_ALLOWED_NETWORKS = ()
    with listening() as here:
        of = provider("Near", url.format(port=here.getsockname()[1]))
        assert codes(of, "good") == ["blocked"]
        assert not has_caller(here)


def test_a_name_that_leads_home_since_it_was_entered_is_not_called(settings, monkeypatch):
    """The form had seen a public address."""
    settings.LLM_ALLOWED_NETWORKS = ()
    monkeypatch.setattr(reach, "_addresses", lambda _url: [ip_address("8.8.8.8")])
    monkeypatch.setattr(addresses, "look_up", lambda *_asked: ["127.0.0.1"])
    with listening() as here:
        url = f"https://models.example:{here.getsockname()[1]}/v1"
        given = {"name": "Moved", "dialect": "other", "base_url": url, "is_enabled": "on"}
        signed_in(olga()).post(page("llm_provider_add"), given)
        of = Provider.objects.get(base_url=url)
        assert codes(of, "good") == ["blocked"]
        assert not has_caller(here)


def test_a_provider_that_is_deleted_while_it_is_checked_breaks_nothing(near, monkeypatch):
    model(near, "good-200ms", tier=Tier.LOCAL)

    def delete_first(**given):
        Provider.objects.get(pk=near.pk).delete()
        return save_calls(**given)

    monkeypatch.setattr(checking, "save_calls", delete_first)
    answer = signed_in(olga()).post(page("llm_provider_check", near.pk), follow=True)
    assert answer.status_code == 200
    assert not Provider.objects.exists()
    assert Call.objects.get().outcome == Outcome.OK, "what it cost is booked"


@pytest.mark.parametrize(
    ("name", "size", "found"),
    [
        ("embed-384", None, ["works"]),
        ("embed-384", 384, ["works"]),
        ("embed-384", 1536, ["wrong_size"]),
        ("embed-uneven", None, ["bad_vectors"]),
        ("embed-nested", None, ["bad_vectors"]),
        ("embed-nan", None, ["bad_vectors"]),
        ("embed-zero", None, ["zero_vectors"]),
        ("200-html", None, ["no_json"]),
        ("embed-nobody", None, ["missing_model"]),
    ],
)
def test_embeddings_are_counted_and_compared(near, name, size, found):
    assert codes(near, name, purpose=Purpose.EMBEDDING, dimensions=size) == found
    if found == ["works"]:
        assert Model.objects.get().dimensions == 384


def test_vectors_that_do_not_tell_texts_apart(near, monkeypatch):
    monkeypatch.setattr(doctor, "TEXTS", ("One and the same.",) * 3)
    assert codes(near, "embed-384", purpose=Purpose.EMBEDDING) == ["same_vectors"]


def test_a_quota_does_not_stand_in_its_way(near):
    assert codes(near, "good-200ms", tokens_per_minute=1) == ["works"]


def test_without_a_model_there_is_nothing_to_try(near):
    checking.check(provider=near)
    assert [one["code"] for one in near.findings] == ["no_model"]


def test_a_key_that_does_not_open_is_told(near):
    model(near, "good")
    near.sealed_key = provider("Other").sealed_key
    checking.check(provider=near)
    assert [one["code"] for one in near.findings] == ["sealed"]


def test_every_call_stands_in_the_ledger(near):
    codes(near, "only-tool", tier=Tier.CLOUD)
    rows = list(Call.objects.order_by("attempt"))
    assert [row.outcome for row in rows][-1] == Outcome.OK
    assert {row.why for row in rows} == {"check"}
    assert all(row.sent for row in rows), "what left the house is shown"


def test_models_are_told_apart(near):
    model(near, "good-200ms", label="Well")
    model(near, "401", label="Ill")
    checking.check(provider=near)
    said = {one["model"]: one["level"] for one in shown(near, list(near.models.all()))}
    assert said == {"Well": "ok", "Ill": "fault"}


def test_one_that_takes_all_the_time_leaves_the_others_told(near, monkeypatch):
    monkeypatch.setattr(checking, "WHOLE_S", 1.0)
    model(near, "hang")
    assert sorted(codes(near, "good-200ms", rank=9)) == ["not_finished", "works"]


def test_the_button_checks_and_the_page_tells(near):
    model(near, "401", tier=Tier.LOCAL)
    client = signed_in(olga())
    answer = client.post(page("llm_provider_check", near.pk), follow=True)
    said = " ".join(texts(answer.content.decode()))
    assert "The server refuses the key." in said
    assert "Enter it again" in said
    assert KEY not in answer.content.decode()


def test_a_result_belongs_to_the_names_and_the_address_that_it_was_made_with(near):
    def shown() -> str:
        client = signed_in(olga_row)
        listed = " ".join(texts(client.get(page("llm_provider_changelist")).content.decode()))
        whole = client.get(page("llm_provider_change", near.pk)).content.decode()
        assert ("have changed since the check" in whole) == ("changed since" in listed)
        return listed

    olga_row = olga()
    assert "not yet" in shown()
    checking.check(provider=near)
    assert "no model" in shown()
    row = model(near, "good-200ms", tier=Tier.LOCAL)
    assert "changed since" in shown()
    near = Provider.objects.get()
    checking.check(provider=near)
    assert "works" in shown()
    Model.objects.update(name="other")
    assert "changed since" in shown()
    Model.objects.update(name=row.name)
    assert "changed since" not in shown()
    Provider.objects.update(base_url="http://127.0.0.1:9/v1")
    assert "changed since" in shown()


def test_a_link_checks_nothing_and_a_reader_may_not(near):
    path = page("llm_provider_check", near.pk)
    signed_in(olga()).get(path)
    assert signed_in(carol()).post(path).status_code == 403
    near.refresh_from_db()
    assert near.checked_at is None


def test_every_finding_has_a_sentence():
    assert set(Code) - set(SENTENCES) == {Code.WORKS}
