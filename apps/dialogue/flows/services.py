"""Verbs on flows and the lists around them. The doors check who may, and what a spec must hold."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from apps.dialogue.flows import rules
from apps.dialogue.flows.specs import spec_of, write
from apps.dialogue.models import BookState, Flow, FlowVersion, PolicyRow, Product, Slot
from apps.engine.flows import FlowSpec
from apps.sites.models import Site

STANDARD = Path(__file__).parent.parent / "standard" / "flows.json"


class OutdatedError(Exception):
    """Somebody changed the flow since it was opened."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a catalogue. None leaves a product that is there as it is."""

    sku: str
    name_en: str | None = ""
    name_zh_hans: str | None = ""
    synonyms: str | None = ""

    def over(self, stored: "Listed | None") -> "Listed":
        """With what the line does not say taken from the product that is there."""
        old = stored or Listed(self.sku)
        return Listed(
            self.sku,
            old.name_en if self.name_en is None else self.name_en,
            old.name_zh_hans if self.name_zh_hans is None else self.name_zh_hans,
            old.synonyms if self.synonyms is None else self.synonyms,
        )


@transaction.atomic
def books_changed(*, site_ids: Iterable[int]) -> None:
    """Call in the transaction of every change that visitors meet: every process follows within
    5 s."""
    BookState.objects.move(site_ids)


@transaction.atomic
def draft_changed(*, flow: Flow, shows: bool = False) -> None:
    """After the rows of a draft are stored. `shows`: what is not of a version has changed, whether
    the flow is on or its place. Visitors meet that at once."""
    Flow.objects.filter(pk=flow.pk).update(revision=F("revision") + 1)
    flow.refresh_from_db(fields=["revision"])
    if shows:
        books_changed(site_ids=[flow.site_id])


@transaction.atomic
def publish(
    *, flow: Flow, author: User | None, note: str = "", seen: int | None = None
) -> FlowVersion:
    """Makes the draft the version that visitors meet. Raises OutdatedError when `seen`, the
    revision that was looked at, is not the stored one, and pydantic.ValidationError for a draft
    that is no spec."""
    held = _held(flow)
    if seen is not None and held.revision != seen:
        raise OutdatedError
    versions = FlowVersion.objects.filter(site_id=held.site_id, key=held.key)
    # Of the key: a flow that took a deleted one's name counts on.
    number = (versions.aggregate(last=Max("number"))["last"] or 0) + 1
    spec = spec_of(held, list(held.slots.all()), number)
    versions.live().update(retired_at=timezone.now())
    version = FlowVersion.objects.create(
        flow=held,
        site_id=held.site_id,
        key=held.key,
        number=number,
        spec=spec.model_dump(mode="json"),
        revision=held.revision,
        author=author,
        note=note,
    )
    books_changed(site_ids=[held.site_id])
    return version


@transaction.atomic
def restore(*, flow: Flow, version: FlowVersion) -> Flow:
    """Puts what a version said into the draft. Visitors go on with what is published."""
    held = _held(flow)
    save_draft(spec=FlowSpec.model_validate(version.spec), flow=held)
    return held


@transaction.atomic
def save_draft(*, spec: FlowSpec, flow: Flow) -> Flow:
    """Stores a spec as the draft of a flow, which may be new."""
    slots = write(spec, flow)
    flow.save()
    flow.slots.all().delete()
    for slot in slots:
        slot.flow = flow
    Slot.objects.bulk_create(slots)
    draft_changed(flow=flow)
    return flow


@transaction.atomic
def save_drafts(*, site: Site, specs: Sequence[FlowSpec]) -> list[Flow]:
    """Stores specs as drafts of a site: of the flow with that key, or of a new one. No visitor
    meets any of it."""
    there = Flow.objects.filter(site=site, key__in=[spec.key for spec in specs])
    known = {flow.key: flow for flow in there.order_by("pk").select_for_update(no_key=True)}
    last = Flow.objects.filter(site=site).aggregate(last=Max("position"))["last"] or 0
    flows = []
    for spec in specs:
        if spec.key not in known:
            last += 1
        flow = known.get(spec.key) or Flow(site=site, position=last)
        flows.append(save_draft(spec=spec, flow=flow))
    return flows


