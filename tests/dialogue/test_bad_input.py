"""Whatever is sent to the staff pages of flows is answered with a page, never with a fault."""

import uuid
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.dialogue.flows import services
from apps.dialogue.models import Flow, Product
from tests.dialogue.flow_rows import return_flow
from tests.staff import form_data, olga, page, signed_in

pytestmark = pytest.mark.django_db

TEXTS = {"nul": "a\x00b", "long": "x" * 25_000, "number": "9" * 40}
FILES = {
    "nul": b"a\x00b",
    "no text": b"\xed\xa0\x80\xff",
    "half a pair": b'[{"key": "a", "names": {"en": "\\ud800"}}]',
    "half a pair in a key": b'[{"key": "\\ud800"}]',
    "half a pair in a name": b'[{"key": "a", "\\ud800": 1}]',
    "half a pair in twins": b'[{"key": "\\ud800"}, {"key": "\\ud800"}]',
    "nul in a key": b'[{"key": "\\u0000"}]',
    "a line in a key": b'[{"key": "a\\u2028\\u202eb"}]',
    "deep": b"[" * 100_000,
    "endless number": b'[{"key": "a", "slots": [' + b"9" * 5_000 + b"]}]",
}
FORMS = (
    "dialogue_flow_add",
    "dialogue_phrase_add",
    "dialogue_product_add",
    "dialogue_webhook_add",
)
LISTS = ("flow", "phrase", "product", "webhook", "actionrun", "sitepolicy")


@pytest.fixture
def client(site):
    return signed_in(olga())


@pytest.fixture
def flow(site):
    return return_flow(site)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
class TestEveryField:
    def test_of_new_rows(self, client, text):
        for form in FORMS:
            sent = dict.fromkeys(form_data(client.get(page(form))), text)
            assert client.post(page(form), counted(sent)).status_code == 200, form

    def test_of_a_flow(self, client, flow, text):
        address = page("dialogue_flow_change", flow.pk)
        known = form_data(client.get(address))
        assert client.post(address, counted(dict.fromkeys(known, text))).status_code == 200
        assert client.post(address, dict.fromkeys(known, text)).status_code == 200

    def test_of_the_preview(self, client, flow, text):
        known = form_data(client.get(page("dialogue_flow_change", flow.pk)))
        known |= {"try_flow": flow.pk, "try_text": "hello"}
        for name in ("flow", "what", "text", "button", "talk", "language", "ended"):
            answer = client.post(page("dialogue_flow_try"), known | {f"try_{name}": text})
            assert answer.status_code in (200, 404), name

    def test_of_the_other_pages(self, client, site, flow, text):
        services.publish(flow=flow, author=None)
        sent = {"seen": text, "note": text, "version": text, "site": text, "text": text}
        pages = [
            page("dialogue_flow_publish", flow.pk),
            page("dialogue_flow_history", flow.pk),
            page("dialogue_flow_standard"),
            page("dialogue_flow_import"),
            page("dialogue_product_paste"),
        ]
        for address in pages:
            assert client.post(address, sent).status_code in (200, 302, 404), address

    def test_of_the_policy(self, client, site, text):
        services.copy_default_policy(site=site)
        address = page("dialogue_sitepolicy_change", site.pk)
        known = form_data(client.get(address))
        wrong = {f"policy_rows-0-{name}": text for name in ("position", "name", "when", "at")}
        assert client.post(address, known | wrong).status_code == 200

    def test_of_a_list(self, client, text):
        names = ("q", "p", "o", "site__id__exact", "site", "flow", "state", "dead", "e")
        for rows in LISTS:
            answer = client.get(page(f"dialogue_{rows}_changelist"), dict.fromkeys(names, text))
            assert answer.status_code in (200, 302, 400), rows


@pytest.mark.parametrize("data", FILES.values(), ids=FILES.keys())
def test_of_a_file(client, site, data):
    sent = {"site": site.pk, "file": SimpleUploadedFile("f.json", data)}
    assert client.post(page("dialogue_flow_import"), sent).status_code == 200
    assert not Flow.objects.exists()


@pytest.mark.parametrize(
    "lines",
    [
        "a,b,c\x00", "\ud800,b,c", "x" * 200_000, '"' + "x," * 100_000, '"', '"a\rb', ",", "\t" * 9,
        "a,b\u2028c,d", "\ufeffa,甲,A", "a," * 50_000,
    ],
    ids=range(11),
)  # fmt: skip
def test_of_pasted_lines(client, site, lines):
    """As bytes: a browser may send what no text holds."""
    body = urlencode({"site": site.pk, "lines": lines}, errors="surrogatepass")
    address, kind = page("dialogue_product_many"), "application/x-www-form-urlencoded"
    answer = client.post(address, body, content_type=kind)
    assert answer.status_code in (200, 302)


def test_a_pasted_line_that_is_far_too_long_is_named(client, site):
    sent = {"site": site.pk, "lines": "a,甲,A\n" + "x" * 200_000}
    shown = client.post(page("dialogue_product_many"), sent).content.decode()
    assert "Line 2: it has more than 10,000 characters." in shown
    assert not Product.objects.exists()


@pytest.mark.parametrize("form", FORMS)
def test_half_a_pair_in_any_field(client, form):
    sent = dict.fromkeys(form_data(client.get(page(form))), "a\ud800b")
    body = urlencode(counted(sent), errors="surrogatepass")
    kind = "application/x-www-form-urlencoded"
    assert client.post(page(form), body, content_type=kind).status_code == 200


def test_half_a_pair_in_the_preview(client, flow):
    known = form_data(client.get(page("dialogue_flow_change", flow.pk)))
    known |= {"try_flow": flow.pk, "try_text": "a\ud800b", "try_button": ""}
    for more in ({}, {"try_button": '{"text": "\\ud800"}'}, {"try_button": '{"\\ud800": 1}'}):
        body = urlencode(known | more, errors="surrogatepass")
        kind = "application/x-www-form-urlencoded"
        answer = client.post(page("dialogue_flow_try"), body, content_type=kind)
        assert answer.status_code == 200


def counted(sent):
    """With numbers of rows that are numbers: else no row is looked at."""
    return sent | {name: "2" for name in sent if name.endswith("_FORMS")}


@pytest.mark.parametrize(
    "name", ["flow_change", "flow_publish", "flow_history", "policy_copy", "policy_defaults"]
)
def test_what_is_not_there(client, name):
    answer = client.get(page(f"dialogue_{name}", 987654))
    assert answer.status_code in (302, 404)
    assert client.post(page(f"dialogue_{name}", 987654)).status_code in (302, 404)


@pytest.mark.parametrize("name", ["webhook_renew", "webhook_try", "actionrun_send_this_again"])
def test_what_is_not_there_by_its_key(client, name):
    assert client.post(page(f"dialogue_{name}", uuid.uuid4())).status_code == 404


def test_a_file_of_ten_megabytes_is_refused_unread(client, site):
    data = b'{"flows": ["' + b"x" * 10_000_000 + b'"]}'
    sent = {"site": site.pk, "file": SimpleUploadedFile("f.json", data)}
    assert "larger than 1 MB" in client.post(page("dialogue_flow_import"), sent).content.decode()
