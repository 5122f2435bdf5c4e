"""Flows as staff keep them: drafts, publishing, versions, and what is refused."""

import uuid

import pytest
from django.contrib.auth.models import Permission, User

from apps.dialogue import books
from apps.dialogue.flows import services
from apps.dialogue.models import ActionRun, Flow, FlowVersion, Slot
from tests.dialogue.flow_rows import order_slot, return_flow
from tests.staff import form_data, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db


def member(name, *permissions):
    user = User.objects.create(username=name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


@pytest.fixture
def editor(db):
    return signed_in(member("alice", "view_flow", "change_flow", "add_flow", "delete_flow"))


@pytest.fixture
def publisher(db):
    return signed_in(
        member("bob", "view_flow", "change_flow", "add_flow", "delete_flow", "publish_flow")
    )


@pytest.fixture
def flow(site):
    return return_flow(site)


def errors(response):
    found = dict(response.context["adminform"].form.errors)
    formset = response.context["inline_admin_formsets"][0].formset
    for form in formset.forms:
        found |= {f"{form.prefix}-{name}": told for name, told in form.errors.items()}
    if said := list(formset.non_form_errors()):
        found["slots"] = said
    return found


class TestDraft:
    def test_saving_changes_nothing_for_visitors(self, editor, flow):
        services.publish(flow=flow, author=None)
        address = page("dialogue_flow_change", flow.pk)
        data = form_data(editor.get(address)) | {"name_en": "Send it back"}
        editor.post(address, data)
        assert Flow.objects.get().name_en == "Send it back"
        assert books.load(flow.site_id).flows[0].names["en"] == "Return an order"

    def test_a_new_flow_with_a_slot(self, editor, site):
        data = form_data(editor.get(page("dialogue_flow_add"))) | {
            "site": site.pk,
            "key": "cancel_order",
            "name_en": "Cancel",
            "slots-TOTAL_FORMS": "1",
            "slots-0-name": "order_id",
            "slots-0-kind": "order_id",
            "slots-0-position": "1",
            "slots-0-longest": "200",
            "slots-0-reask_limit": "2",
        }
        response = editor.post(page("dialogue_flow_add"), data)
        made = Flow.objects.get()
        assert response.url == page("dialogue_flow_change", made.pk)
        assert [slot.name for slot in made.slots.all()] == ["order_id"]

    def test_slots_stand_in_the_order_of_their_numbers(self, editor, flow):
        address = page("dialogue_flow_change", flow.pk)
        moved = {"slots-0-position": "2", "slots-1-position": "1"}
        editor.post(address, form_data(editor.get(address)) | moved)
        assert [slot.name for slot in flow.slots.all()] == ["reason", "order_id"]
        assert [slot.position for slot in flow.slots.all()] == [1, 2]

    def test_who_was_slower_is_told(self, editor, flow):
        address = page("dialogue_flow_change", flow.pk)
        data = form_data(editor.get(address))
        services.draft_changed(flow=flow)
        response = editor.post(address, data | {"name_en": "Mine"})
        assert "Somebody else saved" in errors(response)["__all__"][0]
        editor.post(address, form_data(response) | {"name_en": "Mine"})
        assert Flow.objects.get().name_en == "Mine"

    @pytest.mark.parametrize(
        ("sent", "place", "words"),
        [
            ({"slots-0-patterns": "(a+)+"}, "slots-0-patterns", "for ever"),
            ({"slots-0-patterns": "[0-9"}, "slots-0-patterns", "no regular expression"),
            ({"slots-0-patterns": r"(?:.|.){1,11}~"}, "slots-0-patterns", r"as in \d{4,12} for"),
            ({"slots-0-patterns": "a1\na2\na3\na4\na5\na6"}, "slots-0-patterns", "At most 5"),
            ({"slots-1-name": "order_id"}, "slots-1-name", "Two slots are called"),
            ({"slots-1-name": "stop"}, "slots-1-name", "“stop” is kept for"),
            ({"slots-1-name": "Order Id"}, "slots-1-name", "Small letters"),
            ({"slots-1-options": "a | b | c | d | e"}, "slots-1-options", "Line 1"),
            ({"slots-1-options": "a\na"}, "slots-1-options", "Line 2"),
            (
                {"confirm_en": "Return {order}?"},
                "confirm_en",
                "{order} is none of the flow's slots",
            ),
            ({"slots-0-prompt_en": "{x}?"}, "slots-0-prompt_en", "{x} is none of"),
            (
                {"slots-1-kind": "amount", "slots-1-minimum": "9", "slots-1-maximum": "1"},
                "slots-1-maximum",
                "must not be less",
            ),
            (
                {"slots-1-kind": "date", "slots-1-earliest_days": "9", "slots-1-latest_days": "1"},
                "slots-1-latest_days",
                "must not come before",
            ),
            ({"examples_en": "x" * 201}, "examples_en", "Longer than 200 characters"),
            ({"slots-0-reask_limit": "6"}, "slots-0-reask_limit", "5"),
        ],
    )
    def test_what_can_never_be_is_refused_where_it_stands(self, editor, flow, sent, place, words):
        address = page("dialogue_flow_change", flow.pk)
        response = editor.post(address, form_data(editor.get(address)) | sent)
        assert words in " ".join(map(str, errors(response)[place]))
        assert Flow.objects.get().revision == 1

    def test_a_removed_slot_need_not_be_right(self, editor, flow):
        address = page("dialogue_flow_change", flow.pk)
        sent = {"slots-1-name": "", "slots-1-DELETE": "on"}
        editor.post(address, form_data(editor.get(address)) | sent)
        assert [slot.name for slot in flow.slots.all()] == ["order_id"]

    def test_fields_of_another_kind_are_not_lost(self, editor, flow):
        address = page("dialogue_flow_change", flow.pk)
        editor.post(address, form_data(editor.get(address)) | {"slots-1-kind": "text"})
        assert Slot.objects.get(name="reason").options.startswith("broken")


class TestPublishing:
    def test_visitors_meet_it(self, publisher, flow):
        response = publisher.post(
            page("dialogue_flow_publish", flow.pk), {"seen": flow.revision, "note": "first"}
        )
        assert response.url == page("dialogue_flow_change", flow.pk)
        version = FlowVersion.objects.get()
        assert (version.number, version.note, version.author.username) == (1, "first", "bob")
        assert books.load(flow.site_id).by_key["return_order"].version == 1

    def test_needs_its_own_permission(self, editor, flow):
        address = page("dialogue_flow_publish", flow.pk)
        assert editor.get(address).status_code == 200
        assert editor.post(address, {"seen": flow.revision}).status_code == 403
        assert not FlowVersion.objects.exists()

    def test_what_was_changed_meanwhile_is_looked_at_again(self, publisher, flow):
        services.draft_changed(flow=flow)
        publisher.post(page("dialogue_flow_publish", flow.pk), {"seen": "1"})
        assert not FlowVersion.objects.exists()

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"examples_en": "", "examples_zh_hans": ""}, "without examples nobody gets here"),
            ({"name_en": "", "name_zh_hans": ""}, "Give the flow a name"),
            ({"action": "python:gone.away"}, "is not there"),
            ({"action": "python:demo.order_status"}, "is not of this kind"),
            ({"action": "webhook:nonsense"}, "is not there"),
            ({"lookup": True}, "Choose what is looked up"),
        ],
    )
    def test_what_is_missing_stops_it(self, publisher, flow, wrong, words):
        Flow.objects.update(**wrong)
        address = page("dialogue_flow_publish", flow.pk)
        assert words in " ".join(texts(publisher.get(address).content.decode()))
        publisher.post(address, {"seen": flow.revision})
        assert not FlowVersion.objects.exists()

    def test_a_draft_that_is_no_flow_is_told_and_not_published(self, publisher, flow):
        Slot.objects.filter(name="reason").update(name="Not A Name")
        address = page("dialogue_flow_publish", flow.pk)
        assert "cannot be read" in publisher.get(address).content.decode()
        publisher.post(address, {"seen": flow.revision})
        assert not FlowVersion.objects.exists()

    def test_a_choice_needs_options(self, publisher, flow):
        Slot.objects.filter(name="reason").update(options="")
        shown = publisher.get(page("dialogue_flow_publish", flow.pk)).content.decode()
        assert "Write the options" in shown

    def test_a_site_has_so_many_patterns_in_all(self, publisher, site, flow):
        for number in range(4):
            other = return_flow(site, key=f"flow_{number}")
            own = "\n".join(f"K{number}{place}" for place in range(5))
            other.slots.filter(name="order_id").update(patterns=own)
            services.publish(flow=other, author=None)
        flow.slots.filter(name="order_id").update(patterns="K00\nK11")
        address = page("dialogue_flow_publish", flow.pk)
        assert "20 patterns at most" not in publisher.get(address).content.decode()
        flow.slots.filter(name="order_id").update(patterns="SO-1")
        assert "20 patterns at most" in publisher.get(address).content.decode()
        publisher.post(address, {"seen": flow.revision})
        assert not FlowVersion.objects.filter(flow=flow).exists()

    def test_a_text_in_one_language_only_is_a_warning(self, publisher, flow):
        Slot.objects.filter(name="reason").update(prompt_zh_hans="")
        shown = publisher.get(page("dialogue_flow_publish", flow.pk)).content.decode()
        assert "Not written in Simplified Chinese" in shown
        publisher.post(page("dialogue_flow_publish", flow.pk), {"seen": flow.revision})
        assert FlowVersion.objects.exists()

    def test_saving_leads_to_it(self, publisher, flow):
        address = page("dialogue_flow_change", flow.pk)
        data = form_data(publisher.get(address)) | {"_publish": "1"}
        assert publisher.post(address, data).url == page("dialogue_flow_publish", flow.pk)

    def test_whether_it_is_on_is_for_publishers(self, editor, publisher, flow):
        services.publish(flow=flow, author=None)
        address = page("dialogue_flow_change", flow.pk)
        data = form_data(editor.get(address))
        data.pop("enabled", None)
        editor.post(address, data)
        assert Flow.objects.get().enabled
        data = form_data(publisher.get(address))
        data.pop("enabled")
        publisher.post(address, data)
        assert not Flow.objects.get().enabled
        assert books.load(flow.site_id).flows == ()

    def test_where_it_stands_among_the_others_is_for_publishers(self, editor, publisher, flow):
        """Visitors are offered flows in that order."""
        services.publish(flow=flow, author=None)
        address = page("dialogue_flow_change", flow.pk)
        editor.post(address, form_data(editor.get(address)) | {"position": "7"})
        assert Flow.objects.get().position == flow.position
        publisher.post(address, form_data(publisher.get(address)) | {"position": "7"})
        assert Flow.objects.get().position == 7

    def test_a_published_version_is_never_changed(self, flow):
        version = services.publish(flow=flow, author=None)
        version.note = "another"
        with pytest.raises(TypeError):
            version.save()


