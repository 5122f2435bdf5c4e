"""Search by meaning over more texts than a process should hold: a table against a matrix.

    python bench/meaning.py [--json] [--entries 120000] [--texts 1] [--size 384]

Starts its own servers. The vectors are made up: points around topics that vary in 32 directions, as
those of texts do, and noise in all others. Memory is that of a process which does nothing else.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.stack import durable_stack, resident_mb

ASKED = 500
WARM_UP = 50
BEST = 10
DIRECTIONS, TOPICS = 32, 2_000
AT_ONCE = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    parser.add_argument("--entries", type=int, default=120_000)
    parser.add_argument("--texts", type=int, default=1, help="of each entry")
    parser.add_argument("--size", type=int, default=384)
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(searched(Path(options.step[1]), in_table=options.step[0] == "table")))
        return
    with durable_stack(), tempfile.TemporaryDirectory(prefix="helpdesk-bench-") as folder:
        figures = measure(Path(folder), options.entries, options.texts, options.size)
    lines = [f"{name}: {value}" for name, value in figures.items()]
    print(json.dumps(figures) if options.json else "\n".join(lines))


def measure(folder: Path, entries: int, texts: int, size: int) -> dict[str, Any]:
    import django

    django.setup()
    from apps.knowledge.dense import making
    from apps.knowledge.dense.matrix import Dense, Matrix, Table

    vectors, asked = made_up(entries, texts, size)
    np.save(folder / "asked.npy", asked)
    whole = Matrix.of((str(n), own) for n, own in enumerate(vectors))
    best = np.stack([np.argsort(-whole.near(one).cosine)[:BEST] for one in asked])
    np.save(folder / "best.npy", best)
    number, seconds, mb = filled(vectors)
    sampled = min(max(making.SAMPLE_TEXTS // texts, 1), entries)
    sample = Matrix.of((str(n), vectors[n]) for n in range(sampled))
    kept = {
        "matrix": Dense(1, "bench", {"en": whole}),
        "table": Dense(1, "bench", {"en": sample}, {}, {"en": Table(number, entries)}),
    }
    figures: dict[str, Any] = {
        "entries": entries,
        "texts": texts,
        "build_s": seconds,
        "table_mb": mb,
    }
    for kind, dense in kept.items():
        (folder / kind).write_bytes(dense.to_bytes())
        command = [sys.executable, __file__, "--step", kind, str(folder / kind)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        figures |= {f"{kind}_{name}": value for name, value in found.items()}
    return figures


def made_up(entries: int, texts: int, size: int) -> tuple[Any, Any]:
    """(entries, texts, size), those of an entry close together, and questions about others."""
    rng = np.random.default_rng(1)
    topics = rng.standard_normal((TOPICS, DIRECTIONS))
    count = entries + ASKED
    around = topics[rng.integers(0, TOPICS, count)] + 0.7 * rng.standard_normal((count, DIRECTIONS))
    spread = rng.standard_normal((DIRECTIONS, size))
    whole = (around @ spread + 0.7 * rng.standard_normal((count, size))).astype(np.float32)
    vectors = np.repeat(whole[:entries, np.newaxis], texts, axis=1)
    if texts > 1:
        vectors += 0.3 * rng.standard_normal(vectors.shape, np.float32)
    return vectors, whole[entries:]


def filled(vectors: Any) -> tuple[int, float, float]:
    """The table's number, seconds to fill it, and what it takes in the database, MB."""
    from django.db import connection

    from apps.knowledge.dense import tables
    from apps.sites.models import Site

    site = Site.objects.get_or_create(key="bench", defaults={"name": "Bench"})[0]
    _, texts, size = vectors.shape
    number = tables.prepared(site_id=site.pk, embedder="bench", language="en", size=size).number
    flat = vectors.reshape(-1, size)
    began = time.monotonic()
    for start in range(0, len(flat), AT_ONCE):
        part = enumerate(flat[start : start + AT_ONCE], start)
        tables.add(number, {(str(n // texts), b"text%d" % (n % texts)): one for n, one in part})
        if start % 10_000 == 0:
            print(f"{start} rows, {time.monotonic() - began:.0f} s", file=sys.stderr)
    tables.analyse(number)
    seconds = round(time.monotonic() - began, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s)", [f"knowledge_vectors_{number}"])
        return number, seconds, round(cursor.fetchone()[0] / 1e6)


def searched(path: Path, *, in_table: bool) -> dict[str, Any]:
    """How the questions are answered, in a process of its own."""
    import django

    django.setup()
    at_rest = resident_mb(os.getpid())
    from apps.knowledge.dense import tables
    from apps.knowledge.dense.matrix import Dense, Near

    dense = Dense.from_bytes(1, path.read_bytes())
    matrix = dense.matrices["en"]

    def from_table(vector: Any) -> Near:
        table = dense.tables["en"]
        return matrix.near_among(tables.nearest(table.number, vector), vector, table.entries)

    near: Callable[[Any], Near] = from_table if in_table else matrix.near
    took, right = [], 0
    asked, best = np.load(path.parent / "asked.npy"), np.load(path.parent / "best.npy")
    for vector, exact in zip(asked, best, strict=True):
        began = time.perf_counter()
        found = near(vector)
        took.append((time.perf_counter() - began) * 1000)
        ours = [found.ids[place] for place in np.argsort(-found.cosine)[:BEST]]
        right += len({str(place) for place in exact} & set(ours))
    return {
        "p50_ms": round(float(np.percentile(took[WARM_UP:], 50)), 2),
        "p95_ms": round(float(np.percentile(took[WARM_UP:], 95)), 2),
        "most_ms": round(max(took), 1),
        f"recall_at_{BEST}": round(right / best.size, 4),
        "more_mb": round(resident_mb(os.getpid()) - at_rest, 1),
    }


if __name__ == "__main__":
    main()
