"""Models in the admin: where they stand in the order, their limits, and what they cost."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.forms import PaginationInlineFormSet

from apps.llm import presets
from apps.llm.admin.changing import MovesLadder
from apps.llm.admin.currencies import is_dear
from apps.llm.admin.forms import ModelForm, PriceForm, overlapping
from apps.llm.amounts import plain
from apps.llm.health import Health, lately_once
from apps.llm.models import Model, Price, Provider, Routing
from apps.llm.models.calls import OUTCOMES
from apps.llm.models.providers import order
from apps.llm.values import Purpose, Tier

BADGES = {Tier.LOCAL.value: "success", Tier.CLOUD.value: "info", Tier.LAST_RESORT.value: "warning"}
PER_THOUSAND = _("Per 1,000 tokens. Price lists mostly name 1,000,000: divide by 1,000. 0: free.")

DEAR = _(
    "%(price)s for 1,000 tokens is much: price lists mostly name 1,000,000. If this is the price of "
    "a million, divide it by 1,000; costs and caps count with it from now on."
)
UNPRICED = _(
    "No price holds today: its calls stand in the ledger without a cost, and no cap counts them."
)


class PriceFormSet(PaginationInlineFormSet):  # type: ignore[misc]  # Unfold ships no types
    def clean(self) -> None:
        """The prices as they would stand, without what is deleted."""
        super().clean()
        kept = [
            form
            for form in self.forms
            if not self._should_delete_form(form) and (form.instance.pk or form.has_changed())
        ]
        if any(form.errors for form in kept):
            return
        if found := overlapping([form.instance for form in kept]):
            said = _("The prices from %(one)s and from %(other)s overlap: end the first before.")
            told = {"one": found[0].valid_from, "other": found[1].valid_from}
            raise forms.ValidationError(str(said) % told)


class PriceInline(TabularInline):  # type: ignore[misc]  # Unfold ships no types
    """Whoever may change a model may change its prices."""

    model = Price
    form = PriceForm
    formset = PriceFormSet
    extra = 0
    max_num = 200
    ordering = ["-valid_from"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("llm.view_model") or self._may(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def _may(self, request: HttpRequest) -> bool:
        return request.user.has_perm("llm.change_model")


@admin.register(Model)
class ModelPages(MovesLadder, ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    form = ModelForm
    list_display = [
        "title",
        "provider",
        "tier_badge",
        "purpose",
        "rank",
        "price",
        "lately",
        "use",
    ]
    list_filter = ["tier", "purpose", "provider", "is_enabled"]
    list_select_related = ["provider"]
    search_fields = ["name", "label"]
    list_before_template = "admin/llm/models.html"
    readonly_fields = ["learnt"]

    class Media:
        css = {"all": ["admin/knowledge.css", "admin/models.css"]}
        js = ["admin/model_names.js"]

    @display(description=_("model"), ordering="name")  # type: ignore[untyped-decorator]
    def title(self, model: Model) -> str:
        return str(model)

    @display(description=_("tier"), ordering="tier", label=BADGES)  # type: ignore[untyped-decorator]
    def tier_badge(self, model: Model) -> tuple[str, str]:
        return model.tier, model.get_tier_display()

    @display(description=_("price"))  # type: ignore[untyped-decorator]
    def price(self, model: Any) -> Any:
        """Today's."""
        return told_price(next((row for row in model.begun if row.covers(today())), None))

    @display(description=_("lately"))  # type: ignore[untyped-decorator]
    def lately(self, model: Any) -> Any:
        """Of the last hour."""
        return told_health(getattr(model, "health", None))

    @display(  # type: ignore[untyped-decorator]
        description=_("enabled"),
        ordering="is_enabled",
        label={"on": "success", "off": "warning", "provider": "warning"},
    )
    def use(self, model: Model) -> tuple[str, Any]:
        """None of a disabled provider is asked."""
        if not model.is_enabled:
            return "off", _("Off")
        return ("on", _("On")) if model.provider.is_enabled else ("provider", _("Provider is off"))

    @display(description=_("structured answers"))  # type: ignore[untyped-decorator]
    def learnt(self, model: Model) -> str:
        if model.purpose == Purpose.EMBEDDING:
            return "–"
        if not model.way or model.way_checked_at is None:
            return str(_("Not known yet: the check of the provider tells."))
        day = timezone.localtime(model.way_checked_at)
        return f"{model.get_way_display()} ({day:%Y-%m-%d})"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        rows: Any = super().get_queryset(request)
        begun = Price.objects.filter(valid_from__lte=today()).order_by("-valid_from")
        prices = Prefetch("prices", begun, to_attr="begun")
        return cast("QuerySet[Model]", rows.prefetch_related(prices))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """All rows' health at once."""
        shown = super().get_changelist_instance(request)
        found = lately_once(request)
        for row in shown.result_list:
            row.health = found.get(row.pk)
        return shown

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """As they are asked."""
        return order()

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        first_price = (
            _("Price"),
            {"fields": [("price_in", "price_out"), "currency"], "description": PER_THOUSAND},
        )
        sets = [
            (None, {"fields": ["provider", ("name", "label"), "is_enabled"]}),
            (_("When it is asked"), {"fields": [("tier", "purpose"), "rank"]}),
            (_("Limits"), {"fields": [("context", "most_tokens"),
                                      ("tokens_per_minute", "concurrency"), "dimensions"]}),
            (_("Times"), {"fields": [("first_token_s", "deadline_s"), "gap_s"]}),
        ]  # fmt: skip
        if obj is None:
            return [*sets, first_price]
        return [*sets, (_("What the check saw"), {"fields": ["learnt"]})]

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> list[Any]:
        """A new model has its first price among its own fields."""
        return [PriceInline] if obj else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = {}
        preset = presets.BY_KEY.get(request.GET.get("preset", ""))
        if preset:
            initial = _initial_of(preset)
        keys = [str(key) for key in Provider.objects.values_list("pk", flat=True)[:2]]
        wanted = request.GET.get("provider", "")
        if wanted or len(keys) == 1:
            initial["provider"] = wanted or keys[0]
        return initial

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: Any) -> None:
        moved = {"name", "provider", "purpose"} & set(form.changed_data)
        if change and moved:
            # What was learnt belongs to another model.
            obj.way, obj.way_checked_at = "", None
        super().save_model(request, obj, form, change)
        price = None if change else form.first_price()
        if price:
            price.save()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        self._tell_price(request, form.instance)

    def _tell_price(self, request: HttpRequest, model: Model) -> None:
        """What follows from the price for the ledger and the caps."""
        price = Price.objects.on(today(), [model.pk]).get(model.pk)
        if price is None:
            if model.tier != Tier.LOCAL:
                messages.warning(request, UNPRICED)
            return
        if is_dear(price):
            messages.warning(request, str(DEAR) % {"price": told_price(price)})
        if price.is_free:
            messages.info(request, _("The price is 0: the ledger says “free”."))
        elif rows := _that_cannot_count(price.currency):
            said = _("No cap of %(sites)s counts it: those are in another currency than %(code)s.")
            told = {"sites": ", ".join(map(str, rows)), "code": price.currency}
            messages.warning(request, str(said) % told)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        more = {"cloud_unused": cloud_unused()}
        return super().changelist_view(request, {**more, **(extra_context or {})})


