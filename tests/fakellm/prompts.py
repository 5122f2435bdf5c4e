"""What a prompt holds: the visitor's line and the evidence, however they are fenced."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apps.engine.text import FUNCTION_WORDS, WONDERING, normalise, terms
from apps.guard.personal import PLACEHOLDER
from tests.fakellm.asks import Ask, objects_within

TAGGED = re.compile(
    r"<(?P<tag>[a-z_]+)[^<>]*?\bid=[\"']?(?P<id>[^\"'<>\s]+)[\"']?[^<>]*>(?P<text>.*?)</(?P=tag)>",
    re.DOTALL,
)
VISITOR = re.compile(
    r"<(?P<tag>visitor|visitor_line|customer|user|line|question|message)\b[^<>]*>(?P<text>.*?)</(?P=tag)>",
    re.DOTALL,
)
NUMBERED = re.compile(r"^\s*\[(?P<id>[\w.:-]+)\]\s*(?P<text>\S.*)$", re.MULTILINE)
ANSWERS = ("text", "answer", "content")
SPOKEN = ("visitor", "question", "line", "text", "message")
WORD = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]+")
EMPTY = FUNCTION_WORDS | WONDERING
MARKUP = re.compile(r"</?[a-z_]+[^<>]*>")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage that an answer may cite, or a flow that it may start."""

    id: str
    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """`visitor`: the line to answer. A flow's id is its key."""

    visitor: str
    evidence: tuple[Evidence, ...]
    flows: tuple[Evidence, ...]
    system: str

    @property
    def is_chinese(self) -> bool:
        return is_chinese(self.visitor)

    def found(self, least: float) -> tuple[Evidence | None, float]:
        """The passage to cite: the first that holds that share of the line's telling words, since
        what was found comes best first; else the nearest."""
        shares = self._shares(self.evidence)
        enough = [share for share in shares if share >= least]
        return self._at(self.evidence, shares, enough[0] if enough else max(shares, default=0.0))

    def flow(self) -> tuple[Evidence | None, float]:
        """The nearest, and the share of the line's telling words that it holds."""
        shares = self._shares(self.flows)
        return self._at(self.flows, shares, max(shares, default=0.0))

    def _shares(self, among: tuple[Evidence, ...]) -> list[float]:
        asked = telling(self.visitor)
        return [
            len(asked & telling(f"{each.title} {each.text}")) / max(1, len(asked)) for each in among
        ]

    @staticmethod
    def _at(
        among: tuple[Evidence, ...], shares: list[float], share: float
    ) -> tuple[Evidence | None, float]:
        return (among[shares.index(share)], share) if share else (None, 0.0)


def read_prompt(ask: Ask) -> Prompt:
    said = [text for role, text in reversed(ask.messages) if role == "user"]
    # Whoever corrects an answer asks nothing new.
    last = next(filter(VISITOR.search, said), said[0] if said else "")
    found = list(VISITOR.finditer(last))
    text = ask.text("system", "developer", "user")
    objects = tuple(_objects(text)) if '"' in text else ()
    visitor = found[-1]["text"].strip() if found else _bare(last)
    return Prompt(
        visitor,
        tuple(_evidence(text, objects)),
        tuple(_flow(each) for each in objects if "key" in each and "description" in each),
        ask.text("system", "developer"),
    )


def words(text: str) -> frozenset[str]:
    """English words and Chinese pairs of characters, lower case."""
    found: set[str] = set()
    for match in WORD.finditer(text.lower()):
        run = match[0]
        if run[0] < "\u3400" or len(run) == 1:
            found.add(run)
        else:
            found.update(run[at : at + 2] for at in range(len(run) - 1))
    return frozenset(found)


def telling(text: str) -> frozenset[str]:
    """Folded English words, Chinese characters and pairs of them, without those that name nothing."""
    return frozenset(terms(normalise(PLACEHOLDER.sub(" ", text)))) - EMPTY


def is_chinese(text: str) -> bool:
    return any("\u3400" <= char <= "\u9fff" for char in text)


def _evidence(text: str, objects: tuple[dict[str, Any], ...]) -> Iterator[Evidence]:
    """Tags with an `id`, JSON objects with one, or lines that begin with [id]."""
    seen = set()
    for found in TAGGED.finditer(text):
        seen.add(found["id"])
        yield Evidence(found["id"], MARKUP.sub(" ", found["text"]).strip())
    for each in objects:
        if "id" in each and str(each["id"]) not in seen:
            seen.add(str(each["id"]))
            yield _passage(each)
    if not seen:
        for found in NUMBERED.finditer(text):
            yield Evidence(found["id"], found["text"].strip())


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects of a text and those in their lists; schemas are none of them."""
    for outer in objects_within(text):
        if "properties" in outer:
            continue
        yield outer
        for inner in outer.values():
            if isinstance(inner, list):
                yield from (each for each in inner if isinstance(each, dict))


def _passage(found: dict[str, Any]) -> Evidence:
    """Its longest text is what it says; the others are its title."""
    texts = [value for key, value in found.items() if key != "id" and isinstance(value, str)]
    said = next((found[key] for key in ANSWERS if isinstance(found.get(key), str)), "")
    said = said or max(texts, key=len, default="")
    return Evidence(str(found["id"]), said, " ".join(text for text in texts if text != said))


def _flow(found: dict[str, Any]) -> Evidence:
    return Evidence(str(found["key"]), str(found["description"]), str(found.get("name", "")))


def _bare(text: str) -> str:
    """The line when nothing fences it: a JSON object's text, else what is no evidence."""
    for found in objects_within(text):
        for name in SPOKEN:
            if isinstance(found.get(name), str):
                return str(found[name]).strip()
    return NUMBERED.sub("", TAGGED.sub("", text)).strip()