@transaction.atomic
def delete_flows(*, flows: Iterable[Flow]) -> int:
    """Deletes them; their versions are kept for the visitors inside. How many there were."""
    keys = [flow.pk for flow in flows]
    held = list(Flow.objects.filter(pk__in=keys).order_by("pk").select_for_update())
    live = FlowVersion.objects.live().filter(flow__in=held)
    live.update(retired_at=timezone.now())
    Flow.objects.filter(pk__in=[flow.pk for flow in held]).delete()
    books_changed(site_ids=[flow.site_id for flow in held])
    return len(held)


@transaction.atomic
def set_enabled(*, flows: Iterable[Flow], enabled: bool) -> int:
    """Switches flows on or off; how many were not. Who is inside one goes on."""
    chosen = Flow.objects.filter(pk__in=[flow.pk for flow in flows]).exclude(enabled=enabled)
    held = list(chosen.order_by("pk").select_for_update(no_key=True))
    Flow.objects.filter(pk__in=[flow.pk for flow in held]).update(enabled=enabled)
    books_changed(site_ids=[flow.site_id for flow in held])
    return len(held)


def standard_specs() -> list[FlowSpec]:
    """The flows that ship."""
    return [FlowSpec.model_validate(one) for one in json.loads(STANDARD.read_text("utf-8"))]


def missing_standard(site: Site) -> list[FlowSpec]:
    """Those of them that the site has no flow of that name for."""
    own = set(Flow.objects.filter(site=site).values_list("key", flat=True))
    return [spec for spec in standard_specs() if spec.key not in own]


@transaction.atomic
def add_standard_flows(*, site: Site, by: User | None = None) -> list[Flow]:
    """Adds and publishes those flows that ship which the site does not have; these. A yes makes a
    ticket: what a shop does itself is chosen in the flow."""
    added = save_drafts(site=site, specs=missing_standard(site))
    for flow in added:
        publish(flow=flow, author=by)
    return added


@transaction.atomic
def add_drafts_of_standard(*, site: Site) -> list[Flow]:
    """The same as drafts."""
    return save_drafts(site=site, specs=missing_standard(site))


@transaction.atomic
def set_products(*, site: Site, products: Iterable[Listed]) -> tuple[int, int]:
    """Adds products and changes those of the same number that say something else; how many of
    each. None is deleted."""
    wanted = {one.sku: one for one in products}
    stored = Product.objects.filter(site=site, sku__in=wanted)
    known = {
        row.sku: Listed(row.sku, row.name_en, row.name_zh_hans, row.synonyms) for row in stored
    }
    whole = [one.over(known.get(one.sku)) for one in wanted.values()]
    moved = [one for one in whole if one != known.get(one.sku)]
    if not moved:
        return 0, 0
    Product.objects.bulk_create(
        [
            Product(
                site=site,
                sku=one.sku,
                name_en=one.name_en or "",
                name_zh_hans=one.name_zh_hans or "",
                synonyms=one.synonyms or "",
            )
            for one in moved
        ],
        update_conflicts=True,
        unique_fields=["site", "sku"],
        update_fields=["name_en", "name_zh_hans", "synonyms"],
        batch_size=1000,
    )
    books_changed(site_ids=[site.pk])
    changed = sum(one.sku in known for one in moved)
    return len(moved) - changed, changed


@transaction.atomic
def copy_default_policy(*, site: Site) -> list[PolicyRow]:
    """Makes the shipped table the site's own; a site that has one keeps it."""
    held = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    if PolicyRow.objects.filter(site=held).exists():
        return []
    rows = PolicyRow.objects.bulk_create(rules.defaults(held))
    books_changed(site_ids=[site.pk])
    return rows


@transaction.atomic
def drop_policy(*, site: Site) -> int:
    """Back to the shipped table; how many rows are gone."""
    count = PolicyRow.objects.filter(site=site).delete()[0]
    books_changed(site_ids=[site.pk])
    return count


def _held(flow: Flow) -> Flow:
    """The flow as it is stored, locked."""
    return Flow.objects.select_for_update(no_key=True).get(pk=flow.pk)
