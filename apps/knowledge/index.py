"""The index as processes hold it: packed by a job, loaded by every process when it has moved."""

import base64
import json
import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple, Self

from django.db.models import F
from django.utils import timezone

from apps.knowledge.confidence import ANSWER_AT
from apps.knowledge.contents import Content
from apps.knowledge.dense import tables
from apps.knowledge.dense.fusion import Lexical, fuse
from apps.knowledge.dense.matrix import Dense, Meaning
from apps.knowledge.lexical import Document, LexicalIndex
from apps.knowledge.models import DenseIndex, Faq, IndexState
from apps.knowledge.postings import Floats

logger = logging.getLogger(__name__)

NO_DENSE = Dense()
# Entries that words name, and whose vectors a table is asked for: at least as many as any search.
NAMED = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """What answering needs of a live FAQ entry, so that a turn reads no table."""

    id: str
    language: str
    question: str
    answer: str
    url: str
    high_risk: bool
    valid_from: str | None
    valid_until: str | None

    @classmethod
    def of(cls, key: str, content: Content) -> Self:
        return cls(
            id=key,
            language=content.language,
            question=content.question,
            answer=content.answer,
            url=content.source_url,
            high_risk=content.high_risk,
            valid_from=content.valid_from,
            valid_until=content.valid_until,
        )

    def is_valid(self, now: datetime) -> bool:
        return not (
            (self.valid_from and datetime.fromisoformat(self.valid_from) > now)
            or (self.valid_until and datetime.fromisoformat(self.valid_until) <= now)
        )


class Found(NamedTuple):
    entry: Entry
    confidence: float
    coverage: float | None = None
    meant: bool = False


class SiteIndex:
    """One version of a site's knowledge: a lexical index for each language, the entries, and,
    where texts are embedded, the search by meaning, which may be some versions behind."""

    def __init__(
        self,
        version: int,
        entries: Iterable[Entry],
        lexical: dict[str, LexicalIndex],
        dense: Dense = NO_DENSE,
    ) -> None:
        self.version = version
        self.dense = dense
        self._entries = {entry.id: entry for entry in entries}
        self._lexical = lexical

    def with_dense(self, dense: Dense) -> "SiteIndex":
        return SiteIndex(self.version, self._entries.values(), self._lexical, dense)

    def __len__(self) -> int:
        return len(self._entries)

    def search(
        self,
        text: str,
        languages: Iterable[str],
        *,
        enough: float,
        limit: int = 5,
        near: int = 0,
        meaning: Meaning | None = None,
    ) -> list[Found]:
        """Best first. Languages are asked in order until one holds a confidence of `enough`.

        `near` as in `LexicalIndex.search`. `meaning` is the text's, by the embedder of `dense`; it
        is looked at where words alone do not answer."""
        best: list[Found] = []
        for language in dict.fromkeys([*languages, *self._lexical]):
            found = self._search_one(text, language, limit, near)
            if meaning is not None and (not found or found[0].confidence < ANSWER_AT):
                found = self._by_meaning(found, language, limit, meaning)
            if found and (not best or found[0].confidence > best[0].confidence):
                best = found
            if best and best[0].confidence >= enough:
                break
        return best

    def meaning(self, text: str, vector: Floats) -> Meaning:
        """What the text means to `search`. Blocking where vectors stand in tables, for one bounded
        statement a language; raises DatabaseError."""
        found = {}
        for language, table in self.dense.tables.items():
            lexical, sample = self._lexical.get(language), self.dense.matrices[language]
            if sample.size == len(vector):
                named = [hit.id for hit in lexical.search(text, NAMED, NAMED)] if lexical else []
                known = tables.nearest(table.number, vector, named)
                found[language] = sample.near_among(known, vector, table.entries)
        return Meaning(vector, self.dense.version, found)

    def exact(self, text: str, languages: Iterable[str]) -> list[Found]:
        """The one entry that holds this very phrasing, in the first language that has one."""
        now = timezone.now()
        for language in dict.fromkeys([*languages, *self._lexical]):
            lexical = self._lexical.get(language)
            if lexical and (found := self._exactly(text, lexical, now)):
                return found
        return []

    def _exactly(self, text: str, lexical: LexicalIndex, now: datetime) -> list[Found]:
        hit = lexical.exact(text)
        if hit and self._entries[hit.id].is_valid(now):
            return [Found(self._entries[hit.id], hit.confidence)]
        return []

    def _search_one(self, text: str, language: str, limit: int, near: int) -> list[Found]:
        lexical = self._lexical.get(language)
        if lexical is None:
            return []
        now = timezone.now()
        if exact := self._exactly(text, lexical, now):
            return exact
        hits = lexical.search(text, limit, near)
        found = [Found(self._entries[hit.id], hit.confidence, hit.coverage) for hit in hits]
        return [one for one in found if one.entry.is_valid(now)]

    def _by_meaning(
        self, found: list[Found], language: str, limit: int, meaning: Meaning
    ) -> list[Found]:
        near = self.dense.near(language, meaning)
        if near is None:
            return found
        words = {one.entry.id: one for one in found}
        lexical = [Lexical(one.entry.id, one.confidence) for one in found]
        weights = self.dense.weights.get(language)
        now = timezone.now()
        fused = []
        for one in fuse(lexical, near, weights, limit):
            # It may have been taken off since the vectors were made.
            entry = self._entries.get(one.id)
            if entry and one.confidence > 0 and entry.is_valid(now):
                word = words.get(one.id)
                coverage = word.coverage if word else None
                fused.append(Found(entry, one.confidence, coverage, one.meant))
        return fused


