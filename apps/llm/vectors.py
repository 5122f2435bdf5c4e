"""Reads embeddings: as many as texts, all of one length, finite, not zero, not one per token."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from apps.llm.parsing import NO_EMBEDDINGS, BadOutputError

# 4096 numbers of 24 characters, the longest that models make today.
BYTES_EACH = 100_000
BYTES_AROUND = 10_000
ZEROS = "embeddings of nothing but zeros"


class Vector(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)

    index: int | None = None
    embedding: list[float]


class Vectors(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)

    data: list[Vector]
    usage: Any = None


def read(raw: bytes, count: int, size: int | None) -> tuple[list[list[float]], Any]:
    """The vectors in the order of the texts, and what the server says of usage. `size`: the length
    they must have, None for any. Raises BadOutputError."""
    try:
        found = Vectors.model_validate_json(raw, strict=True)
    except ValidationError as error:
        kinds = sorted({fault["type"] for fault in error.errors(include_input=False)})
        raise BadOutputError(f"{NO_EMBEDDINGS}: {', '.join(kinds)}") from None
    made = [vector.embedding for vector in _in_order(found.data)]
    if len(made) != count:
        raise BadOutputError(f"{len(made)} embeddings for {count} texts")
    lengths = {len(vector) for vector in made}
    if len(lengths) != 1 or 0 in lengths:
        raise BadOutputError("embeddings of different lengths")
    if not all(map(any, made)):
        raise BadOutputError(ZEROS)
    if size is not None and lengths != {size}:
        raise BadOutputError(f"embeddings of length {lengths.pop()} instead of {size}")
    return made, found.usage


def _in_order(data: list[Vector]) -> list[Vector]:
    """By their numbers, if they carry them; a number twice would drop a text."""
    numbers = [vector.index for vector in data]
    if all(number is None for number in numbers):
        return data
    if sorted(number if number is not None else -1 for number in numbers) != [*range(len(data))]:
        raise BadOutputError("embeddings without their order")
    return sorted(data, key=lambda vector: vector.index or 0)
