"""An index as bytes: numpy's archive of plain arrays, its texts as JSON. Nothing executable."""

import io
import json
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.knowledge.assembly import Matrices
from apps.knowledge.postings import Postings
from apps.knowledge.vocabulary import Vocabulary

# Raised when the layout, the tokeniser or a weight changes: an older archive is then refused and
# rebuilt from the entries.
VERSION = 3

_REFUSED = "not a lexical index of this version"

Parts = tuple[list[str], dict[str, list[int]], Matrices]


def pack(ids: list[str], exact: dict[str, list[int]], matrices: Matrices) -> bytes:
    """The parts of an index as bytes."""
    vocabulary, joint = matrices.vocabulary, matrices.joint
    texts = {
        "version": VERSION,
        "ids": ids,
        "exact": exact,
        "rarest": vocabulary.rarest,
    }
    stream = io.BytesIO()
    np.savez(
        stream,
        allow_pickle=False,
        texts=np.frombuffer(json.dumps(texts, ensure_ascii=False).encode(), np.uint8),
        names=np.frombuffer("\n".join(vocabulary.names).encode(), np.uint8),
        cosine=vocabulary.cosine,
        bm25=vocabulary.bm25,
        content=vocabulary.content,
        owners=matrices.owners,
        told=matrices.told,
        dual=matrices.dual,
        starts=joint.starts,
        cells=joint.cells,
    )
    return stream.getvalue()


def unpack(data: bytes) -> Parts:
    """What `pack` was given; ValueError for bytes that it did not write."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            texts = json.loads(arrays["texts"].tobytes())
            matrices = _matrices(texts, dict(arrays))
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(_REFUSED) from error
    if texts["version"] != VERSION:
        raise ValueError(_REFUSED)
    return texts["ids"], texts["exact"], matrices


def _matrices(texts: dict[str, Any], arrays: dict[str, Any]) -> Matrices:
    height = len(texts["ids"]) + len(arrays["owners"])
    return Matrices(
        Vocabulary(
            _names(arrays["names"]),
            arrays["cosine"],
            arrays["bm25"],
            arrays["content"],
            tuple(texts["rarest"]),
        ),
        Postings(arrays["starts"], arrays["cells"], height),
        arrays["owners"],
        arrays["dual"],
        arrays["told"],
    )


def _names(joined: NDArray[np.uint8]) -> list[str]:
    """Features hold no line feed, and splitting one text is far faster than reading JSON."""
    return joined.tobytes().decode().split("\n") if len(joined) else []
