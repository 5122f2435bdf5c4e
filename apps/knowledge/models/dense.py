"""Vectors of texts, and how far a site's search by meaning is behind its entries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.sites.models import Site

NAME_AT_MOST = 300
PROBLEMS = [
    ("failed", _("The model for embeddings does not answer as it should")),
    ("wrong_size", _("Its vectors have another length than before")),
    ("too_many", _("Too many texts for memory, and the database cannot search vectors")),
    ("too_slow", _("Putting it together takes longer than a task may: shorter vectors help")),
]


class EmbeddingQuerySet(models.QuerySet["Embedding"]):
    def by(self, embedder: str, normaliser: int) -> Self:
        return self.filter(embedder=embedder, normaliser=normaliser)


class Embedding(models.Model):
    """A text's vector by one embedder, `vector` as float32 in little endian. The text itself is not
    kept, only its SHA-256 in the spelling of that normaliser."""

    embedder = models.CharField(max_length=NAME_AT_MOST)
    normaliser = models.PositiveSmallIntegerField()
    digest = models.BinaryField(max_length=32)
    vector = models.BinaryField()
    used_at = models.DateTimeField(default=timezone.now)

    objects = EmbeddingQuerySet.as_manager()

    class Meta:
        verbose_name = _("embedding")
        verbose_name_plural = _("embeddings")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["embedder", "normaliser", "digest"], name="embedding_once_per_text"
            )
        ]
        indexes = [models.Index(fields=["used_at"], name="embedding_by_use")]

    def __str__(self) -> str:
        return bytes(self.digest).hex()


class EmbeddingCount(models.Model):
    """How many of the vectors asked for by an embedder's name stood in the cache."""

    embedder = models.CharField(max_length=NAME_AT_MOST, primary_key=True)
    asked = models.PositiveBigIntegerField(default=0)
    hits = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("use of the embedding cache")
        verbose_name_plural = _("uses of the embedding cache")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.hits}/{self.asked}"

    @classmethod
    def add(cls, embedder: str, asked: int, hits: int) -> None:
        cls.objects.get_or_create(embedder=embedder)
        cls.objects.filter(embedder=embedder).update(
            asked=models.F("asked") + asked, hits=models.F("hits") + hits
        )


class EmbeddedEntryQuerySet(models.QuerySet["EmbeddedEntry"]):
    def of(self, site_id: int, embedder: str) -> Self:
        return self.filter(site_id=site_id, embedder=embedder)

    def whole(self) -> Self:
        """What broke off before it was stored has no hash yet."""
        return self.exclude(hash="")


class EmbeddedEntry(models.Model):
    """An entry as one embedder has read it: the hash of what was read, and the digests of its texts
    in hex, phrasings before pieces of the answer, and how many are phrasings."""

    site = models.ForeignKey(Site, models.CASCADE)
    embedder = models.CharField(max_length=NAME_AT_MOST)
    entry = models.CharField(max_length=40)
    hash = models.CharField(max_length=64, blank=True)
    texts = models.JSONField(default=list)
    phrasings = models.PositiveSmallIntegerField(default=0)

    objects = EmbeddedEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("embedded entry")
        verbose_name_plural = _("embedded entries")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["site", "embedder", "entry"], name="embedded_once_per_entry"
            )
        ]

    def __str__(self) -> str:
        return self.entry


class DenseIndex(models.Model):
    """The search by meaning of a site: the newest index, and how far the next one is.

    `embedder` has made `body`; `making` reads the entries now, "" for nobody. `knowledge` is the
    version of the entries in `body`. Processes load it when `built` has moved. `fits` tells by
    language how the confidence was fitted.
    """

    site = models.OneToOneField(Site, models.CASCADE, primary_key=True)
    embedder = models.CharField(max_length=NAME_AT_MOST, blank=True)
    label = models.CharField(max_length=NAME_AT_MOST, blank=True)
    knowledge = models.PositiveBigIntegerField(default=0)
    built = models.PositiveBigIntegerField(default=0)
    built_at = models.DateTimeField(null=True)
    entries = models.PositiveIntegerField(default=0)
    body = models.BinaryField(default=bytes)
    fits = models.JSONField(default=dict)
    making = models.CharField(max_length=NAME_AT_MOST, blank=True)
    making_label = models.CharField(max_length=NAME_AT_MOST, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    busy_until = models.DateTimeField(null=True)
    problem = models.CharField(max_length=20, blank=True, choices=PROBLEMS)
    problem_detail = models.CharField(max_length=300, blank=True)
    problem_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("search by meaning")
        verbose_name_plural = _("searches by meaning")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.site_id}: {self.embedder}"


class VectorTableQuerySet(models.QuerySet["VectorTable"]):
    def unused(self, since: datetime) -> Self:
        return self.filter(models.Q(site=None) | models.Q(unused_since__lt=since))


class VectorTable(models.Model):
    """A table of vectors in the database, beside those that Django knows (`dense/tables.py`). It
    outlives its site and its index until it is dropped."""

    site = models.ForeignKey(Site, models.SET_NULL, null=True)
    embedder = models.CharField(max_length=NAME_AT_MOST)
    language = models.CharField(max_length=12)
    size = models.PositiveSmallIntegerField()
    unused_since = models.DateTimeField(null=True)

    objects = VectorTableQuerySet.as_manager()

    class Meta:
        verbose_name = _("table of vectors")
        verbose_name_plural = _("tables of vectors")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["site", "embedder", "language", "size"],
                condition=models.Q(unused_since=None),
                name="vectors_once_per_index",
            )
        ]

    def __str__(self) -> str:
        return f"{self.site_id}: {self.embedder}, {self.language}"

    @property
    def number(self) -> int:
        """Of which the table has its name."""
        return int(self.pk)


def digests(entries: Sequence[EmbeddedEntry]) -> list[bytes]:
    """Of all their texts, in order."""
    return [bytes.fromhex(text) for entry in entries for text in entry.texts]
