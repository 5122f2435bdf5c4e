"""What a site's next index is made of, once all of its texts have vectors in the cache.

Up to `texts_in_memory` of them go with the index into every process. Of more, each language gets a
table, filled a slice at a time beside what is in use, and processes hold a sample.
"""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from django.conf import settings

from apps.knowledge.dense import cache, fitting, tables
from apps.knowledge.dense.matrix import Dense, Matrix, Table
from apps.knowledge.embedding import EmbedderError, Problem
from apps.knowledge.index import read_entries
from apps.knowledge.models import DenseIndex, EmbeddedEntry, Faq, VectorTable
from apps.knowledge.models.dense import digests
from apps.knowledge.postings import Floats

# A new fit takes seconds; entries must have come or gone by this share for one.
FIT_AGAIN = 0.05
# Around the limit a site would be moved with each change: it comes back to memory below this share.
BACK_AT = 0.9
# What unrelated entries reach is known to 2 % from so many, in 16 MB of 1 024 numbers each.
SAMPLE_TEXTS = 4_096
ROWS_AT_ONCE = 200
# pgvector keeps as many rows of one vector in a place of its graph. More make places that are
# neighbours of each other alone: of 1 500 entries with one answer an eighth was not found any more.
ALIKE_AT_MOST = 10


class ForgottenError(Exception):
    """The cache lacks vectors of these entries."""

    def __init__(self, entries: Collection[str]) -> None:
        super().__init__(f"{len(entries)} entries")
        self.entries = entries


class Source(NamedTuple):
    """An entry, and which texts an embedder has read of it. What they say is read only of those
    that a fit is made of."""

    id: str
    row: EmbeddedEntry

    @property
    def keys(self) -> list[tables.Key]:
        return [(self.id, text) for text in digests([self.row])]

    @property
    def pieces(self) -> list[tables.Key]:
        """Those of its answer."""
        return self.keys[self.row.phrasings :]


@dataclass
class Made:
    """`gone`: what leaves a table when this index takes its place."""

    dense: Dense
    fits: dict[str, dict[str, Any]]
    entries: int
    gone: dict[int, set[tables.Key]] = field(default_factory=dict)


Vectors = list[tuple[str, Floats]]


def make(before: DenseIndex, name: str, within_s: float) -> Made | None:
    """The index of that embedder; None when tables were not full after `within_s` of filling them.
    Raises ForgottenError, and EmbedderError for more than this server can hold."""
    grouped = _grouped(before.site_id, name)
    everything = [source for sources in grouped.values() for source in sources]
    count = len(everything)
    if not _belongs_in_tables(before.site_id, sum(len(one.row.texts) for one in everything)):
        vectors = {language: _vectors(sources, name) for language, sources in grouped.items()}
        return Made(_dense(name, vectors), _fits(before, name, grouped), count)
    found: dict[str, Table] = {}
    gone: dict[int, set[tables.Key]] = {}
    until = time.monotonic() + within_s
    for language, sources in grouped.items():
        table = _table(before.site_id, name, language)
        wanted = {key for source in sources for key in source.keys} - _alike(sources)
        there = tables.keys(table.number)
        if not _fill(table.number, name, sorted(wanted - there), until):
            return None
        found[language] = Table(table.number, len(sources))
        gone[table.number] = there - wanted
    samples = {language: _vectors(_sample(sources), name) for language, sources in grouped.items()}
    return Made(_dense(name, samples, found), _fits(before, name, grouped), count, gone)


def _grouped(site_id: int, name: str) -> dict[str, list[Source]]:
    """By language, those of which anything was read, in the order of their keys."""
    rows = {row.entry: row for row in EmbeddedEntry.objects.of(site_id, name).whole()}
    live = Faq.objects.of(site_id).live().order_by("pk").values_list("pk", "language")
    grouped: defaultdict[str, list[Source]] = defaultdict(list)
    for key, language in live:
        row = rows.get(str(key))
        if row and row.texts:
            grouped[language].append(Source(row.entry, row))
    return dict(grouped)