class TestVersions:
    def test_going_back_makes_a_draft(self, editor, flow):
        services.publish(flow=flow, author=None)
        Flow.objects.update(name_en="Send it back")
        Slot.objects.filter(name="reason").delete()
        services.draft_changed(flow=flow)
        services.publish(flow=flow, author=None)
        address = page("dialogue_flow_history", flow.pk)
        shown = editor.get(address).content.decode()
        assert '<ins class="hd-ins">Send it back</ins>' in shown
        editor.post(address, {"version": "1"})
        back = Flow.objects.get()
        assert back.name_en == "Return an order"
        assert [slot.name for slot in back.slots.all()] == ["order_id", "reason"]
        assert books.load(flow.site_id).flows[0].version == 2

    def test_what_changed_is_told_in_words(self, editor, flow):
        services.publish(flow=flow, author=None)
        Flow.objects.update(action="python:demo.return_order")
        flow.slots.filter(name="order_id").update(kind="phone_tail")
        told = " ".join(texts(editor.get(page("dialogue_flow_publish", flow.pk)).content.decode()))
        assert "Northbird: arrange a return" in told
        assert "Last four digits of the phone" in told
        assert "python:" not in told
        assert "phone_tail" not in told

    def test_the_round_trip_loses_nothing(self, flow):
        first = services.publish(flow=flow, author=None)
        services.restore(flow=flow, version=first)
        second = services.publish(flow=flow, author=None)
        assert {**first.spec, "version": 0} == {**second.spec, "version": 0}

    @pytest.mark.parametrize("version", ["2", "", "x", "9" * 30])
    def test_a_version_that_is_not_there(self, editor, flow, version):
        services.publish(flow=flow, author=None)
        address = page("dialogue_flow_history", flow.pk)
        assert editor.post(address, {"version": version}).status_code == 404


