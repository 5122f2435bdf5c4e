"""The dense half of the search in one language: a vector for each text, one matrix product. Beyond
what a process should hold, a sample of it beside a table of the database (`tables.py`)."""

import io
import json
import math
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from apps.knowledge.postings import Floats

# Raised when the layout changes: an older archive is refused and made again from the cache.
VERSION = 2
# Where all but one are equally far, any difference would be many deviations.
LEAST_SPREAD = 0.02
LEAST_OTHERS = 2
_UNREADABLE = (
    OSError, EOFError, KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile,
)  # fmt: skip
_REFUSED = "not a dense index of this version"


class Near(NamedTuple):
    """How near entries are to a question: the cosine of its nearest text, and how far above what
    the nearest of as many unrelated entries would reach, in standard deviations. `places` tells
    where an entry stands in the others."""

    ids: Sequence[str]
    places: Mapping[str, int]
    cosine: Floats
    excess: Floats


class Table(NamedTuple):
    """Where the vectors of one language stand in the database, and how many entries they are of."""

    number: int
    entries: int


class Meaning(NamedTuple):
    """A question's vector and, by language, what the tables of that version of an index hold near
    it."""

    vector: Floats
    version: int = 0
    found: Mapping[str, Near] = {}


class Matrix:
    """Unit vectors, float32, those of an entry next to each other."""

    def __init__(self, ids: list[str], sizes: NDArray[np.int32], vectors: Floats) -> None:
        self.ids = ids
        self.places = {id: place for place, id in enumerate(ids)}
        self.sizes = sizes
        self.vectors = vectors
        self._starts = np.cumsum(sizes) - sizes

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def size(self) -> int:
        """The length of the vectors."""
        return int(self.vectors.shape[1])

    @classmethod
    def of(cls, entries: Iterable[tuple[str, Floats]]) -> Self:
        """Of at least one entry, each with at least one vector of one length."""
        given = list(entries)
        sizes = np.array([len(vectors) for _, vectors in given], np.int32)
        return cls([id for id, _ in given], sizes, unit(np.concatenate([v for _, v in given])))

    def near(self, vector: Floats, without: NDArray[np.bool_] | None = None) -> Near:
        """`without` leaves texts out; an entry without any other is infinitely far."""
        # Not `@`: BLAS would start threads for it, which costs a busy server more than it saves.
        similar = np.vecdot(self.vectors, unit(vector[np.newaxis])[0])
        if without is not None:
            similar = np.where(without, -np.inf, similar)
        cosine = np.maximum.reduceat(similar, self._starts)
        # All but the nearest, which may be the right one.
        rest = np.isfinite(cosine)
        rest[cosine.argmax()] = False
        others = cosine[rest]
        return Near(self.ids, self.places, cosine, _excess(cosine, others, len(others)))

    def near_among(self, found: Mapping[str, float], vector: Floats, entries: int) -> Near:
        """The same of entries whose cosines are known, where this matrix is a sample of `entries`:
        it tells what unrelated ones reach."""
        ids = list(found)
        cosine = np.fromiter(found.values(), np.float32, len(found))
        sampled = self.near(vector).cosine
        rest = np.ones(len(sampled), bool)
        if ids and (nearest := self.places.get(ids[cosine.argmax()])) is not None:
            rest[nearest] = False
        places = {id: place for place, id in enumerate(ids)}
        return Near(ids, places, cosine, _excess(cosine, sampled[rest], entries - 1))


def _excess(cosine: Floats, others: Floats, count: int) -> Floats:
    """In standard deviations of `others`, which stand for `count`. Of n independent normal values
    the largest is near sqrt(2 ln n) of them."""
    if len(others) < LEAST_OTHERS:
        return np.full(len(cosine), -np.inf, np.float32)
    spread = max(float(others.std()), LEAST_SPREAD)
    luck = math.sqrt(2 * math.log(count + 1))
    far: Floats = ((cosine - others.mean()) / spread - luck).astype(np.float32)
    return far


def unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Floats = (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)
    return scaled


@dataclass(frozen=True)
class Dense:
    """A site's dense half: who has made it, a matrix for each language, and the fitted weights of
    the languages that have them. A matrix is a sample where the language has a table."""

    version: int = 0
    embedder: str = ""
    matrices: Mapping[str, Matrix] = field(default_factory=dict)
    weights: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.matrices)

    @property
    def size(self) -> int:
        return next((matrix.size for matrix in self.matrices.values()), 0)

    @property
    def numbers(self) -> int:
        """How many a search multiplies."""
        searched = self.matrices.keys() - self.tables.keys()
        return sum(self.matrices[language].vectors.size for language in searched)

    def near(self, language: str, meaning: Meaning) -> Near | None:
        """None where nothing is known of it."""
        if language in self.tables:
            return meaning.found.get(language) if meaning.version == self.version else None
        matrix = self.matrices.get(language)
        if matrix is None or matrix.size != len(meaning.vector):
            return None
        return matrix.near(meaning.vector)

    def to_bytes(self) -> bytes:
        """What `from_bytes` reads on any machine; no pickle."""
        texts = {
            "version": VERSION,
            "embedder": self.embedder,
            "weights": dict(self.weights),
            "tables": dict(self.tables),
            "ids": {language: matrix.ids for language, matrix in self.matrices.items()},
        }
        arrays: dict[str, NDArray[np.generic]] = {
            "texts": np.frombuffer(json.dumps(texts, ensure_ascii=False).encode(), np.uint8)
        }
        for place, matrix in enumerate(self.matrices.values()):
            arrays[f"sizes{place}"] = matrix.sizes
            arrays[f"vectors{place}"] = matrix.vectors
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, **arrays)
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, version: int, data: bytes) -> Self:
        """ValueError for what `to_bytes` did not write."""
        if not data:
            return cls(version)
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                texts = json.loads(arrays["texts"].tobytes())
                matrices = {
                    language: Matrix(ids, arrays[f"sizes{place}"], arrays[f"vectors{place}"])
                    for place, (language, ids) in enumerate(texts["ids"].items())
                }
        except _UNREADABLE as error:
            raise ValueError(_REFUSED) from error
        if texts["version"] != VERSION:
            raise ValueError(_REFUSED)
        weights = {language: tuple(own) for language, own in texts["weights"].items()}
        tables = {language: Table(*own) for language, own in texts["tables"].items()}
        return cls(version, texts["embedder"], matrices, weights, tables)