def today() -> Any:
    return timezone.localdate()


def told_price(price: Price | None) -> str:
    """ "free", "no price", or both numbers with their currency."""
    if price is None:
        return str(_("no price"))
    if price.is_free:
        return str(_("free"))
    return f"{price.currency} {plain(price.price_in)} / {plain(price.price_out)}"


def told_health(health: Health | None) -> Any:
    """What it did in the last hour, and how it failed last."""
    if health is None:
        return str(_("not asked"))
    told = {"answered": health.answered, "failed": health.failed}
    said = str(_("%(answered)s answered, %(failed)s failed")) % told
    if health.last_at is None:
        return format_html('<span class="whitespace-nowrap">{}</span>', said)
    kind = "hd-bad" if health.is_broken else "hd-facts"
    last = (
        f"{dict(OUTCOMES).get(health.last, health.last)} {timezone.localtime(health.last_at):%H:%M}"
    )
    return format_html(
        '<span class="whitespace-nowrap">{}</span><br><span class="{}">{}</span>', said, kind, last
    )


def _that_cannot_count(currency: str) -> list[Routing]:
    return list(Routing.objects.that_cannot_count(currency).select_related("site"))


def cloud_unused() -> bool:
    """There are cloud models, and no site lets them be asked."""
    beyond = Model.objects.usable().exclude(tier=Tier.LOCAL)
    return beyond.exists() and not Routing.objects.with_cloud().exists()


def _initial_of(preset: presets.Preset) -> dict[str, Any]:
    initial: dict[str, Any] = {
        "name": preset.model,
        "label": str(preset.title) if preset.model else "",
        "tier": preset.tier.value,
        "purpose": preset.purpose.value,
        "context": preset.context,
        "concurrency": preset.concurrency,
    }
    if preset.price:
        initial |= {"price_in": plain(preset.price[0]), "price_out": plain(preset.price[1])}
    return initial
