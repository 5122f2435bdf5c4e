"""Providers in the admin: an address, a key that goes in and never comes out, and a check."""

import uuid
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.debug import SafeExceptionReporterFilter
from django.views.decorators.debug import sensitive_post_parameters
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.llm import checking, presets, reach
from apps.llm.admin.changing import MovesLadder
from apps.llm.admin.findings import shown
from apps.llm.admin.forms import ProviderForm
from apps.llm.admin.offered import names_view
from apps.llm.findings import Code
from apps.llm.models import Call, Model, Provider
from apps.llm.values import Tier

ADD_MODEL = "admin:llm_model_add"
MOST_COUNTED = 1000
STATES = {"ok": "success", "warning": "warning", "fault": "danger", "none": "info"}

GROUPS = (
    _("On your own machines: nothing leaves the house"),
    _("In the cloud: text leaves the house; phones, e-mails, IDs and bank cards are masked"),
    _("Anything else"),
)


class KeysHidden(SafeExceptionReporterFilter):
    """Also where HELPDESK_DEBUG shows programmers everything else."""

    def is_active(self, request: HttpRequest | None) -> bool:
        return True


@admin.register(Provider)
class ProviderAdmin(MovesLadder, ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    form = ProviderForm
    list_display = [
        "name",
        "dialect",
        "base_url",
        "key_state",
        "model_count",
        "state",
        "is_enabled",
    ]
    list_filter = ["dialect", "is_enabled"]
    search_fields = ["name", "base_url"]
    readonly_fields = ["has_key"]
    change_form_outer_before_template = "admin/llm/provider.html"
    delete_confirmation_template = "admin/llm/delete_provider.html"

    class Media:
        css = {"all": ["admin/knowledge.css", "admin/models.css"]}
        js = ["admin/models.js"]

    @display(description=_("API key"))  # type: ignore[untyped-decorator]
    def key_state(self, provider: Provider) -> str:
        if not provider.sealed_key:
            return str(_("No key")) if lacks_key(provider) else "–"
        return f"•••• {provider.key_end}" if provider.key_end else "••••"

    @display(description=_("API key"))  # type: ignore[untyped-decorator]
    def has_key(self, provider: Provider) -> str:
        """For those who may only look."""
        return "••••" if provider.sealed_key else "–"

    @display(description=_("models"), ordering="counted")  # type: ignore[untyped-decorator]
    def model_count(self, provider: Any) -> int:
        return int(provider.counted)

    @display(description=_("last check"), label=STATES)  # type: ignore[untyped-decorator]
    def state(self, provider: Provider) -> tuple[str, Any]:
        if provider.checked_at is None:
            return "none", _("not yet")
        if checking.is_of_another(provider, provider.models.all()):
            return "none", _("changed since")
        if any(one["code"] == Code.NO_MODEL for one in provider.findings):
            return "none", _("no model")
        level = checking.worst(provider.findings)
        return level, {"ok": _("works"), "warning": _("works, see there"), "fault": _("fails")}[
            level
        ]

    def get_list_display(self, request: HttpRequest) -> list[str]:
        shown = "key_state" if self.has_change_permission(request) else "has_key"
        return [shown if name == "key_state" else name for name in self.list_display]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Provider]:
        rows: Any = super().get_queryset(request)
        beyond = Count("models", filter=~Q(models__tier=Tier.LOCAL))
        counted = rows.annotate(counted=Count("models"), beyond=beyond)
        return cast("QuerySet[Provider]", counted.prefetch_related("models"))

    def get_fieldsets(self, request: HttpRequest, obj: Provider | None = None) -> list[Any]:
        """Who may only look sees whether there is a key."""
        fields: list[Any] = ["name", ("dialect", "base_url")]
        if obj is not None and not self.has_change_permission(request, obj):
            return [(None, {"fields": [*fields, "has_key", "is_enabled"]})]
        keys = ("key", "clear_key") if obj is not None and obj.sealed_key else ("key",)
        return [(None, {"fields": [*fields, keys, "is_enabled"]})]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        preset = presets.BY_KEY.get(request.GET.get("preset", ""))
        if preset is None:
            return {}
        name = _free_name(preset.provider)
        return {"name": name, "dialect": preset.dialect.value, "base_url": preset.base_url}

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """One by one: the page that asks says what becomes of the ledger."""
        found = cast("dict[str, Any]", super().get_actions(request))
        return {name: one for name, one in found.items() if name != "delete_selected"}

    def get_urls(self) -> list[URLPattern]:
        page = path(
            "<uuid:key>/check/",
            self.admin_site.admin_view(self.check_view),
            name="llm_provider_check",
        )
        names = path(
            "<uuid:key>/names/", self.admin_site.admin_view(names_view), name="llm_provider_names"
        )
        return [page, names, *super().get_urls()]

    @method_decorator(sensitive_post_parameters("key"))
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.exception_reporter_filter = KeysHidden()
        return cast("HttpResponse", super().changeform_view(request, *args, **kwargs))

    def save_model(self, request: HttpRequest, obj: Provider, form: Any, change: Any) -> None:
        if not change and request.GET.get("preset", "") in presets.BY_KEY:
            obj.preset = request.GET["preset"]
        if {"base_url", "key", "clear_key", "dialect"} & set(form.changed_data):
            # What the last check saw was another server.
            obj.checked_at, obj.findings = None, []
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        provider = form.instance
        leaves = reach.leaves_house(provider.base_url, settings.LLM_ALLOWED_NETWORKS)
        if not provider.sealed_key and (leaves or lacks_key(provider)):
            said = _(
                "“%(provider)s” is in the cloud and has no key: it will refuse every question."
            )
            messages.warning(request, str(said) % {"provider": provider})

    def response_add(
        self, request: HttpRequest, obj: Provider, post_url_continue: Any = None
    ) -> HttpResponse:
        """A provider is nothing without a model: the next page asks for one."""
        stays = {"_continue", "_addanother", "_popup"} & set(request.POST)
        if stays or not request.user.has_perm("llm.add_model"):
            return cast("HttpResponse", super().response_add(request, obj, post_url_continue))
        messages.success(request, _("The provider is stored. Now say which of its models to ask."))
        query = {"provider": obj.pk, "preset": obj.preset}
        return HttpResponseRedirect(f"{reverse(ADD_MODEL)}?{urlencode(query)}")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        provider = kwargs.get("obj")
        more = self._about(request, provider) if provider else {"preset_groups": groups(request)}
        page = super().render_change_form(request, {**context, **more}, *args, **kwargs)
        return cast("HttpResponse", page)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        count = _calls_of(object_id)
        more = {
            "kept_calls": min(count, MOST_COUNTED),
            "has_more_calls": count > MOST_COUNTED,
            **(extra_context or {}),
        }
        return cast("HttpResponse", super().delete_view(request, object_id, more))

    def check_view(self, request: HttpRequest, key: Any) -> HttpResponse:
        provider = get_object_or_404(Provider, pk=key)
        if not self.has_change_permission(request, provider):
            raise PermissionDenied
        here = HttpResponseRedirect(reverse("admin:llm_provider_change", args=[provider.pk]))
        if request.method != "POST":
            return here
        checking.check(provider=provider)
        level = checking.worst(provider.findings)
        if level == "ok":
            messages.success(request, _("The provider answers as it should."))
        else:
            messages.warning(request, _("The check found something: see below."))
        return here

    def _about(self, request: HttpRequest, provider: Provider) -> dict[str, Any]:
        """What stands above the form of a stored provider."""
        rows = list(provider.models.in_order())
        return {
            "provider_row": provider,
            "findings": shown(provider, rows),
            "level": checking.worst(provider.findings),
            "has_changed": checking.is_of_another(provider, rows),
            "model_rows": rows,
            "suggested": suggested(provider, rows),
            "may_check": self.has_change_permission(request, provider),
            "may_add_model": request.user.has_perm("llm.add_model"),
        }


