"""The index as processes hold it: packed by a job, loaded by every process when it has moved."""

import base64
import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple, Self

from django.db.models import F
from django.utils import timezone

from apps.knowledge.contents import Content
from apps.knowledge.lexical import Document, LexicalIndex
from apps.knowledge.models import Faq, IndexState

logger = logging.getLogger(__name__)


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


class SiteIndex:
    """One version of a site's knowledge: a lexical index for each language, and the entries."""

    def __init__(
        self, version: int, entries: Iterable[Entry], lexical: dict[str, LexicalIndex]
    ) -> None:
        self.version = version
        self._entries = {entry.id: entry for entry in entries}
        self._lexical = lexical

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
    ) -> list[Found]:
        """Best first. Languages are asked in order until one holds a confidence of `enough`.

        `near` as in `LexicalIndex.search`."""
        best: list[Found] = []
        for language in dict.fromkeys([*languages, *self._lexical]):
            found = self._search_one(text, language, limit, near)
            if found and (not best or found[0].confidence > best[0].confidence):
                best = found
            if best and best[0].confidence >= enough:
                break
        return best

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


EMPTY = SiteIndex(0, (), {})


Entries = list[tuple[Entry, tuple[str, ...]]]


def read_entries(site_id: int) -> Entries:
    """The site's live entries with their variants."""
    live = Faq.objects.of(site_id).live().prefetch_related("variants").order_by("pk")
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
        # And the one that could not be loaded.
        self._failed: dict[int, int] = {}

    def of(self, site_id: int) -> SiteIndex:
        return self._indexes.get(site_id, EMPTY)

    def refresh(self) -> None:
        """Blocking: one small query, and the bodies of the indexes that have moved. What breaks at
        one of them is told in the log, and tried again at the next call."""
        for site_id, built in IndexState.objects.values_list("site_id", "built"):
            if built not in (self.of(site_id).version, self._foreign.get(site_id)):
                self._renew(site_id, built)

    def _renew(self, site_id: int, built: int) -> None:
        try:
            self._load(site_id)
        except Exception as error:  # noqa: BLE001 the other sites' visitors are not to feel it
            if self._failed.get(site_id) != built:
                logger.error("index: site %s stays as it was (%s)", site_id, type(error).__name__)  # noqa: TRY400 what it was reading is no matter of the log
            self._failed[site_id] = built
        else:
            self._failed.pop(site_id, None)

    def _load(self, site_id: int) -> None:
        """An index of another release cannot be read: the old one answers until it is rebuilt."""
        state = IndexState.objects.get(site_id=site_id)
        try:
            self._indexes[site_id] = unpack(state.built, bytes(state.body))
        except ValueError as error:
            logger.warning("index: site %s is built again (%s)", site_id, error)
            self._foreign[site_id] = state.built
            IndexState.objects.filter(site_id=site_id, built=F("wanted")).want_again()
        else:
            logger.info("index: site %s is at version %s", site_id, state.built)


library = Library()