class TestInside:
    """Visitors finish on the version that they began with."""

    def test_after_a_change(self, flow):
        services.publish(flow=flow, author=None)
        Flow.objects.update(name_en="Send it back")
        services.publish(flow=flow, author=None)
        book = books.load(flow.site_id)
        assert book.by_key["return_order"].version == 2
        assert book.by_version["return_order", 1].names["en"] == "Return an order"

    def test_after_it_was_deleted_and_its_name_taken(self, publisher, site, flow):
        services.publish(flow=flow, author=None)
        publisher.post(page("dialogue_flow_delete", flow.pk), {"post": "yes"})
        assert not Flow.objects.exists()
        book = books.load(site.pk)
        assert book.flows == ()
        assert book.by_version["return_order", 1].names["en"] == "Return an order"
        services.publish(flow=return_flow(site, name_en="Other"), author=None)
        book = books.load(site.pk)
        assert book.by_key["return_order"].version == 2
        assert book.by_version["return_order", 1].names["en"] == "Return an order"

    def test_after_it_was_switched_off(self, publisher, flow):
        services.publish(flow=flow, author=None)
        chosen = {"action": "switch_off", "_selected_action": [flow.pk]}
        publisher.post(page("dialogue_flow_changelist"), chosen)
        book = books.load(flow.site_id)
        assert book.flows == ()
        assert ("return_order", 1) in book.by_version

    def test_what_is_published_is_deleted_by_publishers(self, editor, flow):
        address = page("dialogue_flow_delete", flow.pk)
        assert editor.get(address).status_code == 200
        services.publish(flow=flow, author=None)
        assert editor.get(address).status_code == 403
        listed = {"action": "delete_selected", "_selected_action": [flow.pk], "post": "yes"}
        editor.post(page("dialogue_flow_changelist"), listed)
        assert Flow.objects.exists()


