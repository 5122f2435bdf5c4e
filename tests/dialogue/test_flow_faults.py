"""What is wrong with a flow stands at its field, and what only visitors would notice is told first."""

import re

import pytest

from apps.dialogue.models import Flow, FlowVersion, Slot
from apps.sites.models import Site
from tests.dialogue.flow_rows import order_slot, return_flow
from tests.dialogue.test_flow_admin import member
from tests.staff import form_data, page, signed_in, texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def publisher(db):
    return signed_in(member("bob", "view_flow", "change_flow", "add_flow", "publish_flow"))


@pytest.fixture
def flow(site):
    return return_flow(site)


class TestWhereItStands:
    def test_a_summary_leads_to_each_wrong_field(self, publisher, flow):
        address = page("dialogue_flow_change", flow.pk)
        sent = {"confirm_en": "{x}", "slots-0-patterns": "[0-9", "slots-1-name": "stop"}
        html = publisher.post(address, form_data(publisher.get(address)) | sent).content.decode()
        found = re.findall(r'href="#([^"]+)"\s+data-reveal[^>]*>([^<]+)', html)
        wrong = [(target, text.partition(":")[0]) for target, text in found]
        assert wrong == [
            ("id_confirm_en", "Before the yes (English)"),
            ("id_slots-0-patterns", "Order number · Patterns"),
            ("id_slots-1-name", "Reason · Short name"),
        ]
        assert "Correct these 3 places first" in html
        for target, _name in wrong:
            assert f'id="{target}"' in html
            assert f'id="{target}_error"' in html

    def test_a_removed_slot_is_not_in_the_summary(self, publisher, flow):
        address = page("dialogue_flow_change", flow.pk)
        sent = {"confirm_en": "{x}", "slots-1-name": "", "slots-1-DELETE": "on"}
        html = publisher.post(address, form_data(publisher.get(address)) | sent).content.decode()
        assert 'href="#id_slots-1-name"' not in html

    def test_what_is_left_to_do_is_told_with_the_way_there(self, publisher, flow):
        Slot.objects.filter(name="reason").update(options="")
        address = page("dialogue_flow_change", flow.pk)
        answer = publisher.post(address, form_data(publisher.get(address)), follow=True)
        html = answer.content.decode()
        assert "It cannot be published yet: 1 thing is missing." in html
        assert f'href="{address}#id_slots-1-options"' in html


class TestLate:
    @pytest.mark.parametrize(
        ("column", "value", "words"),
        [
            ("confirm_zh_hans", "退订单｛order_id｝？", "are other signs than { and }"),
            ("done_en", "Order {order_id is on its way", "is alone here"),
        ],
    )
    def test_braces_that_are_none_stop_it(self, publisher, flow, column, value, words):
        Flow.objects.update(**{column: value})
        address = page("dialogue_flow_publish", flow.pk)
        html = publisher.get(address).content.decode()
        assert words in html
        assert f'href="{page("dialogue_flow_change", flow.pk)}#id_{column}"' in html
        publisher.post(address, {"seen": flow.revision})
        assert not FlowVersion.objects.exists()

    def test_a_word_of_two_options_stops_it(self, publisher, flow):
        options = "broken | 坏了 | Broken | Damaged\nhurt | 破损 | Hurt | dead, DAMAGED!, hurt"
        Slot.objects.filter(name="reason").update(options=options)
        address = page("dialogue_flow_publish", flow.pk)
        told = " ".join(texts(publisher.get(address).content.decode()))
        assert "“DAMAGED!” stands for “broken” and for “hurt”." in told
        assert told.count("Leave it to one of them") == 1
        publisher.post(address, {"seen": flow.revision})
        assert not FlowVersion.objects.exists()

    def test_what_is_not_known_yet_is_a_warning(self, publisher, flow):
        order_slot(flow, name="tail", kind="phone_tail", proof=True, position=3)
        Flow.objects.update(confirm_en="Return {order_id} of {tail}?")
        flow.slots.filter(name="order_id").update(prompt_en="Which order, and why ({reason})?")
        flow.slots.filter(name="reason").update(prompt_en="Why {order_id}?")
        told = " ".join(
            texts(publisher.get(page("dialogue_flow_publish", flow.pk)).content.decode())
        )
        assert "{tail} is asked for later" in told
        assert "{reason} is asked for later" in told
        assert "{order_id} is asked for later" not in told

    def test_what_may_never_be_given_is_a_warning_at_its_text(self, publisher, flow):
        Flow.objects.update(confirm_en="Return {order_id}, {reason}?", done_en="Done: {reason}")
        flow.slots.filter(name="reason").update(required=False)
        html = publisher.get(page("dialogue_flow_publish", flow.pk)).content.decode()
        told = " ".join(texts(html))
        assert told.count("{reason} is not always given") == 2
        assert "{order_id} is not always given" not in told
        for column in ("confirm_en", "done_en"):
            assert f'href="{page("dialogue_flow_change", flow.pk)}#id_{column}"' in html

    def test_a_ticket_without_a_last_text_is_a_warning(self, publisher, flow):
        address = page("dialogue_flow_publish", flow.pk)
        Flow.objects.update(action="ticket:")
        assert "what happens next" not in publisher.get(address).content.decode()
        Flow.objects.update(done_en="", done_zh_hans="")
        told = " ".join(texts(publisher.get(address).content.decode()))
        assert "Visitors read “I have passed this on to our team.” in the end" in told

    def test_a_function_of_another_site_stops_it(self, publisher, flow):
        Flow.objects.update(action="python:demo.return_order")
        address = page("dialogue_flow_publish", flow.pk)
        told = " ".join(texts(publisher.get(address).content.decode()))
        assert "“Northbird: arrange a return” knows the orders of another site" in told
        publisher.post(address, {"seen": flow.revision})
        assert not FlowVersion.objects.exists()
        Site.objects.update(key="demo")
        publisher.post(address, {"seen": flow.revision})
        assert FlowVersion.objects.exists()

    def test_examples_of_another_flow_are_a_warning(self, publisher, site, flow):
        return_flow(site, key="other", name_en="Refund", name_zh_hans="退款")
        return_flow(Site.objects.create(key="far", name="Far"), key="far", name_en="Far")
        Flow.objects.filter(key="other").update(examples_en="Money  BACK\nelse")
        address = page("dialogue_flow_publish", flow.pk)
        told = " ".join(texts(publisher.get(address).content.decode()))
        assert "The flow “Refund” has the same: “money back”." in told
        assert "Far" not in told
        publisher.post(address, {"seen": flow.revision})
        assert FlowVersion.objects.count() == 1

    def test_flows_that_are_off_are_no_neighbours(self, publisher, site, flow):
        return_flow(site, key="other", enabled=False)
        address = page("dialogue_flow_publish", flow.pk)
        told = " ".join(texts(publisher.get(address).content.decode()))
        assert "has the same" not in told

    def test_two_flows_of_one_name_are_a_warning(self, publisher, site, flow):
        return_flow(site, key="other", examples_en="x", examples_zh_hans="")
        address = page("dialogue_flow_publish", flow.pk)
        told = " ".join(texts(publisher.get(address).content.decode()))
        assert "Another flow of this site has the same name" in told
