"""Embedders whose vectors are as plain as tests need them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from apps.knowledge.embedding import EmbedderError, Problem
from tests.fakellm.vectors import vector


@dataclass
class Words:
    """Texts that share words are near each other, and so are those of one `meaning`. `asked` holds
    what was embedded, call by call."""

    name: str = "words"
    size: int | None = None
    length: int = 64
    meanings: dict[str, str] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    fails: bool = False

    @property
    def label(self) -> str:
        return self.name.title()

    @property
    def texts(self) -> list[str]:
        return [text for call in self.asked for text in call]

    def embed(self, texts: Sequence[str], within_s: float | None = None) -> list[list[float]]:
        self.asked.append(list(texts))
        if self.fails:
            raise EmbedderError(Problem.FAILED, "server_error: 500")
        return [vector(self.meanings.get(text, text), self.length) for text in texts]
