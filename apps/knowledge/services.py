"""Verbs on the knowledge of a site."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from apps.knowledge.models import Faq, IndexState
from apps.knowledge.tasks import enqueue_refresh


@transaction.atomic
def knowledge_changed(*, site_ids: Iterable[int]) -> None:
    """Call in the transaction of every change to entries: the index follows within 5 s."""
    for site_id in sorted(set(site_ids)):
        IndexState.objects.get_or_create(site_id=site_id)
        IndexState.objects.filter(site_id=site_id).want_again()
        enqueue_refresh(site_id)


@transaction.atomic
def set_status(*, entries: Iterable[Faq], status: Faq.Status) -> int:
    """Moves entries to a status; how many were in another. The door checks the permission."""
    moved = [entry for entry in entries if entry.status != status]
    Faq.objects.filter(pk__in=[entry.pk for entry in moved]).update(
        status=status, updated_at=timezone.now()
    )
    knowledge_changed(site_ids=[entry.site_id for entry in moved])
    return len(moved)
