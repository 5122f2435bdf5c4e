"""Flows as a file: out, in, and what is refused whole."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.dialogue import books
from apps.dialogue.flows import review, services, sharing
from apps.dialogue.flows.problems import Level, at
from apps.dialogue.flows.specs import spec_of
from apps.dialogue.models import Flow, FlowVersion
from apps.sites.models import Site
from tests.dialogue.flow_rows import return_flow
from tests.staff import HOSTILE, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db

FLOW = {"key": "return_order", "version": 1, "names": {"en": "Return"}}
SLOT = {
    "name": "order_id",
    "kind": "order_id",
    "labels": {"en": "Order"},
    "prompts": {"en": "Which?"},
}
CHOICE = {
    **SLOT,
    "kind": "choice",
    "options": [{"value": "a", "labels": {"en": "A"}}, {"value": "b", "labels": {"en": "A|B"}}],
}
SAID_OTHERWISE = {"value": "a", "labels": {"en": "A"}, "synonyms": ["x" * 20_001]}


@pytest.fixture
def boss(db):
    return signed_in(olga())


def sent(client, site, content):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    file = SimpleUploadedFile("flows.json", body)
    return client.post(page("dialogue_flow_import"), {"site": site.pk, "file": file})


def test_what_goes_out_comes_in_again(boss, site):
    flow = return_flow(site)
    before = spec_of(flow, list(flow.slots.all()))
    file = boss.get(page("dialogue_flow_export"))
    assert file["Content-Disposition"].startswith('attachment; filename="flows-')
    Flow.objects.all().delete()
    response = sent(boss, site, file.content)
    assert response.url == page("dialogue_flow_changelist")
    back = Flow.objects.get()
    assert spec_of(back, list(back.slots.all())) == before


def test_a_file_that_says_the_same_changes_nothing(boss, site):
    """Not the revision either: no draft shall wait for a publication that changes nothing."""
    services.add_standard_flows(site=site)
    services.publish(flow=return_flow(site), author=None)
    before = list(Flow.objects.order_by("pk").values_list("key", "revision"))
    file = boss.get(page("dialogue_flow_export"))
    answer = boss.get(sent(boss, site, file.content).url)
    assert "5 flows are unchanged" in " ".join(texts(answer.content.decode()))
    assert list(Flow.objects.order_by("pk").values_list("key", "revision")) == before


def test_only_what_differs_is_stored(boss, site):
    services.add_standard_flows(site=site)
    content = json.loads(boss.get(page("dialogue_flow_export")).content)
    content["flows"][0]["names"]["en"] = "Give it back"
    # What belongs to another kind of slot is not kept, so it is no difference.
    slot = next(one for one in content["flows"][1]["slots"] if one["kind"] == "choice")
    slot["longest"] = 7
    answer = boss.get(sent(boss, site, content).url)
    found = " ".join(texts(answer.content.decode()))
    assert "1 flow is stored as a draft" in found
    assert "3 flows are unchanged" in found
    assert Flow.objects.get(revision__gt=2).name_en == "Give it back"


def test_the_export_has_what_the_list_shows(boss, site):
    other = Site.objects.create(key="other", name="Other")
    return_flow(site)
    return_flow(other, name_en="Theirs")
    file = boss.get(page("dialogue_flow_export"), {"site__id__exact": other.pk})
    assert [flow["names"]["en"] for flow in json.loads(file.content)["flows"]] == ["Theirs"]
    answer = boss.get(page("dialogue_flow_export"), follow=True)
    assert "Filter the list by site first" in " ".join(texts(answer.content.decode()))


def test_only_the_chosen_ones_go_out(boss, site):
    return_flow(site)
    other = return_flow(site, key="other")
    chosen = {"action": "export_chosen", "_selected_action": [other.pk]}
    file = boss.post(page("dialogue_flow_changelist"), chosen)
    assert [flow["key"] for flow in json.loads(file.content)["flows"]] == ["other"]


def test_a_flow_that_is_there_gets_a_draft_and_visitors_keep_theirs(boss, site):
    services.publish(flow=return_flow(site), author=None)
    sent(boss, site, FLOW)
    assert Flow.objects.get().name_en == "Return"
    assert books.load(site.pk).flows[0].names["en"] == "Return an order"
    assert FlowVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no JSON"),
        (b"  \n", "no JSON"),
        (b"question,answer", "no JSON"),
        (b"PK\x03\x04\xff", "no JSON"),
        ('{"key": "退货"}'.encode("gbk"), "UTF-8"),
        (b'{"name": "shop", "version": "1.0"}', "no flows"),
        (b'[{"question": "a"}, 1]', "no flows"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"{'key': 1}", "line 1, column 2"),
        (b"[" * 100_000, "cannot be read"),
        (b"[]", "no flows"),
        (b"7", "no JSON"),
        (b'{"flows": 7}', "no flows"),
        (b'{"flows": [{"key": NaN}]}', "cannot be read"),
        (b" " * (sharing.MOST_BYTES + 1), "larger than 1 MB"),
        (json.dumps([FLOW] * 51).encode(), "more than 50"),
    ],
)
def test_a_file_that_is_none(boss, site, content, words):
    response = sent(boss, site, content)
    found = " ".join(texts(response.content.decode()))
    # Django itself refuses a file without a byte.
    assert words in found or "empty" in found
    assert not Flow.objects.exists()


@pytest.mark.parametrize(
    ("content", "where", "words"),
    [
        ([1], "", "must be an object"),
        ({**FLOW, "key": "Return!"}, "short name", "Small letters"),
        ({**FLOW, "colour": "red"}, "colour", "not known"),
        ({**FLOW, "name": "red"}, "name", "not known"),
        ({**FLOW, "slots": [{**SLOT, "label": {}}]}, "slots › 1 › label", "not known"),
        ({"key": "a"}, "names", "missing"),
        ({**FLOW, "names": {"fr": "Retour"}}, "names › fr", "must be one of: en, zh-Hans"),
        ({**FLOW, "names": {"en": "x" * 101}}, "name (English)", "100"),
        ({**FLOW, "names": {"en": "nul\0"}}, "", "cannot be stored"),
        ({**FLOW, "lookup": "perhaps"}, "only looks something up", "true or false"),
        ({**FLOW, "slots": [{**SLOT, "kind": "colour"}]}, "slots › 1 › kind", "one of"),
        ({**FLOW, "slots": [{**SLOT, "longest": 501}]}, "slots › 1 › longest text", "at most 500"),
        ({**FLOW, "slots": [{**SLOT, "patterns": ["("]}]}, "slots › 1 › patterns", "no regular"),
        ({**FLOW, "slots": [SLOT, SLOT]}, "slots › 2", "Two slots"),
        ({**FLOW, "slots": {"a": 1}}, "slots", "list"),
        ({**FLOW, "dones": {"en": "{x}"}}, "when it is done", "none of the flow's slots"),
        ([FLOW, FLOW], "", "twice"),
        ({**FLOW, "examples": {"en": ["a", "b\nc"]}}, "examples › English › 2", "one line"),
        ({**FLOW, "slots": [{**SLOT, "patterns": ["a\u2028b"]}]}, "patterns › 1", "one line"),
        ({**FLOW, "slots": [CHOICE]}, "slots › 1 › options › 2", "no | and no line break"),
        ({**FLOW, "action": "rm -rf"}, "what is done", "or begin with “python:”"),
        ({**FLOW, "confirms": {"en": "x" * 1001}}, "before the yes (English)", "1000"),
        ({**FLOW, "dones": {"zh-Hans": "x" * 100_000}}, "when it is done (Chinese)", "1000"),
        (
            {**FLOW, "slots": [SLOT, {**SLOT, "name": "b", "prompts": {"en": "x" * 301}}]},
            "slots › 2 › question (English)",
            "300",
        ),
        (
            {**FLOW, "slots": [{**SLOT, "reasks": {"en": "x" * 301}}]},
            "slots › 1 › when it does not fit (English)",
            "300",
        ),
        ({**FLOW, "slots": [{**SLOT, "patterns": ["x" * 2001]}]}, "slots › 1 › patterns", "2000"),
        ({**FLOW, "slots": [{**CHOICE, "options": [SAID_OTHERWISE]}]}, "1 › options", "20000"),
        ({**FLOW, "examples": {"en": ["x" * 20_001]}}, "visitors say (English)", "20000"),
        (
            {**FLOW, "slots": [{**SLOT, "kind": "choice", "options": [{"value": "a|b"}]}]},
            "options › 1 › labels",
            "missing",
        ),
    ],
)
def test_each_wrong_place_is_named_and_nothing_is_stored(boss, site, content, where, words):
    good = {**FLOW, "key": "good"}
    flows = [good, *(content if isinstance(content, list) else [content])]
    response = sent(boss, site, flows)
    found = [(one.where, str(one.text)) for one in response.context["complaints"]]
    assert any(where in place and words in text for place, text in found), found
    assert not Flow.objects.exists()


def test_hostile_text_is_only_shown(boss, site):
    response = sent(boss, site, {**FLOW, HOSTILE: 1})
    assert "<script>alert" not in response.content.decode()


def test_the_reader_is_told_in_chinese(site):
    client = signed_in(olga(), "zh-hans")
    assert sent(client, site, {"key": "a"}).status_code == 200
    kind = {**FLOW, "slots": [{**SLOT, "kind": "colour"}]}
    [told] = sent(client, site, kind).context["complaints"]
    assert " or " not in str(told.text)


def test_an_action_that_is_not_there_is_told_and_can_be_chosen_anew(boss, site):
    sent(boss, site, {**FLOW, "action": "webhook:7f0d5a3e-0000-4000-8000-000000000001"})
    shown = " ".join(texts(boss.get(page("dialogue_flow_changelist")).content.decode()))
    assert "not there on this site; choose it anew in: Return." in shown
    assert Flow.objects.get().action.startswith("webhook:")


class TestStandard:
    def test_all_of_them_are_added_and_published(self, boss, site):
        shipped = [spec.key for spec in services.standard_specs()]
        assert set(shipped) == {"return", "exchange", "cancel", "order_status"}
        boss.post(page("dialogue_flow_standard"), {"site": site.pk, "publish": "1"})
        assert [flow.key for flow in books.load(site.pk).flows] == shipped

    def test_they_are_drafts_unless_staff_publish_them(self, boss, site):
        boss.post(page("dialogue_flow_standard"), {"site": site.pk})
        assert Flow.objects.count() == 4
        assert not FlowVersion.objects.exists()

    def test_a_yes_makes_a_ticket_and_the_page_says_so(self, boss, site):
        told = " ".join(texts(boss.get(page("dialogue_flow_standard")).content.decode()))
        assert told.count("→ after a yes: A ticket") == 4
        for flow in services.add_standard_flows(site=site):
            assert (flow.action, flow.lookup) == ("ticket:", False)
            assert "passed on to our team" in flow.done_en
            assert "我们的团队" in flow.done_zh_hans

    def test_what_the_site_has_is_left_alone(self, boss, site):
        return_flow(site, key="return")
        boss.post(page("dialogue_flow_standard"), {"site": site.pk})
        assert Flow.objects.get(key="return").name_en == "Return an order"
        assert services.add_standard_flows(site=site) == []

    def test_nothing_is_wrong_with_them(self, site):
        services.set_products(site=site, products=[services.Listed("a", "A")])
        for spec in services.standard_specs():
            found = review.problems_of(spec, site)
            assert at(Level.SAVE, found) + at(Level.PUBLISH, found) == [], spec.key

    def test_they_survive_the_form(self, site):
        for spec, flow in zip(
            services.standard_specs(), services.add_standard_flows(site=site), strict=True
        ):
            stored = Flow.objects.get(pk=flow.pk)
            assert spec_of(stored, list(stored.slots.all()), spec.version) == spec
