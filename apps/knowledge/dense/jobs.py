"""Embedding a site's entries: slow work, a slice at a time, and for Celery only.

The index in use stays until the next one is whole, whoever makes it: another embedder builds beside
it. What fails leaves it as well, and says why.
"""

import importlib
import logging
import random
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, Q
from django.db.models.functions import Cast
from django.utils import timezone

from apps.knowledge.dense import making, tables
from apps.knowledge.embedding import Embedder, EmbedderError, Problem, embedder_of, is_provided
from apps.knowledge.index import read_entries
from apps.knowledge.models import DenseIndex, EmbeddedEntry, Faq, IndexState

logger = logging.getLogger(__name__)

# Others wait for the worker meanwhile.
SLICE_S = 8.0
# Two calls of an embedder or so: a slow one must not pass the limit of a task.
ENTRIES_AT_ONCE = 16
# What a worker that died has begun is taken up after this.
BUSY = timedelta(minutes=2)
RETRY = timedelta(minutes=1)


def refresh_all(slice_s: float = SLICE_S) -> None:
    """One slice, shared by the sites that are behind; the next call goes on."""
    until = time.monotonic() + slice_s
    for site_id in _behind():
        try:
            refresh(site_id, slice_s=until - time.monotonic())
        except SoftTimeLimitExceeded:
            raise
        except Exception:  # one site must not keep the others behind
            logger.exception("index: meaning of site %s cannot be made", site_id)
        if time.monotonic() > until:
            break
    tables.drop_unused()
    # A dump may have been loaded without them.
    DenseIndex.objects.filter(site__in=tables.lost()).update(knowledge=0)


def _behind() -> list[int]:
    """Sites with something to do. In one look, and in any order: the first may need whole slices,
    or be the end of its worker, each time."""
    rows = IndexState.objects.values_list(
        "site_id", "wanted", "site__denseindex__knowledge", "site__denseindex__embedder",
        "site__denseindex__making", "site__denseindex__problem",
    )  # fmt: skip
    found = []
    for site_id, wanted, knowledge, name, *left in rows:
        embedder = embedder_of(site_id)
        if embedder is None:
            is_behind = any((name, *left))
        else:
            is_behind = name != embedder.name or knowledge < wanted
        if is_behind:
            found.append(site_id)
    return random.sample(found, len(found))


def refresh(site_id: int, *, slice_s: float = SLICE_S) -> bool:
    """Embeds what has changed since; whether there is more to do."""
    if not is_provided():
        return False
    embedder = embedder_of(site_id)
    if embedder is None:
        _drop(site_id)
        return False
    # Before the entries: a change meanwhile makes for one round too many, never for one too few.
    wanted = IndexState.objects.filter(site_id=site_id).values_list("wanted", flat=True).first()
    if wanted is None or not _claim(site_id, embedder, wanted):
        return False
    more = False
    try:
        more = _slice(site_id, embedder, wanted, slice_s)
    except EmbedderError as error:
        _fail(site_id, error)
    except SoftTimeLimitExceeded:
        # Begun again at once it would come no further, and keep every other task waiting.
        _fail(site_id, EmbedderError(Problem.TOO_SLOW))
        raise
    finally:
        _row(site_id).update(busy_until=None)
    return more


def _row(site_id: int) -> Any:
    return DenseIndex.objects.filter(site_id=site_id)


def _claim(site_id: int, embedder: Embedder, wanted: int) -> bool:
    """Whether this worker shall go on with it: the index is behind, and nobody is at it."""
    DenseIndex.objects.get_or_create(site_id=site_id)
    now = timezone.now()
    # What went wrong with one says nothing of another.
    _row(site_id).exclude(problem="").exclude(making=embedder.name).update(
        problem="", problem_detail="", problem_at=None, making="", making_label=""
    )
    behind = ~Q(embedder=embedder.name) | Q(knowledge__lt=wanted)
    free = Q(busy_until=None) | Q(busy_until__lt=now)
    other = ~Q(making=embedder.name)
    rested = Q(problem_at=None) | Q(problem_at__lt=now - RETRY) | other
    free_row = _row(site_id).filter(behind & free & rested)
    return bool(
        free_row.update(busy_until=now + BUSY, making=embedder.name, making_label=embedder.label)
    )


