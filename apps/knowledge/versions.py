"""Storing entries together with a version of each change: the one way in for every door."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Max
from django.utils import timezone

from apps.knowledge.contents import SEARCHED, TEXT, Content, phrasings_of
from apps.knowledge.models import Faq, FaqVariant, FaqVersion

AT_ONCE = 500
_WRITTEN = [
    "site", "language", "category", "question", "answer", "source_url", "status", "high_risk",
    "valid_from", "valid_until", "translation_of", "owner", "version", "text_version",
    "translated_from", "review_note", "updated_at",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Edit:
    """An entry with its new values, and all its phrasings; None leaves those as they are stored.

    An entry that is not stored yet is made, with its own number if it has one.
    """

    entry: Faq
    phrasings: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Who did what."""

    origin: FaqVersion.Origin
    author: User | None
    note: str = ""
    proposed_by: User | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """One entry that a change has altered; `before` is None for a new one."""

    entry: Faq
    before: Content | None
    after: Content
    changed: list[str]

    def searched_sites(self) -> set[int]:
        """The sites whose search the change shows in."""
        if not SEARCHED & set(self.changed):
            return set()
        sides = [self.after, *([self.before] if self.before else [])]
        return {side.site for side in sides if side.status == Faq.Status.LIVE}


def record(edits: Sequence[Edit], change: Change) -> list[Moved]:
    """Stores the edits that alter anything, each with its version. Call in a transaction."""
    stored = _locked(edit.entry.pk for edit in edits)
    moved = [found for edit in edits if (found := _compare(edit, stored.get(edit.entry.pk)))]
    _count_on(moved, stored)
    for start in range(0, len(moved), AT_ONCE):
        _store(moved[start : start + AT_ONCE], stored, change)
    return moved


def record_deletion(entries: Iterable[Faq], change: Change) -> list[Content]:
    """Keeps what the entries said and deletes them. Call in a transaction."""
    stored = _locked(entry.pk for entry in entries)
    last = [Moved(faq, None, Content.stored(faq), []) for faq in stored.values()]
    FaqVersion.objects.bulk_create(
        (_version(one, change, one.entry.version + 1) for one in last), batch_size=AT_ONCE
    )
    Faq.objects.filter(pk__in=stored).delete()
    return [one.after for one in last]


def _locked(keys: Iterable[int | None]) -> dict[int, Faq]:
    """The entries as they are stored, held until the transaction ends."""
    known = [key for key in keys if key is not None]
    rows = Faq.objects.filter(pk__in=known).order_by("pk").select_for_update(no_key=True)
    return {faq.pk: faq for faq in rows.prefetch_related("variants")}


def _compare(edit: Edit, stored: Faq | None) -> Moved | None:
    phrasings = phrasings_of(stored) if edit.phrasings is None and stored else edit.phrasings or ()
    after = Content.of(edit.entry, phrasings)
    before = Content.stored(stored) if stored else None
    changed = after.changed_from(before or Content())
    return Moved(edit.entry, before, after, changed) if changed else None


def _count_on(moved: list[Moved], stored: dict[int, Faq]) -> None:
    """Numbers the versions; says of each text in which it last changed, and of a translation which
    text of its source it follows."""
    kept = _kept_numbers([one.entry.pk for one in moved if one.entry.pk and not one.before])
    texts: dict[int, int] = {}
    for one in moved:
        entry, was = one.entry, stored.get(one.entry.pk)
        # The first change of an entry that has no version keeps two: before it and after it.
        entry.version = max(was.version, 1) + 1 if was else kept.get(entry.pk, 0) + 1
        entry.text_version = was.text_version if was else 0
        entry.translated_from = was.translated_from if was else 0
        if TEXT & set(one.changed):
            entry.text_version = entry.version
        if entry.pk:
            texts[entry.pk] = entry.text_version
        if "status" in one.changed and entry.status != Faq.Status.DRAFT:
            entry.review_note = ""
    sources = {one.entry.translation_of_id for one in moved if one.entry.translation_of_id}
    others = Faq.objects.filter(pk__in=sources - set(texts)).values_list("pk", "text_version")
    texts |= dict(others)
    for one in moved:
        if one.entry.translation_of_id and {"translation_of", *TEXT} & set(one.changed):
            one.entry.translated_from = texts.get(one.entry.translation_of_id, 0)


def _kept_numbers(keys: list[int]) -> dict[int, int]:
    """Of entries that come back: the number of the last version that is kept of each."""
    kept = FaqVersion.objects.filter(faq_id__in=keys).order_by().values("faq_id")
    return dict(kept.annotate(last=Max("number")).values_list("faq_id", "last"))


def _store(moved: list[Moved], stored: dict[int, Faq], change: Change) -> None:
    now = timezone.now()
    for one in moved:
        one.entry.updated_at = now
    Faq.objects.bulk_create([one.entry for one in moved if not one.before])
    Faq.objects.bulk_update([one.entry for one in moved if one.before], _WRITTEN)
    _store_phrasings([one for one in moved if "phrasings" in one.changed])
    FaqVersion.objects.bulk_create(
        version for one in moved for version in _versions(one, stored.get(one.entry.pk), change)
    )


def _store_phrasings(moved: list[Moved]) -> None:
    wanted = {one.entry.pk: one.after.phrasings for one in moved}
    kept: dict[int, set[str]] = {key: set() for key in wanted}
    gone = []
    for variant in FaqVariant.objects.filter(faq_id__in=wanted):
        if variant.text in wanted[variant.faq_id]:
            kept[variant.faq_id].add(variant.text)
        else:
            gone.append(variant.pk)
    FaqVariant.objects.filter(pk__in=gone).delete()
    FaqVariant.objects.bulk_create(
        FaqVariant(faq_id=key, text=text)
        for key, texts in wanted.items()
        for text in dict.fromkeys(texts)
        if text not in kept[key]
    )


def _versions(one: Moved, was: Faq | None, change: Change) -> list[FaqVersion]:
    version = _version(one, change, one.entry.version)
    if not was or was.version or not one.before:
        return [version]
    start = Moved(was, None, one.before, [])
    found = _version(start, Change(FaqVersion.Origin.START, None), 1)
    found.created_at = was.updated_at
    return [found, version]


def _version(one: Moved, change: Change, number: int) -> FaqVersion:
    return FaqVersion(
        faq_id=one.entry.pk,
        site_id=one.entry.site_id,
        number=number,
        origin=change.origin,
        author=change.author,
        proposed_by=change.proposed_by,
        status=one.after.status,
        changed=one.changed if one.before else [],
        content=one.after.as_json(),
        note=change.note,
    )
