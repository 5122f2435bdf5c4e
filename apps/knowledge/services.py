"""Verbs on the knowledge of a site. The doors check who may."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.knowledge.asked import see_to_asked
from apps.knowledge.contents import PHRASINGS_AT_MOST, RESTORED, Content, phrasings_of
from apps.knowledge.grouping import asked_alike
from apps.knowledge.masking import may_see_chats
from apps.knowledge.models import (
    Faq,
    FaqUse,
    FaqVersion,
    IndexState,
    Proposal,
    UnansweredQuestion,
    UsesCounted,
)
from apps.knowledge.tasks import enqueue_refresh
from apps.knowledge.uses import Use
from apps.knowledge.versions import Change, Edit, record, record_deletion

Origin = FaqVersion.Origin


class OutdatedError(Exception):
    """Somebody changed or deleted the entry since it was opened."""


class ClashError(Exception):
    """A change and what was published since fit the entry one by one, and not together: "dates"
    or "phrasings" says where."""


class FullError(Exception):
    """The entry has as many phrasings as it may have."""


@transaction.atomic
def knowledge_changed(*, site_ids: Iterable[int]) -> None:
    """Call in the transaction of every change to what is live: the index follows within 5 s.
    Each one costs a whole index; drafts are not in it."""
    for site_id in sorted(set(site_ids)):
        IndexState.objects.want(site_id)
        enqueue_refresh(site_id)


@transaction.atomic
def save_entry(
    *,
    entry: Faq,
    phrasings: Sequence[str] | None,
    author: User | None,
    origin: FaqVersion.Origin = Origin.FORM,
    note: str = "",
) -> bool:
    """Stores one entry; whether anything moved. `phrasings` None: as they are."""
    edit = Edit(entry, None if phrasings is None else tuple(phrasings))
    return bool(_record([edit], Change(origin, author, note)))


@transaction.atomic
def set_status(*, entries: Iterable[Faq], status: Faq.Status, author: User | None = None) -> int:
    """Moves entries to a status; how many were in another."""
    rows = Faq.objects.filter(pk__in=[entry.pk for entry in entries]).exclude(status=status)
    moved = list(rows.order_by("pk").select_for_update(no_key=True))
    for faq in moved:
        faq.status = status
    return len(_record([Edit(faq) for faq in moved], Change(Origin.LIST, author)))


@transaction.atomic
def delete_entries(*, entries: Iterable[Faq], author: User | None) -> int:
    """Deletes them; what they said is kept and can be restored. How many there were."""
    gone = record_deletion(entries, Change(Origin.DELETE, author))
    knowledge_changed(site_ids=[one.site for one in gone if one.status == Faq.Status.LIVE])
    return len(gone)


@transaction.atomic
def restore(*, version: FaqVersion, author: User | None) -> Faq:
    """Writes what the entry said in that version; one that was deleted comes back as a draft."""
    content = Content.from_json(version.content)
    rows = Faq.objects.select_for_update(no_key=True)
    faq = rows.filter(pk=version.faq_id).first()
    if faq is None:
        faq = Faq(pk=version.faq_id, site_id=version.site_id, language=content.language)
        owner = User.objects.filter(pk=content.owner or 0).first()
        faq.owner = owner or author
    content.write_to(faq, RESTORED)
    note = str(version.number)
    _record([Edit(faq, content.phrasings)], Change(Origin.RESTORE, author, note))
    return faq


@transaction.atomic
def propose(*, entry: Faq, content: Content, author: User | None) -> Proposal:
    """Keeps a change to a live entry for a reviewer. A further one takes the place of the first
    and keeps what that was begun on."""
    faq = _held(entry)
    before = Proposal.objects.filter(faq=faq).first()
    proposal, _ = Proposal.objects.update_or_create(
        faq=faq,
        defaults={
            "base": before.base if before else Content.stored(faq).as_json(),
            "content": content.as_json(),
            "revision": before.revision + 1 if before else 1,
            "waiting": True,
            "author": author,
        },
    )
    Faq.objects.filter(pk=faq.pk).update(review_note="")
    return proposal


@transaction.atomic
def withdraw(*, entry: Faq, seen: str) -> bool:
    """Drops the proposed change; whether there was one. Raises OutdatedError as `publish` does."""
    faq = _held(entry, seen)
    deleted = bool(Proposal.objects.filter(faq=faq).delete()[0])
    if deleted:
        Faq.objects.filter(pk=faq.pk).update(review_note="")
    return deleted


@transaction.atomic
def publish(*, entry: Faq, seen: str, author: User | None) -> Faq:
    """Puts live what the reviewer saw: the proposed change, or the entry itself. Raises
    OutdatedError when `seen`, the entry's stamp, is not its stamp any longer, and ClashError."""
    faq = _held(entry, seen)
    proposal = Proposal.objects.filter(faq=faq).first()
    if proposal:
        current = Content.stored(faq)
        base, wish = Content.from_json(proposal.base), Content.from_json(proposal.content)
        merged = wish.over(current, base)
        merged.write_to(faq, merged.changed_from(current))
        phrasings = merged.phrasings
        if faq.valid_from and faq.valid_until and faq.valid_until <= faq.valid_from:
            raise ClashError("dates")
        if len(phrasings) > max(PHRASINGS_AT_MOST, len(current.phrasings)):
            raise ClashError("phrasings")
        proposal.delete()
        Faq.objects.filter(pk=faq.pk).update(review_note="")
    else:
        phrasings = phrasings_of(faq)
    # Also when the entry was taken down since the change was proposed.
    faq.status = Faq.Status.LIVE
    proposed_by = proposal.author if proposal else None
    _record([Edit(faq, phrasings)], Change(Origin.REVIEW, author, proposed_by=proposed_by))
    return faq


