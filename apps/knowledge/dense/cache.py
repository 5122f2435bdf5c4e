"""Vectors of texts, each asked of its embedder once. The function is pure, so nothing here grows
old; what nobody has asked for in a month is swept out."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import numpy as np
from django.utils import timezone

from apps.knowledge.embedding import NORMALISER, Embedder, EmbedderError, Problem, digest, spelt
from apps.knowledge.models import EmbeddedEntry, Embedding, EmbeddingCount
from apps.knowledge.postings import Floats

STORED_AS = np.dtype("<f4")
UNUSED = timedelta(days=30)
# Uses are noted once a day: a write for each read would cost more than it tells.
NOTED = timedelta(days=1)
AT_ONCE = 1_000


def vectors(embedder: Embedder, texts: Sequence[str], within_s: float | None = None) -> Floats:
    """(texts, size): what is not in the cache is embedded and kept. Raises EmbedderError, also for
    a length that is not the embedder's."""
    keys = [digest(text) for text in texts]
    found = stored(embedder.name, set(keys))
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
    hits = sum(key in found for key in keys)
    if missing:
        raw = embedder.embed([spelt(text) or "-" for text in missing.values()], within_s)
        found |= _kept(embedder, missing, raw, next(iter(found.values()), None))
    EmbeddingCount.add(embedder.name, len(keys), hits)
    return np.stack([found[key] for key in keys])


def stored(name: str, keys: Iterable[bytes]) -> dict[bytes, Floats]:
    """What the cache holds of them."""
    rows = Embedding.objects.by(name, NORMALISER)
    wanted, now = list(keys), timezone.now()
    found: dict[bytes, Floats] = {}
    for start in range(0, len(wanted), AT_ONCE):
        part = rows.filter(digest__in=wanted[start : start + AT_ONCE])
        found |= {
            bytes(key): np.frombuffer(bytes(vector), STORED_AS)
            for key, vector in part.values_list("digest", "vector")
        }
        part.filter(used_at__lt=now - NOTED).update(used_at=now)
    return found


def keep(name: str, made: dict[bytes, Floats]) -> None:
    """Another process may have stored the same meanwhile."""
    Embedding.objects.bulk_create(
        [
            Embedding(
                embedder=name,
                normaliser=NORMALISER,
                digest=key,
                vector=vector.astype(STORED_AS).tobytes(),
            )
            for key, vector in made.items()
        ],
        ignore_conflicts=True,
    )


def sweep_out() -> int:
    """Drops what no index holds and nobody has asked for in a month; how many."""
    held = {
        bytes.fromhex(text)
        for texts in EmbeddedEntry.objects.values_list("texts", flat=True).iterator()
        for text in texts
    }
    old = Embedding.objects.filter(used_at__lt=timezone.now() - UNUSED)
    gone = [key for key, own in old.values_list("pk", "digest") if bytes(own) not in held]
    for start in range(0, len(gone), AT_ONCE):
        Embedding.objects.filter(pk__in=gone[start : start + AT_ONCE]).delete()
    return len(gone)


def _kept(
    embedder: Embedder,
    missing: Iterable[bytes],
    raw: Sequence[Sequence[float]],
    like: Floats | None,
) -> dict[bytes, Floats]:
    keys = list(missing)
    size = embedder.size or (len(like) if like is not None else size_before(embedder.name))
    made = dict(zip(keys, checked(raw, len(keys), size), strict=True))
    keep(embedder.name, made)
    return made


def checked(raw: Sequence[Sequence[float]], count: int, size: int | None) -> Floats:
    """As float32. EmbedderError for another number of vectors, or another length."""
    sizes = {len(vector) for vector in raw}
    if len(raw) != count or len(sizes) != 1:
        raise EmbedderError(Problem.FAILED, f"{len(raw)} vectors for {count} texts")
    if size is not None and sizes != {size}:
        raise EmbedderError(Problem.WRONG_SIZE, f"{sizes.pop()} numbers instead of {size}")
    made = np.asarray(raw, np.float32)
    if not np.isfinite(made).all():
        raise EmbedderError(Problem.FAILED, "numbers that are none")
    return made


def size_before(name: str) -> int | None:
    row = Embedding.objects.by(name, NORMALISER).values_list("vector", flat=True).first()
    return None if row is None else len(bytes(row)) // STORED_AS.itemsize
