"""What one worker holds: an import, for a while, fenced by a number."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.knowledge.models import FaqImport, IndexState

# A worker renews its lease with every batch; whoever lost one stops at its next batch.
LEASE_TIME = timedelta(seconds=60)
# Losses in a row after which an import is given up: something in it kills its workers.
MOST_TRIES = 3


class LostError(Exception):
    """Another worker holds the import now, or it was cancelled: nothing more may be stored."""


@dataclass(slots=True)
class Lease:
    """Held by the worker of an import. Everything it stores goes through `save` in the same transaction,
    which fails once the lease is over."""

    sheet: FaqImport

    def save(self, **values: Any) -> None:
        """Stores how far the work is and renews the lease. Raises LostError."""
        self._update(lease_until=timezone.now() + LEASE_TIME, tries=0, **values)

    def end(self, state: str, **values: Any) -> None:
        """The work is done, or has failed. Raises LostError."""
        now = timezone.now()
        self._update(state=state, lease_until=None, tries=0, finished_at=now, **values)

    def pause(self) -> None:
        """Gives the import back for the next worker. Raises LostError."""
        self._update(lease_until=None, tries=0, wanted_at=timezone.now())

    def may_publish(self) -> bool:
        author = self.sheet.author
        return bool(author and author.is_active and author.has_perm("knowledge.publish_faq"))

    def _update(self, **values: Any) -> None:
        mine = FaqImport.objects.filter(pk=self.sheet.pk, attempt=self.sheet.attempt)
        if not mine.filter(state=self.sheet.state).update(**values):
            raise LostError
        for name, value in values.items():
            setattr(self.sheet, name, value)


def claim(import_id: int) -> Lease | None:
    """The lease of the import, unless it wants none or another worker holds it."""
    free = FaqImport.objects.waiting().filter(pk=import_id)
    if not free.update(
        attempt=F("attempt") + 1, tries=F("tries") + 1, lease_until=timezone.now() + LEASE_TIME
    ):
        return None
    sheet = FaqImport.objects.select_related("site", "author").get(pk=import_id)
    lease = Lease(sheet)
    if sheet.tries > MOST_TRIES:
        with transaction.atomic():
            lease.end(
                FaqImport.State.FAILED, problem={"code": "crashed", "params": {"number": sheet.pk}}
            )
            # What earlier batches wrote stays, and is to be found.
            want_index(sheet)
        return None
    return lease


def want_index(sheet: FaqImport) -> None:
    """One new index for the whole import, built by the task or the sweeper. None for drafts."""
    if not sheet.count("searched"):
        return
    IndexState.objects.get_or_create(site_id=sheet.site_id)
    IndexState.objects.filter(site_id=sheet.site_id).want_again()
