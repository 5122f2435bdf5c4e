"""Preparing a site's index: slow work, called by Celery and, with the broker away, the sweeper."""

import logging

from django.utils import timezone

from apps.knowledge.index import next_change, pack, read_entries
from apps.knowledge.models import IndexState

logger = logging.getLogger(__name__)


def build_index(site_id: int) -> None:
    """Stores the index over the entries as they are now. Safe to run twice at once: the entries
    are read after `wanted`, and an older build never replaces a newer one."""
    wanted = IndexState.objects.filter(site_id=site_id).values_list("wanted", flat=True).first()
    if wanted is None:
        return
    now = timezone.now()
    entries = read_entries(site_id)
    stored = IndexState.objects.filter(site_id=site_id, built__lt=wanted).update(
        built=wanted,
        built_at=now,
        due_at=next_change(entries, now),
        entries=sum(entry.is_valid(now) for entry, _ in entries),
        body=pack(entries, now),
    )
    if stored:
        logger.info("index: built version %s of site %s, %s entries", wanted, site_id, len(entries))


def build_stale(*, older_than_s: float = 0.0) -> int:
    """Builds every index whose entries have moved for that long; how many there were."""
    IndexState.objects.due().want_again()
    waiting = IndexState.objects.stale_for(older_than_s)
    sites = list(waiting.values_list("site_id", flat=True))
    for site_id in sites:
        try:
            build_index(site_id)
        except Exception:  # one site must not keep the others behind
            logger.exception("index: site %s cannot be built", site_id)
    return len(sites)
