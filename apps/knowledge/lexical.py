"""The lexical half of the FAQ search: no model, no network, the same answer every time."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

from apps.engine.text import normalise
from apps.knowledge import archive
from apps.knowledge.assembly import Matrices, assemble
from apps.knowledge.confidence import ANSWER_AT, COVERED_AT, EXACT, confidences
from apps.knowledge.coverage import Covering
from apps.knowledge.postings import Floats
from apps.knowledge.scoring import Scorer, Scores

# A longer query is read at both ends: people tell a story and ask at its start or its end. A
# longer answer is read at its start. Both bound the work of one text.
QUERY_ENDS = 300
ANSWER_AT_MOST = 4_000

# More than any rank can reach: an entry with the very phrasing comes first.
ABOVE_ALL = 10

# Punctuation around a question does not make it another question.
_AROUND = " \t.,;:!?~…。、，；：！？～\"'`«»“”‘’()[]{}「」『』【】《》-–—_*"


@dataclass(frozen=True)
class Document:
    """One FAQ entry. Question, variants (other phrasings) and answer may each be missing."""

    id: str
    question: str | None
    variants: tuple[str, ...]
    answer: str | None


class Hit(NamedTuple):
    """An entry found. `score` only ranks the hits of one search; `confidence` is a probability.

    `coverage` is the share of what the text names that the entry's phrasings name too; None where
    it was not asked for.
    """

    id: str
    score: float
    confidence: float
    coverage: float | None = None


class LexicalIndex:
    """An immutable index of FAQ entries: build it once per knowledge version, search it often."""

    def __init__(self, ids: list[str], exact: dict[str, list[int]], matrices: Matrices) -> None:
        self._ids = ids
        self._exact = exact
        self._matrices = matrices
        self._scorer = Scorer(matrices)
        self._covering = Covering(matrices)

    def __len__(self) -> int:
        return len(self._ids)

    @classmethod
    def build(cls, documents: Iterable[Document]) -> Self:
        """Index the documents; two with one id are a ValueError."""
        ids: list[str] = []
        exact: dict[str, list[int]] = {}
        entries: list[tuple[list[str], str]] = []
        for position, document in enumerate(documents):
            phrasings = _phrasings(document)
            for key in map(_key, phrasings):
                holders = exact.setdefault(key, [])
                if position not in holders:
                    holders.append(position)
            ids.append(document.id)
            entries.append((phrasings, normalise((document.answer or "")[:ANSWER_AT_MOST])))
        if len(set(ids)) < len(ids):
            raise ValueError("two documents have the same id")
        return cls(ids, exact, assemble(entries))

    def exact(self, text: str) -> Hit | None:
        """The one entry that holds this very phrasing, as buttons send it: no need to search."""
        same = self._exact.get(_key(normalise(text)), ())
        return Hit(self._ids[same[0]], ABOVE_ALL, EXACT) if len(same) == 1 else None

    def search(self, text: str, limit: int = 5, near: int = 0) -> list[Hit]:
        """Up to `limit` entries that share anything with `text`, best first.

        When the best is too unsure to answer, up to `near` more that cover the text follow, and
        all have their coverage.
        """
        normalised = normalise(text)
        if not self._ids or not normalised or limit < 1:
            return []
        same = self._exact.get(_key(normalised), [])
        if len(normalised) > 2 * QUERY_ENDS:
            normalised = f"{normalised[:QUERY_ENDS]}\n{normalised[-QUERY_ENDS:]}"
        query = self._matrices.vocabulary.read(normalised)
        if not query.columns and not same:
            return []
        scores = self._scorer.scores(query)
        if same:
            scores.rank[same] += ABOVE_ALL
        picked = _best(scores, same, limit)
        chances = confidences(query, scores, picked, self._matrices.told)
        if same:
            chances[: len(same)] = [EXACT / len(same)] * min(len(same), len(picked))
        shares = None
        if near and picked and chances[0] < ANSWER_AT:
            shares = self._covering.shares(normalised)
        if shares is not None and (more := _covered(scores, shares, picked, near)):
            further = confidences(query, scores, more, self._matrices.told)
            chances += [min(chance, chances[-1]) for chance in further]
            picked += more
        return self._hits(picked, chances, scores, shares)

    def _hits(
        self, picked: list[int], chances: list[float], scores: Scores, shares: Floats | None
    ) -> list[Hit]:
        return [
            Hit(
                self._ids[entry],
                scores.rank.item(entry),
                chance,
                None if shares is None else shares.item(entry),
            )
            for entry, chance in zip(picked, chances, strict=True)
        ]

    def to_bytes(self) -> bytes:
        """The index as bytes that `from_bytes` reads on any machine; no pickle."""
        return archive.pack(self._ids, self._exact, self._matrices)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The index that `to_bytes` wrote; ValueError for anything else."""
        return cls(*archive.unpack(data))


def _phrasings(document: Document) -> list[str]:
    """What a visitor might say for the entry, normalised, without the empty ones."""
    texts = (document.question or "", *document.variants)
    return [text for text in map(normalise, texts) if text]


def _key(normalised: str) -> str:
    return normalised.strip(_AROUND) or normalised


def _best(scores: Scores, same: list[int], limit: int) -> list[int]:
    """The `limit` best of `same` and the entries with any evidence; ties by position."""
    # What a phrasing holds its entry holds: without a BM25 share there is no cosine either.
    evident = scores.whole > 0
    if same:
        evident[same] = True
    return _highest(scores.rank * evident, limit)


def _covered(scores: Scores, shares: Floats, picked: list[int], limit: int) -> list[int]:
    """The `limit` best of the entries that cover the query, without those picked already."""
    rank = scores.rank * (shares >= COVERED_AT)
    rank[picked] = 0
    return _highest(rank, limit)


def _highest(rank: Floats, limit: int) -> list[int]:
    """The places of the `limit` highest values above 0, which it sets to 0."""
    best: list[int] = []
    # One pass for each place: `argmax` over 20 000 entries takes 1 us, sorting them 1 ms.
    while len(best) < limit and rank[entry := int(rank.argmax())] > 0:
        best.append(entry)
        rank[entry] = 0
    return best