class TestList:
    def test_costs_the_same_for_many(self, site, make_session, django_assert_max_num_queries):
        boss = signed_in(olga())
        for number in range(8):
            flow = return_flow(site, key=f"flow_{number}")
            services.publish(flow=flow, author=None)
        with django_assert_max_num_queries(14):
            shown = boss.get(page("dialogue_flow_changelist"))
        assert "flow_7" in shown.content.decode()

    def test_tells_how_often_it_was_carried_out(self, site, make_session):
        flow = return_flow(site)
        order_slot(flow, name="second")
        session = make_session()
        for state in ActionRun.State:
            ActionRun.objects.create(
                key=uuid.uuid4(),
                session=session,
                site=site,
                flow="return_order",
                version=1,
                state=state,
                language="en",
            )
        shown = signed_in(olga()).get(page("dialogue_flow_changelist"))
        row = shown.context["cl"].result_list[0]
        assert (row.uses, row.slot_count, row.live_number) == (1, 3, None)

    def test_says_what_to_do_when_there_is_none(self, site):
        shown = signed_in(olga()).get(page("dialogue_flow_changelist")).content.decode()
        assert "A flow collects what is missing" in shown

    def test_is_closed_to_strangers(self, site, flow):
        stranger = signed_in(member("carol", "view_session"))
        for name in ("changelist", "import", "export", "standard", "try"):
            assert stranger.get(page(f"dialogue_flow_{name}")).status_code == 403
        for name in ("change", "publish", "history"):
            assert stranger.get(page(f"dialogue_flow_{name}", flow.pk)).status_code == 403

    def test_readers_see_the_flow(self, flow):
        reader = signed_in(member("rita", "view_flow"))
        shown = reader.get(page("dialogue_flow_change", flow.pk)).content.decode()
        assert "Order number" in shown
        assert "data-add" not in shown


class TestLostEnds:
    """What a flow ends in may go away, or be another site's."""

    @pytest.mark.parametrize("action", ["python:gone.away", "python:demo.return_order"])
    def test_the_list_and_the_form_warn(self, publisher, flow, action):
        Flow.objects.update(action=action)
        services.publish(flow=flow, author=None)
        Flow.objects.update(action="ticket:")
        for address in (
            page("dialogue_flow_changelist"),
            page("dialogue_flow_change", flow.pk),
        ):
            assert "what it does is not there" in publisher.get(address).content.decode()
        form = " ".join(texts(publisher.get(address).content.decode()))
        assert "cannot be carried out on this site" in form

    def test_what_can_be_done_is_not_warned_of(self, publisher, flow):
        services.publish(flow=flow, author=None)
        listed = publisher.get(page("dialogue_flow_changelist")).content.decode()
        assert "what it does is not there" not in listed

    def test_functions_of_another_site_are_not_offered(self, publisher, flow):
        address = page("dialogue_flow_change", flow.pk)
        assert "Northbird: arrange" not in publisher.get(address).content.decode()
        Flow.objects.update(action="python:demo.cancel_order")
        shown = publisher.get(address).content.decode()
        assert "Northbird: cancel an order (of another site)" in shown
