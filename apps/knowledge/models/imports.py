"""An import as it is stored: what was chosen, how far it is, the file's pieces and its rows."""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.sites.models import LANGUAGES, Site


class FaqImportQuerySet(models.QuerySet["FaqImport"]):
    def at_work(self) -> Self:
        return self.filter(state__in=FaqImport.AT_WORK)

    def waiting(self, seconds: float = 0.0) -> Self:
        """Those that have wanted a worker for that long and have none."""
        now = timezone.now()
        free = models.Q(lease_until__isnull=True) | models.Q(lease_until__lt=now)
        return self.at_work().filter(free, wanted_at__lte=now - timedelta(seconds=seconds))

    def expired(self, days: int) -> Self:
        return self.filter(created_at__lt=timezone.now() - timedelta(days=days))


class FaqImport(models.Model):
    """A file of entries on its way into a site's knowledge. Nothing of it is an entry before
    someone has seen the preview and said so."""

    class State(models.TextChoices):
        CHECKING = "checking", _("Being checked")
        COLUMNS = "columns", _("Columns unclear")
        READY = "ready", _("Ready to import")
        WRITING = "writing", _("Being imported")
        DONE = "done", pgettext_lazy("import", "Imported")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    class Existing(models.TextChoices):
        SKIP = "skip", _("Leave them as they are")
        UPDATE = "update", _("Change them to what the file says")

    AT_WORK = (State.CHECKING, State.WRITING, State.UNDOING)

    site = models.ForeignKey(Site, models.CASCADE, verbose_name=_("site"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, verbose_name=_("imported by")
    )
    # Who had it written, or undone: the work goes on with this account's permissions.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    file_name = models.CharField(_("file"), max_length=200)
    file_bytes = models.PositiveBigIntegerField(_("size"))
    language = models.CharField(_("language"), max_length=12, choices=LANGUAGES)
    status = models.CharField(_("status"), max_length=8)
    existing = models.CharField(
        _("entries that exist"), max_length=6, choices=Existing.choices, default=Existing.SKIP
    )
    encoding = models.CharField(_("encoding"), max_length=10, blank=True)
    # {"question": 3, …}: columns chosen by hand, counted from 0.
    chosen = models.JSONField(null=True)
    state = models.CharField(
        _("state"), max_length=9, choices=State.choices, default=State.CHECKING
    )
    # {"kind", "encoding", "separator", "sheet", "headings", "columns", "unknown"}: how it was read.
    facts = models.JSONField(default=dict)
    problem = models.JSONField(null=True)
    # Rows by outcome, and by result once they are written.
    counts = models.JSONField(default=dict)
    share_read = models.FloatField(default=0)
    wanted_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    # Fencing number of the worker that holds the lease.
    attempt = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = FaqImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import of entries")
        verbose_name_plural = _("imports of entries")
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["wanted_at"],
                condition=models.Q(state__in=["checking", "writing", "undoing"]),
                name="faq_import_at_work",
            )
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_at_work(self) -> bool:
        return self.state in self.AT_WORK

    def count(self, *names: str) -> int:
        return sum(self.counts.get(name, 0) for name in names)


class FaqImportPart(models.Model):
    """A piece of the file, so that no process holds all of it. Deleted with the import's rows."""

    sheet = models.ForeignKey(FaqImport, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    body = models.BinaryField()

    class Meta:
        verbose_name = _("piece of a file")
        verbose_name_plural = _("pieces of a file")
        constraints = [
            models.UniqueConstraint(fields=["sheet", "number"], name="faq_import_part_once")
        ]

    def __str__(self) -> str:
        return f"{self.sheet_id}/{self.number}"


class FaqImportRow(models.Model):
    """A row of the file as it was read, and what has become of it."""

    class Outcome(models.TextChoices):
        NEW = "new", _("New")
        CHANGED = "changed", _("Changes an entry")
        UNCHANGED = "unchanged", _("Unchanged")
        KEPT = "kept", _("Exists, left as it is")
        DUPLICATE = "duplicate", _("Duplicate")
        ERROR = "error", _("Error")

    class Result(models.TextChoices):
        NONE = "", _("Not written")
        WRITTEN = "written", _("Added")
        UPDATED = "updated", pgettext_lazy("import result", "Changed")
        FAILED = "failed", _("Left out")
        UNDONE = "undone", _("Undone")
        TOUCHED = "touched", _("Changed since, left as it is")

    TO_WRITE = (Outcome.NEW, Outcome.CHANGED)
    IN_STORE = (Result.WRITTEN, Result.UPDATED)

    sheet = models.ForeignKey(FaqImport, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    outcome = models.CharField(max_length=9, choices=Outcome.choices)
    result = models.CharField(max_length=8, choices=Result.choices, default=Result.NONE, blank=True)
    # Only the columns that the file has; `before`: the same of the entry that was changed.
    values = models.JSONField(default=dict)
    before = models.JSONField(null=True)
    # [{"code", "params", "column", "value"}, …]: see `problems`.
    problems = models.JSONField(default=list)
    # The entry, and its `updated_at` as it was seen last by the import.
    entry = models.BigIntegerField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of an import")
        constraints = [
            models.UniqueConstraint(fields=["sheet", "number"], name="faq_import_row_once")
        ]
        indexes = [
            models.Index(fields=["sheet", "outcome", "result", "number"], name="faq_import_rows")
        ]

    def __str__(self) -> str:
        return f"{self.sheet_id}/{self.number}"
