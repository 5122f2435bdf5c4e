"""`/v1/embeddings`: unit vectors that are near each other when their texts share words."""

import base64
import math
import zlib
from array import array
from collections.abc import Callable
from typing import Any

from tests.fakellm.asks import tokens
from tests.fakellm.names import read_name
from tests.fakellm.prompts import words
from tests.fakellm.refusals import Refused

SIZE = 256
WRONG_SIZE = 7
MOST_INPUTS = 2048
# Of `embed-small-batch`, as llama.cpp has one.
BATCH_TOKENS = 512


def vector(text: str, size: int = SIZE) -> list[float]:
    """Each word has a place and a sign by its hash; the same in every process."""
    found = [0.0] * size
    for word in words(text) or {text}:
        digest = zlib.crc32(word.encode())
        found[digest % size] += 1.0 if digest & 0x8000_0000 else -1.0
    length = math.hypot(*found)
    if not length:
        found[0] = length = 1.0
    return [value / length for value in found]


def embeddings(body: dict[str, Any]) -> dict[str, Any]:
    """The answer's body. Raises Refused."""
    texts = _texts(body.get("input"))
    name = read_name(str(body["model"]))
    longest = max(map(tokens, texts))
    if name.base == "embed-small-batch" and longest > BATCH_TOKENS:
        message = (
            f"input ({longest} tokens) is too large to process. increase the physical batch size"
        )
        raise Refused(500, message, kind="server_error")
    size = body.get("dimensions") or (int(name.given(SIZE)) if name.base == "embed" else SIZE)
    vectors: list[Any] = [vector(text, size) for text in texts]
    if twist := TWISTS.get(name.base):
        vectors = twist(vectors)
    if body.get("encoding_format") == "base64" and name.base not in TWISTS:
        vectors = [base64.b64encode(array("f", each).tobytes()).decode() for each in vectors]
    data = [
        {"object": "embedding", "index": index, "embedding": each}
        for index, each in enumerate(vectors)
    ]
    used = sum(map(tokens, texts))
    return {
        "object": "list",
        "data": data[::-1] if name.base == "embed-reversed" else data,
        "model": name.whole,
        "usage": {"prompt_tokens": used, "total_tokens": used},
    }


def _texts(given: Any) -> list[str]:
    """One text, or several; token numbers count as words."""
    match given:
        case str():
            texts = [given]
        case [int(), *_]:
            texts = [" ".join(map(str, given))]
        case list():
            texts = [each if isinstance(each, str) else " ".join(map(str, each)) for each in given]
        case _:
            raise Refused(400, "Missing required parameter: 'input'.", param="input")
    if not texts or len(texts) > MOST_INPUTS or not all(texts):
        raise Refused(400, "'$.input' is invalid. Please check the API reference.", param="input")
    return texts


Vectors = list[Any]
TWISTS: dict[str, Callable[[Vectors], Vectors]] = {
    "embed-wrong-size": lambda vectors: [each[:WRONG_SIZE] for each in vectors],
    "embed-uneven": lambda vectors: [each[: len(each) - at] for at, each in enumerate(vectors)],
    "embed-nested": lambda vectors: [[each, each] for each in vectors],
    "embed-nan": lambda vectors: [[math.nan, *each[1:]] for each in vectors],
    "embed-texts": lambda vectors: [list(map(str, each)) for each in vectors],
    "embed-too-few": lambda vectors: vectors[:-1],
    "embed-too-many": lambda vectors: [*vectors, vectors[-1]],
    "embed-zero": lambda vectors: [[0.0] * len(each) for each in vectors],
    "embed-ignores-base64": lambda vectors: vectors,
    "embed-reversed": lambda vectors: vectors,
}