@transaction.atomic
def return_to_author(*, entry: Faq, seen: str, note: str, author: User | None) -> Faq:
    """Gives a change, or an entry in review, back with a note. Raises OutdatedError as `publish`
    does."""
    faq = _held(entry, seen)
    if Proposal.objects.filter(faq=faq).update(waiting=False, revision=F("revision") + 1):
        Faq.objects.filter(pk=faq.pk).update(review_note=note)
        return faq
    faq.status, faq.review_note = Faq.Status.DRAFT, note
    _record([Edit(faq)], Change(Origin.REVIEW, author, note))
    return faq


@transaction.atomic
def answer_with(
    *, question: UnansweredQuestion, entry: Faq, may_publish: bool, author: User | None
) -> Proposal | None:
    """Adds what the visitors of a group asked to an entry's phrasings, as many as fit, and marks
    them. Where the entry is live and the author may not publish, they go into a change to it: that
    change, else None. One that somebody has proposed stays theirs, returned if it was.

    Raises FullError when none fits, and OutdatedError when the entry is gone."""
    faq = _held(entry)
    direct = may_publish or not faq.is_live
    proposal = None if direct else Proposal.objects.filter(faq=faq).first()
    content = Content.from_json(proposal.content) if proposal else Content.stored(faq)
    known = [content.question, *content.phrasings]
    sees = author is None or may_see_chats(author)
    added = asked_alike(question, besides=known, may_see_chats=sees)
    room = max(PHRASINGS_AT_MOST - len(content.phrasings), 0)
    if added and not room:
        raise FullError
    wish = replace(content, phrasings=(*content.phrasings, *added[:room]))
    if direct:
        save_entry(entry=faq, phrasings=wish.phrasings, author=author, origin=Origin.PHRASINGS)
    elif proposal:
        proposal.content, proposal.revision = wish.as_json(), proposal.revision + 1
        proposal.save(update_fields=["content", "revision", "updated_at"])
    else:
        proposal = propose(entry=faq, content=wish, author=author)
    mark_questions(questions=[question], outcome=UnansweredQuestion.Outcome.ANSWERED)
    return proposal


@transaction.atomic
def mark_questions(
    *, questions: Iterable[UnansweredQuestion], outcome: UnansweredQuestion.Outcome
) -> int:
    """Sees to questions, or opens them again, with all that are in a group with them; how many."""
    chosen = list(questions)
    groups = {question.group_id for question in chosen if question.group_id}
    members = UnansweredQuestion.objects.with_groups(
        [question.pk for question in chosen], groups
    ).exclude(outcome=outcome)
    closed = outcome != UnansweredQuestion.Outcome.OPEN
    return members.update(outcome=outcome, handled_at=timezone.now() if closed else None)


@transaction.atomic
def entries_used(*, counts: Iterable[Use], since: datetime | None, until: datetime) -> bool:
    """Adds what the turns between two moments used. False, and nothing is added, when the count
    does not stand at `since`: another process was quicker."""
    _, is_first = UsesCounted.objects.get_or_create(only=True, defaults={"until": since or until})
    counted = UsesCounted.objects.select_for_update().get()
    if not is_first and counted.until != since:
        return False
    uses = {use.entry: use for use in counts}
    there = list(Faq.objects.filter(pk__in=uses).values_list("pk", flat=True))
    FaqUse.objects.bulk_create((FaqUse(faq_id=key) for key in there), ignore_conflicts=True)
    rows = list(FaqUse.objects.filter(pk__in=there).order_by("pk").select_for_update())
    for row in rows:
        uses[row.pk].add_to(row)
    FaqUse.objects.bulk_update(rows, ["answered", "helpful", "unhelpful", "used_at"], 500)
    UsesCounted.objects.update(until=until)
    return True


def _record(edits: Sequence[Edit], change: Change) -> list[Faq]:
    moved = record(edits, change)
    knowledge_changed(site_ids=[site for one in moved for site in one.searched_sites()])
    see_to_asked(moved)
    return [one.entry for one in moved]


def _held(entry: Faq, seen: str | None = None) -> Faq:
    """The entry as it is stored, locked. Raises OutdatedError when it is gone, or its stamp is
    another."""
    faq = Faq.objects.select_for_update(no_key=True).filter(pk=entry.pk).first()
    if faq is None or (seen is not None and faq.stamp() != seen):
        raise OutdatedError
    return faq
