"""What one worker holds: an import, for a while, fenced by a number."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.knowledge.models import FaqImport, IndexState
from apps.knowledge.sheets.problems import SheetError

# A worker renews its lease with every batch, and while it reads; whoever lost one stops there.
LEASE_TIME = timedelta(seconds=60)
RENEW_SECONDS = 10.0
# Losses in a row after which an import is given up: something in it kills its workers.
MOST_TRIES = 3


# What an account needs for an import, and for live entries in it.
IMPORTING = ("knowledge.add_faq", "knowledge.change_faq")
PUBLISHING = "knowledge.publish_faq"


class LostError(Exception):
    """Another worker holds the import now, or it was cancelled: nothing more may be stored."""


@dataclass(slots=True)
class Lease:
    """Held by the worker of an import. Everything it stores goes through `save` in the same transaction,
    which fails once the lease is over."""

    sheet: FaqImport

    def save(self, **values: Any) -> None:
        """Stores how far the work is and renews the lease. Raises LostError.

        Rows that are written stay written. Checking begins anew with every worker, so how far one
        came says nothing about the next: it ends, or its losses are counted."""
        if self.sheet.state != FaqImport.State.CHECKING:
            values["tries"] = 0
        self._update(lease_until=timezone.now() + LEASE_TIME, **values)

    def renew(self) -> None:
        """Raises LostError."""
        self._update(lease_until=timezone.now() + LEASE_TIME)

    def end(self, state: str, **values: Any) -> None:
        """The work is done, or has failed. Raises LostError."""
        now = timezone.now()
        self._update(state=state, lease_until=None, tries=0, finished_at=now, **values)

    def pause(self) -> None:
        """Gives the import back for the next worker. Raises LostError."""
        self._update(lease_until=None, tries=0, wanted_at=timezone.now())

    def actor(self) -> User | None:
        """Whose permissions the work goes on with, as they are now; None without an account."""
        key = self.sheet.decided_by_id or self.sheet.author_id
        return User.objects.filter(pk=key or 0, is_active=True).first()

    def may_publish(self) -> bool:
        actor = self.actor()
        return bool(actor and actor.has_perm(PUBLISHING))

    def _update(self, **values: Any) -> None:
        mine = FaqImport.objects.filter(pk=self.sheet.pk, attempt=self.sheet.attempt)
        if not mine.filter(state=self.sheet.state).update(**values):
            raise LostError
        for name, value in values.items():
            setattr(self.sheet, name, value)


class Watch:
    """Keeps the lease of who reads a file, called for every block of it. Raises SheetError ("slow")
    after so many seconds, and LostError."""

    def __init__(self, lease: Lease, seconds: float) -> None:
        now = time.monotonic()
        self._lease = lease
        self._until = now + seconds
        self._renew_at = now + RENEW_SECONDS

    def __call__(self) -> None:
        now = time.monotonic()
        if now > self._until:
            raise SheetError("slow")
        if now > self._renew_at:
            self._lease.renew()
            self._renew_at = now + RENEW_SECONDS


def claim(import_id: int) -> Lease | None:
    """The lease of the import, unless it wants none or another worker holds it."""
    free = FaqImport.objects.waiting().filter(pk=import_id)
    if not free.update(
        attempt=F("attempt") + 1, tries=F("tries") + 1, lease_until=timezone.now() + LEASE_TIME
    ):
        return None
    sheet = FaqImport.objects.select_related("site").get(pk=import_id)
    lease = Lease(sheet)
    if sheet.tries > MOST_TRIES:
        reads = sheet.state == FaqImport.State.CHECKING
        problem = SheetError("lost") if reads else SheetError("crashed", number=sheet.pk)
        with transaction.atomic():
            lease.end(FaqImport.State.FAILED, problem=problem.as_json())
            # What earlier batches wrote stays, and is to be found.
            want_index(sheet)
        return None
    return lease


def want_index(sheet: FaqImport) -> None:
    """One new index for the whole import, built by the task or the sweeper. None for drafts."""
    if sheet.count("searched"):
        IndexState.objects.want(sheet.site_id)