def lacks_key(provider: Any) -> bool:
    """As far as the rows tell: a list must not wait until the names of servers are looked up. Plain
    HTTP is spoken at home only."""
    beyond = getattr(provider, "beyond", 0)
    is_near = getattr(provider, "counted", 0) > beyond == 0
    return not provider.sealed_key and provider.base_url.startswith("https:") and not is_near


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """The presets with where they lead: to the model's form if the provider is there already."""
    known = {row.base_url: row for row in Provider.objects.all()}
    chosen = request.GET.get("preset", "")
    found: list[dict[str, Any]] = [{"title": title, "rows": []} for title in GROUPS]
    for preset in presets.PRESETS:
        place = 2 if not preset.base_url else int(preset.tier != Tier.LOCAL)
        row = {"preset": preset, "link": _link(preset, known), "is_chosen": preset.key == chosen}
        found[place]["rows"].append(row)
    return found


def suggested(provider: Provider, rows: list[Model]) -> list[presets.Preset]:
    """Models that servers of this address are known to have, and that are not there yet."""
    there = {row.name for row in rows}
    return [
        preset
        for preset in presets.PRESETS
        if preset.base_url == provider.base_url and preset.model and preset.model not in there
    ]


def _link(preset: presets.Preset, known: dict[str, Provider]) -> str:
    provider = known.get(preset.base_url)
    if provider is None or not preset.model:
        return f"{reverse('admin:llm_provider_add')}?{urlencode({'preset': preset.key})}"
    return f"{reverse(ADD_MODEL)}?{urlencode({'provider': provider.pk, 'preset': preset.key})}"


def _free_name(name: str) -> str:
    taken = set(Provider.objects.filter(name__startswith=name).values_list("name", flat=True))
    names = [name, *(f"{name} {number}" for number in range(2, len(taken) + 3))]
    return next(one for one in names if one not in taken)


def _calls_of(object_id: str) -> int:
    """Rows of the ledger, as far as they are counted: nobody needs the last digit."""
    try:
        rows = Call.objects.filter(provider=uuid.UUID(object_id))
    except ValueError:
        return 0
    return rows.order_by().values("pk")[: MOST_COUNTED + 1].count()