def _fail(site_id: int, error: EmbedderError) -> None:
    logger.warning("index: meaning of site %s stays as it is (%s)", site_id, error)
    _row(site_id).update(
        problem=error.problem, problem_detail=error.detail[:300], problem_at=timezone.now()
    )


def _drop(site_id: int) -> None:
    """Without an embedder no question has a vector. What was embedded stays in the cache."""
    used = _row(site_id).exclude(embedder="", making="", problem="")
    if used.update(
        embedder="", label="", making="", making_label="", problem="", problem_detail="",
        problem_at=None, body=b"", entries=0, done=0, total=0, knowledge=0, fits={},
        built=F("built") + 1,
    ):  # fmt: skip
        EmbeddedEntry.objects.filter(site_id=site_id).delete()
        tables.retire(site_id)


def _slice(site_id: int, embedder: Embedder, wanted: int, slice_s: float) -> bool:
    # A second and a hundred megabytes: in workers, and only in those that embed.
    ingestion = importlib.import_module("apps.knowledge.dense.ingestion")
    until = time.monotonic() + slice_s
    total = Faq.objects.of(site_id).live().count()
    _row(site_id).update(total=total)
    changed = ingestion.changed(site_id=site_id, embedder=embedder)
    keys, known = list(changed), total - len(changed)
    for start in range(0, len(keys), ENTRIES_AT_ONCE):
        part = keys[start : start + ENTRIES_AT_ONCE]
        entries = read_entries(site_id, part)
        ingestion.read(site_id=site_id, embedder=embedder, entries=entries, marks=changed)
        done = max(known, 0) + start + len(part)
        _row(site_id).update(done=done, busy_until=timezone.now() + BUSY)
        if time.monotonic() > until:
            return True
    _row(site_id).update(done=total)
    # At least half a slice: to look at what a table lacks would take all that is left of this one.
    return _swap(site_id, embedder, wanted, max(until - time.monotonic(), slice_s / 2))


def _swap(site_id: int, embedder: Embedder, wanted: int, within_s: float) -> bool:
    """Puts the new index in the place of the old one; True when something is missing for it."""
    ours = EmbeddedEntry.objects.of(site_id, embedder.name)
    live = Faq.objects.of(site_id).live().annotate(key=Cast("pk", CharField()))
    # NOT IN would be looked up row by row once the keys are more than the server's memory for them.
    ours.filter(~Exists(live.filter(key=OuterRef("entry")))).delete()
    before = DenseIndex.objects.defer("body").get(site_id=site_id)
    try:
        made = making.make(before, embedder.name, within_s)
    except making.ForgottenError as error:
        ours.filter(entry__in=error.entries).update(hash="")
        return True
    if made is None:
        return True
    weights = {
        language: tuple(own["weights"]) for language, own in made.fits.items() if own["weights"]
    }
    # Together: a process never sees an index over texts that are gone, or not there yet.
    with transaction.atomic():
        for number, gone in made.gone.items():
            tables.remove(number, gone)
        tables.retire(site_id, but=made.gone)
        _row(site_id).update(
            embedder=embedder.name, label=embedder.label, knowledge=wanted, built=F("built") + 1,
            built_at=timezone.now(), entries=made.entries, fits=made.fits,
            body=replace(made.dense, weights=weights).to_bytes(),
            making="", making_label="", problem="", problem_detail="", problem_at=None,
        )  # fmt: skip
    EmbeddedEntry.objects.filter(site_id=site_id).exclude(embedder=embedder.name).delete()
    logger.info("index: meaning of site %s made by %s", site_id, embedder.label)
    return False
