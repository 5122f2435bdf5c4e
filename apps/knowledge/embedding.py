"""The port to whatever turns texts into vectors. This app knows no model: who does provides one."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

# Raised when `spelt` changes: vectors of another spelling are never taken for those of this one.
NORMALISER = 1
# Longer texts are read at their start: models cut them as well, each at another place.
TEXT_AT_MOST = 2_000


class Problem(StrEnum):
    """Why there are no vectors."""

    FAILED = "failed"
    WRONG_SIZE = "wrong_size"
    TOO_MANY = "too_many"
    TOO_SLOW = "too_slow"


class EmbedderError(Exception):
    """There are no vectors. `detail` may be shown to staff: it holds nothing of the texts."""

    def __init__(self, problem: Problem, detail: str = "") -> None:
        super().__init__(f"{problem}: {detail}")
        self.problem = problem
        self.detail = detail


class Embedder(Protocol):
    """Turns texts into vectors: always the same text into the same vector.

    `name` is of this function and no other, `label` is for people. `size` is the length of its
    vectors, None while nobody has seen one.
    """

    @property
    def name(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def size(self) -> int | None: ...

    def embed(self, texts: Sequence[str], within_s: float | None = None) -> list[list[float]]:
        """A vector for each text, in their order. Blocks, for as long as the embedder itself
        allows where `within_s` does not end it sooner; raises EmbedderError."""


Source = Callable[[int], Embedder | None]


_source: Source | None = None


def provide(source: Source | None) -> None:
    """Makes `source` tell the embedder of a site, None for none."""
    global _source  # noqa: PLW0603 one for the process, named while it starts
    _source = source


def is_provided() -> bool:
    """Whether this process can tell at all which embedder a site has."""
    return _source is not None


def embedder_of(site_id: int) -> Embedder | None:
    """The one that the site's entries shall be embedded with now."""
    return _source(site_id) if _source else None


def spelt(text: str) -> str:
    """The spelling in which a text is embedded. Case stays: it carries meaning to a model."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()[:TEXT_AT_MOST]


def digest(text: str) -> bytes:
    """Names a text in the cache, which holds no text."""
    return hashlib.sha256(spelt(text).encode()).digest()
