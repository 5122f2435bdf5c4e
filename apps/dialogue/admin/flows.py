"""Flows in the admin. The form is the draft; visitors meet what was published of it."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminErrorList
from django.db import transaction
from django.db.models import Count, Max, QuerySet
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import StackedInline
from unfold.decorators import action, display

from apps.dialogue.admin import panels
from apps.dialogue.admin.access import may_add, may_change, may_publish, may_read
from apps.dialogue.admin.forms import FlowForm, SlotForm, SlotFormSet, put_at_fields
from apps.dialogue.admin.histories import Histories
from apps.dialogue.admin.previews import Previews
from apps.dialogue.admin.sharing import Sharing
from apps.dialogue.flows import review
from apps.dialogue.flows.problems import MOST_SLOTS
from apps.dialogue.flows.services import delete_flows, draft_changed, set_enabled
from apps.dialogue.models import ActionRun, Flow, Slot
from apps.sites.admin.chosen import BeginsWithSite, carried, chosen_site

AND_PUBLISH = "_publish"
# What visitors meet without its being published.
SHOWS_AT_ONCE = frozenset({"enabled", "position"})


class SlotInline(StackedInline):  # type: ignore[misc]  # Unfold ships no types
    """Whoever may change the flow may change its slots."""

    model = Slot
    form = SlotForm
    formset = SlotFormSet
    template = "admin/dialogue/flow/slots.html"
    extra = 0
    max_num = MOST_SLOTS

    def get_formset(self, request: HttpRequest, obj: Flow | None = None, **kwargs: Any) -> Any:
        # One is made for each that a request announces: with Django's own bound of a thousand more
        # the page takes a quarter of a minute.
        return super().get_formset(request, obj, absolute_max=2 * MOST_SLOTS, **kwargs)

    def has_add_permission(self, request: HttpRequest, obj: Flow | None = None) -> bool:
        return may_change(request)

    def has_change_permission(self, request: HttpRequest, obj: Flow | None = None) -> bool:
        return may_change(request)

    def has_delete_permission(self, request: HttpRequest, obj: Flow | None = None) -> bool:
        return may_change(request)

    def has_view_permission(self, request: HttpRequest, obj: Flow | None = None) -> bool:
        return may_read(request)


@admin.register(Flow)
class FlowAdmin(Histories, Previews, Sharing, BeginsWithSite):
    form = FlowForm
    inlines = [SlotInline]
    list_display = ["entry", "standing", "version", "slot_count", "uses", "site", "updated_at"]
    list_filter = ["site", "enabled", "high_value", "high_risk"]
    list_select_related = ["site"]
    list_per_page = 50
    search_fields = ["key", "name_en", "name_zh_hans", "description_en", "description_zh_hans"]
    search_help_text = _("A name, a short name or a description")
    change_form_outer_before_template = "admin/dialogue/flow/before.html"
    change_form_outer_after_template = "admin/dialogue/flow/beside.html"
    warn_unsaved_form = True
    compressed_fields = False
    actions = ["switch_on", "switch_off", "export_chosen"]
    actions_submit_line = ["save_then_publish"]
    actions_list = ["add_standard", "import_file", "export_all"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("site", "key"),
                    ("name_en", "name_zh_hans"),
                    ("description_en", "description_zh_hans"),
                    "opened_on",
                ]
            },
        ),
        (_("How it begins"), {"fields": [("examples_en", "examples_zh_hans")]}),
        (
            _("How it ends"),
            {
                "fields": [
                    ("action", "lookup"),
                    ("confirm_en", "confirm_zh_hans"),
                    ("done_en", "done_zh_hans"),
                ]
            },
        ),
        (
            _("Care"),
            {"fields": [("high_value", "high_risk"), ("enabled", "position")]},
        ),
    ]

    class Media:
        css = {"all": ["admin/knowledge.css", "admin/flows.css"]}
        js = ["admin/flows.js"]

    @display(description=_("flow"), ordering="key", header=True)  # type: ignore[untyped-decorator]
    def entry(self, flow: Flow) -> list[str]:
        return [str(flow), flow.key]

    @display(description=_("state"))  # type: ignore[untyped-decorator]
    def standing(self, flow: Flow) -> SafeString:
        return panels.badges(flow)

    @display(description=_("version"), empty_value="–")  # type: ignore[untyped-decorator]
    def version(self, flow: Any) -> int | None:
        return cast("int | None", flow.live_number)

    @display(description=_("slots"))  # type: ignore[untyped-decorator]
    def slot_count(self, flow: Any) -> int:
        return cast("int", flow.slot_count)

    @display(description=_("carried out"))  # type: ignore[untyped-decorator]
    def uses(self, flow: Any) -> int:
        return cast("int", flow.uses)

    @admin.action(permissions=["publish"], description=_("Switch on"))
    def switch_on(self, request: HttpRequest, flows: QuerySet[Flow]) -> None:
        self._switch(request, flows, enabled=True)

    @admin.action(permissions=["publish"], description=_("Switch off"))
    def switch_off(self, request: HttpRequest, flows: QuerySet[Flow]) -> None:
        self._switch(request, flows, enabled=False)

    @action(  # type: ignore[untyped-decorator]
        description=_("Add the standard flows"), icon="library_add", permissions=["bring"]
    )
    def add_standard(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(carried(reverse("admin:dialogue_flow_standard"), request))

    @action(  # type: ignore[untyped-decorator]
        description=_("Import"), icon="upload", permissions=["bring"]
    )
    def import_file(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(carried(reverse("admin:dialogue_flow_import"), request))

    @action(  # type: ignore[untyped-decorator]
        description=_("Export"), icon="download", permissions=["read"]
    )
    def export_all(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(carried(reverse("admin:dialogue_flow_export"), request))

    @action(  # type: ignore[untyped-decorator]
        description=_("Save, then publish"), permissions=["publish"], attrs={"name": AND_PUBLISH}
    )
    def save_then_publish(self, request: HttpRequest, flow: Flow) -> None:
        """Only a button: the slots are stored after the flow, so the reply leads on."""

    def has_read_permission(self, request: HttpRequest) -> bool:
        return may_read(request)

    def has_bring_permission(self, request: HttpRequest) -> bool:
        return may_add(request)

    def has_publish_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return may_publish(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_add(request)

    def has_delete_permission(self, request: HttpRequest, obj: Flow | None = None) -> bool:
        """What visitors can begin is taken away by those who may publish."""
        if not super().has_delete_permission(request, obj):
            return False
        return may_publish(request) or (obj is not None and not review.live_version(obj))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Flow]:
        rows: Any = super().get_queryset(request)
        return cast("QuerySet[Flow]", rows.with_live().annotate(slot_count=Count("slots")))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The runs of all flows on the page are counted in one pass, not once for each."""
        found = super().get_changelist_instance(request)
        shown = list(found.result_list)
        runs = ActionRun.objects.order_by().filter(flow__in={flow.key for flow in shown})
        runs = runs.filter(state=ActionRun.State.DONE)
        counted = runs.values_list("site", "flow").annotate(count=Count("pk"))
        uses = {(site, key): count for site, key, count in counted}
        for flow in shown:
            flow.uses = uses.get((flow.site_id, flow.key), 0)
        found.result_list = shown
        return found

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Flow | None:
        """A write holds the row: whether it was changed meanwhile must stay true until then."""
        flow = super().get_object(request, object_id, from_field)
        if flow and request.method == "POST" and transaction.get_connection().in_atomic_block:
            return Flow.objects.select_for_update(no_key=True).filter(pk=flow.pk).first()
        return cast("Flow | None", flow)

    def get_readonly_fields(self, request: HttpRequest, obj: Flow | None = None) -> list[str]:
        """A flow keeps its site and its name; what shows at once is for those who publish. A new one
        stands below those that are there."""
        fixed = ["site", "key"] if obj else []
        if may_publish(request):
            return fixed
        return [*fixed, *(name for name in sorted(SHOWS_AT_ONCE) if obj or name == "enabled")]

    def get_fieldsets(self, request: HttpRequest, obj: Flow | None = None) -> Any:
        if may_change(request):
            return self.fieldsets
        (title, first), *others = cast("Any", self.fieldsets)
        return [(title, {"fields": [f for f in first["fields"] if f != "opened_on"]}), *others]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new flow stands below those that are there."""
        initial = super().get_changeform_initial_data(request)
        flows = Flow.objects.filter(site=site) if (site := chosen_site(request)) else Flow.objects
        last = flows.aggregate(last=Max("position"))["last"] or 0
        return {"position": last + 1, **initial}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        shown = panels.context(request, kwargs.get("obj"))
        form = context["adminform"].form
        formsets = [inline.formset for inline in context["inline_admin_formsets"]]
        for formset in formsets:
            put_at_fields(form, formset)
        shown["errors"] = AdminErrorList(form, formsets)
        page = super().render_change_form(request, {**context, **shown}, *args, **kwargs)
        return cast("HttpResponse", page)

    def save_formset(
        self,
        request: HttpRequest,
        form: "ModelForm[Flow]",
        formset: "BaseModelFormSet[Any, Any]",
        change: bool,  # noqa: FBT001
    ) -> None:
        """Slots are numbered as they stand, whatever numbers were sent."""
        for place, one in enumerate(cast("SlotFormSet", formset).kept(), 1):
            one.instance.position = place
            one.changed_data.append("position")
        super().save_formset(request, form, formset, change)

    def save_related(
        self,
        request: HttpRequest,
        form: "ModelForm[Flow]",
        formsets: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        super().save_related(request, form, formsets, change)
        draft_changed(flow=form.instance, shows=not SHOWS_AT_ONCE.isdisjoint(form.changed_data))

    def response_add(
        self, request: HttpRequest, obj: Flow, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The form stays open: the preview stands beside it."""
        sent = request.POST.copy()
        if "_addanother" not in sent:
            sent["_continue"] = "1"
        request.POST = sent  # type: ignore[assignment]  # Django's own admin does the same
        self._tell_what_is_left(request, obj)
        return cast("HttpResponse", super().response_add(request, obj, post_url_continue))

    def response_change(self, request: HttpRequest, obj: Flow) -> HttpResponse:
        if AND_PUBLISH in request.POST and may_publish(request):
            return HttpResponseRedirect(reverse("admin:dialogue_flow_publish", args=[obj.pk]))
        self.message_user(request, panels.saved(obj))
        self._tell_what_is_left(request, obj)
        return HttpResponseRedirect(
            request.path
            if "_continue" in request.POST
            else reverse("admin:dialogue_flow_changelist")
        )

    def delete_model(self, request: HttpRequest, obj: Flow) -> None:
        delete_flows(flows=[obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Flow]) -> None:
        delete_flows(flows=queryset)

    def _tell_what_is_left(self, request: HttpRequest, flow: Flow) -> None:
        if said := panels.left_to_do(flow):
            self.message_user(request, said, messages.WARNING)

    def _switch(self, request: HttpRequest, flows: QuerySet[Flow], *, enabled: bool) -> None:
        count = set_enabled(flows=flows, enabled=enabled)
        on = ngettext("%(count)d flow is on.", "%(count)d flows are on.", count)
        off = ngettext("%(count)d flow is off.", "%(count)d flows are off.", count)
        self.message_user(request, (on if enabled else off) % {"count": count})