def _belongs_in_tables(site_id: int, texts: int) -> bool:
    limit = settings.KNOWLEDGE.texts_in_memory
    is_there = VectorTable.objects.filter(site_id=site_id, unused_since=None).exists()
    return texts > (limit * BACK_AT if is_there else limit)


def _table(site_id: int, name: str, language: str) -> VectorTable:
    size = cache.size_before(name) or 0
    if why := tables.why_not(size):
        most = settings.KNOWLEDGE.texts_in_memory
        raise EmbedderError(Problem.TOO_MANY, f"more than {most} texts, and {why}")
    return tables.prepared(site_id=site_id, embedder=name, language=language, size=size)


def _fill(number: int, name: str, missing: Sequence[tables.Key], until: float) -> bool:
    """Whether nothing is missing any more."""
    for place, part in enumerate(_parts(missing)):
        # At least one: else a slice that is used up by reading would never get further.
        if place and time.monotonic() > until:
            return False
        vectors = cache.stored(name, {text for _, text in part})
        if forgotten := {entry for entry, text in part if text not in vectors}:
            raise ForgottenError(forgotten)
        tables.add(number, {(entry, text): vectors[text] for entry, text in part})
    if missing:
        tables.analyse(number)
    return True


def _parts(keys: Sequence[tables.Key]) -> Iterator[list[tables.Key]]:
    left = iter(keys)
    while part := list(islice(left, ROWS_AT_ONCE)):
        yield part


def _alike(sources: Sequence[Source]) -> set[tables.Key]:
    """What the answers of many entries have in common: it tells none of them from the others."""
    pieces = [key for source in sources for key in source.pieces]
    count = Counter(text for _, text in pieces)
    return {(entry, text) for entry, text in pieces if count[text] > ALIKE_AT_MOST}


def _sample(sources: Sequence[Source]) -> list[Source]:
    """Whole entries, as many as hold SAMPLE_TEXTS; the same every time."""
    drawn = random.Random(1).sample(sources, len(sources))  # noqa: S311 the same every time
    texts = np.cumsum([len(source.row.texts) for source in drawn])
    return drawn[: max(int(np.searchsorted(texts, SAMPLE_TEXTS, "right")), 1)]


def _vectors(sources: Sequence[Source], name: str) -> Vectors:
    """By entry those of its texts."""
    vectors = cache.stored(name, set(digests([source.row for source in sources])))
    if forgotten := [s.id for s in sources if not vectors.keys() >= set(digests([s.row]))]:
        raise ForgottenError(forgotten)
    return [(s.id, np.stack([vectors[key] for key in digests([s.row])])) for s in sources]


def _texts(site_id: int, sources: Sequence[Source], name: str) -> list[fitting.Text]:
    """With what they say; without entries that are gone meanwhile."""
    vectors = _vectors(sources, name)
    read = {one.id: (one, own) for one, own in read_entries(site_id, [int(s.id) for s in sources])}
    found = []
    for source, (id, own) in zip(sources, vectors, strict=True):
        if id in read:
            entry, variants = read[id]
            phrasings = tuple(text for text in (entry.question, *variants) if text)
            known = phrasings[: source.row.phrasings]
            found.append(fitting.Text(id, known, entry.answer, own))
    return found


def _dense(
    name: str, vectors: Mapping[str, Vectors], found: Mapping[str, Table] | None = None
) -> Dense:
    matrices = {language: Matrix.of(own) for language, own in vectors.items()}
    return Dense(embedder=name, matrices=matrices, tables=found or {})


def _fits(
    before: DenseIndex, name: str, grouped: Mapping[str, Sequence[Source]]
) -> dict[str, dict[str, Any]]:
    fits = {}
    for language, sources in grouped.items():
        old = before.fits.get(language) if before.embedder == name else None
        if old and abs(len(sources) - old["entries"]) <= FIT_AGAIN * old["entries"]:
            fits[language] = old
        else:
            made = fitting.fit(_texts(before.site_id, fitting.enough(sources), name))
            fits[language] = {**made.to_json(), "entries": len(sources)}
    return fits