EMPTY = SiteIndex(0, (), {})


Entries = list[tuple[Entry, tuple[str, ...]]]


def read_entries(site_id: int, keys: Collection[int] | None = None) -> Entries:
    """The site's live entries with their variants; with `keys` only these of them."""
    live = Faq.objects.of(site_id).live().prefetch_related("variants").order_by("pk")
    if keys is not None:
        live = live.filter(pk__in=keys)
    contents = ((str(faq.pk), Content.stored(faq)) for faq in live)
    return [(Entry.of(key, content), content.phrasings) for key, content in contents]


def next_change(entries: Entries, now: datetime) -> datetime | None:
    """When the next entry begins or ceases to be valid."""
    dates = {entry.valid_from for entry, _ in entries} | {entry.valid_until for entry, _ in entries}
    return min(
        (at for date in dates if date and (at := datetime.fromisoformat(date)) > now), default=None
    )


def pack(entries: Entries, now: datetime) -> bytes:
    """The entries valid at `now` and their built indexes, as one value that `unpack` reads
    without building anything. An entry that is over would take from its successor's confidence."""
    entries = [(entry, variants) for entry, variants in entries if entry.is_valid(now)]
    lexical = {
        language: LexicalIndex.build(
            [
                Document(entry.id, entry.question, variants, entry.answer)
                for entry, variants in entries
                if entry.language == language
            ]
        )
        for language in sorted({entry.language for entry, _ in entries})
    }
    return json.dumps(
        {
            "entries": [asdict(entry) for entry, _ in entries],
            "lexical": {
                language: base64.b64encode(index.to_bytes()).decode()
                for language, index in lexical.items()
            },
        },
        ensure_ascii=False,
    ).encode()


def unpack(version: int, body: bytes) -> SiteIndex:
    """Raises ValueError for what another release has packed."""
    if not body:
        return SiteIndex(version, (), {})
    packed = json.loads(body)
    try:
        entries = [Entry(**entry) for entry in packed["entries"]]
        lexical = packed["lexical"].items()
    except (KeyError, TypeError) as error:
        raise ValueError("not an index of this version") from error
    return SiteIndex(
        version,
        entries,
        {language: LexicalIndex.from_bytes(base64.b64decode(data)) for language, data in lexical},
    )


class Library:
    """This process' indexes, by site. `refresh` swaps in what has moved; readers never wait."""

    def __init__(self) -> None:
        self._indexes: dict[int, SiteIndex] = {}
        # By site, the version that this release cannot read.
        self._foreign: dict[int, int] = {}
        # And by site and what was to be loaded, the one that could not be.
        self._failed: dict[tuple[int, str], int] = {}

    def of(self, site_id: int) -> SiteIndex:
        return self._indexes.get(site_id, EMPTY)

    def refresh(self) -> None:
        """Blocking: one small query, and the bodies of the indexes that have moved. What breaks at
        one of them is told in the log, and tried again at the next call."""
        rows = IndexState.objects.values_list("site_id", "built", "site__denseindex__built")
        for site_id, built, meaning in rows:
            if built not in (self.of(site_id).version, self._foreign.get(site_id)):
                self._renew(site_id, built, self._load)
            if (meaning or 0) != self.of(site_id).dense.version:
                self._renew(site_id, meaning or 0, self._load_dense)

    def _renew(self, site_id: int, built: int, load: Callable[[int], None]) -> None:
        which = (site_id, load.__name__)
        try:
            load(site_id)
        except Exception as error:  # noqa: BLE001 the other sites' visitors are not to feel it
            if self._failed.get(which) != built:
                logger.error("index: site %s stays as it was (%s)", site_id, type(error).__name__)  # noqa: TRY400 what it was reading is no matter of the log
            self._failed[which] = built
        else:
            self._failed.pop(which, None)

    def _load(self, site_id: int) -> None:
        """An index of another release cannot be read: the old one answers until it is rebuilt."""
        state = IndexState.objects.get(site_id=site_id)
        try:
            index = unpack(state.built, bytes(state.body))
            self._indexes[site_id] = index.with_dense(self.of(site_id).dense)
        except ValueError as error:
            logger.warning("index: site %s is built again (%s)", site_id, error)
            self._foreign[site_id] = state.built
            IndexState.objects.filter(site_id=site_id, built=F("wanted")).want_again()
        else:
            logger.info("index: site %s is at version %s", site_id, state.built)

    def _load_dense(self, site_id: int) -> None:
        """One of another release is made again; words alone answer until then."""
        row = DenseIndex.objects.get(site_id=site_id)
        try:
            dense = Dense.from_bytes(row.built, bytes(row.body))
        except ValueError as error:
            logger.warning("index: meaning of site %s is made again (%s)", site_id, error)
            DenseIndex.objects.filter(site_id=site_id, built=row.built).update(knowledge=0)
            dense = Dense(row.built)
        self._indexes[site_id] = self.of(site_id).with_dense(dense)
        logger.info("index: meaning of site %s is at version %s", site_id, row.built)


library = Library()
