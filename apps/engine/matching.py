"""Which flow a line wants, learnt from the examples that staff give each flow.

One linear model per book: a softmax over the flows and "none of them", fitted when the book is
first read, on words, pairs of words and Chinese character pairs of the examples. What wants no
flow is learnt from a list of general questions that ships (background.txt), less those that one
of the book's own flows is about. The line is judged clause by clause, because people tell a story
around what they want.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import zip_longest
from typing import NamedTuple

from apps.engine.clauses import between
from apps.engine.slips import Slips, slips
from apps.engine.text import FUNCTION_WORDS, HAN, stem

ROUNDS = 8
RATE = 1.5
BIAS_RATE = 0.02
# A gradient below this changes nothing that is seen, and half of all are.
LEAST_GRADIENT = 0.02
# A background line that shares so much with an example of a flow is a question about that flow.
ALIKE = 0.7

# What a term that no example has takes from the others' say.
UNKNOWN = 0.5

# How much more the clause of a wish counts (in log odds) when two clauses want different things.
ASKED = 1.5

# Calibration: log odds of the softmax -> log odds of being right. A logistic fitted on the flows'
# own examples and the background, each judged by what the other four fifths teach, and on one half
# of 1 500 labelled lines of five sources in English and Chinese, each family weighing the same. The
# values of the learner above were chosen on the same halves.
SLOPE = 1.2
OFFSET = -0.2

# Clauses of one line that are judged.
MOST_CLAUSES = 64

_NONE = 0
_WORD = re.compile(f"[a-z0-9_à-ɏ']+|[{HAN}]+")
# Not a word but a number of some kind: W12, gift_card_77.
_OPAQUE = re.compile(r"[\d_]")
_BETWEEN = between(
    r"\b(?:but|because|since|and(?=\ i\b|\ (?:would|want|please|can|could)\b))\b|但是?|因为|所以"
)
_WISH = re.compile(
    r"(?<![不没别])(?<!不想)(?:想|要|能)|可以|帮|麻烦|请|给我|[吗吧么]\W*$"
    r"|\b(?:want|need|like|please|can|could|would|help|let's|wish|prefer|go ahead)\b"
)
# Who gives thanks for a return wants none.
_THANKS = re.compile(r"\b(?:thanks|thank\ you|appreciate)\b|感谢|谢谢?(?:你|您)?们?(?:的|帮)")
# How a wish is put, which tells none from another: "how do I return", 怎么退.
_ASKED_HOW = re.compile(
    r"\bhow (?:do|can|could|would|should|may|must|to)(?: i| we| one| you)?\b"
    r"|\bwhat (?:do|must|should|can) i (?:(?:have|need) to )?do(?: to| for)?\b|怎么样?|如何|怎样"
    r"|\b(?:don't|dont|do not|not) (?:know|sure|understand|remember|certain)\b"
)
# What a question about a wish asks for: the word for it is many words, so they count as one.
_ASKED_ABOUT = {
    "cost": r"\b(?:free|fees?|costs?|charged?|how much|pay|paid|prices?|expensive)\b|运费|邮费|费用|手续费|扣钱|扣费|多少钱|要钱|收费|免费|花钱",
    "time": r"\b(?:how long|how many days|deadline|time limit|within how)\b|多久|几天|多长时间|期限",
    "rule": r"\b(?:polic(?:y|ies)|rules?|conditions?|terms|allowed|eligible)\b|政策|规定|规则|条件|流程|支持",
    "shop": r"\b(?:do you|are you|are your|is there|are there|what (?:is|are) your|do i (?:need|have)|which|whose|who)\b|你们|谁|哪|需要.{0,8}吗|会.{0,6}吗",
}
_ABOUT = re.compile("|".join(f"(?P<{name}>{words})" for name, words in _ASKED_ABOUT.items()))
_HAN_FIRST = "\u3400"
# 能不能 asks what 能 says; the 不 in it denies nothing.
_A_NOT_A = re.compile(r"(能|可|要|会|是|行|想|该)(?:以)?不\1|有没有")
_DENIERS = frozenset(["dont", "not", "never", "no", "without", "didnt", "wont"])
_HAN_DENIERS = "不别没"
_HAN_MODALS = "想要用再会"
# Words that carry no wish, but for those that ask about one or turn it round.
_ASKING = "how when where what who why which not dont no never off out up back"
_FRAMES = (
    "last recent any another also still try trying possible able assistance problem trouble know"
)
_EMPTY = (FUNCTION_WORDS - frozenset(map(stem, _ASKING.split()))) | frozenset(
    map(stem, _FRAMES.split())
)
_VAGUE = frozenset(map(stem, ("something", "anything", "thing", "item", "it's")))
_SAYS_NOTHING = re.compile(
    r"(?<![不没])(?:我们?|你们?|您|[想要请这那的了呢吧啊呀哦把给帮]|麻烦|一下)"
)
_PREFIX = 5
_DENIED_REACH = 4
_HAN_DENIED = 2


class Wish(NamedTuple):
    """A flow and the probability in 0..1 that it is wanted."""

    flow: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Matcher:
    """`weights`: what each term says for each class; class 0 is "none of the flows"."""

    flows: tuple[str, ...]
    weights: dict[str, list[tuple[int, float]]]
    bias: tuple[float, ...]
    slips: Slips

    def rank(self, masked: str) -> list[Wish]:
        """The flows that a normalised line may want, surest first; `masked` has spaces in place
        of numbers and products."""
        if not self.flows:
            return []
        said = _BETWEEN.split(self.slips.mended(masked), MOST_CLAUSES)[:MOST_CLAUSES]
        parts = [part for part in said if not _THANKS.search(part)]
        clauses = [(found, _asks(part)) for part in parts if (found := terms(part))]
        if len(clauses) > 1:
            clauses.append(([term for clause, _ in clauses for term in clause], 0.0))
        best: dict[int, tuple[float, float]] = {}
        for clause, asks in clauses:
            told = set(clause)
            known = [term for term in told if term in self.weights]
            for place, logit in self._logits(known, len(told)).items():
                weight = asks if logit > 0 else 0.0
                best[place] = max(best.get(place, (-math.inf, 0.0)), (logit, weight))
        # What is asked for weighs more than what is told beside it.
        order = sorted(best.items(), key=lambda item: -sum(item[1]))
        return [
            Wish(self.flows[place - 1], 1 / (1 + math.exp(-SLOPE * logit - OFFSET)))
            for place, (logit, _) in order
        ]

    def _logits(self, known: list[str], length: int) -> dict[int, float]:
        """Log odds of the flows against everything else."""
        scores = _scores(known, length, self.weights, self.bias)
        highest = max(scores)
        parts = [math.exp(score - highest) for score in scores]
        whole = sum(parts)
        return {
            place: math.log(part / max(whole - part, 1e-9))
            for place, part in enumerate(parts)
            if place != _NONE and part > whole / 10
        }


def gist(line: str) -> tuple[str, ...]:
    """The words of a normalised line but for those that say nothing: two wishes of one gist are
    the same wish."""
    words = (_SAYS_NOTHING.sub("", word) for word in _WORD.findall(line))
    roots = (word if word >= _HAN_FIRST else stem(word.replace("'", "")) for word in words if word)
    return tuple(root for root in roots if root not in _EMPTY and root not in _VAGUE)


def _asks(clause: str) -> float:
    return ASKED if _WISH.search(clause) else 0.0


def terms(clause: str) -> list[str]:
    """What of a normalised clause tells wishes apart; a term that is denied is another term."""
    found = [f"@{match.lastgroup}" for match in _ABOUT.finditer(clause)]
    before = "^"
    denied = 0
    plain_clause = _A_NOT_A.sub(lambda match: match[1] or "有", _ASKED_HOW.sub(" ", clause))
    for word in _WORD.findall(plain_clause):
        if word >= _HAN_FIRST:
            found += _han_terms(word)
            before = "^"
            continue
        plain = word.replace("'", "")
        root = stem(plain)
        if plain in _DENIERS:
            denied, before = _DENIED_REACH, root
        elif root in _EMPTY or _OPAQUE.search(plain):
            denied = max(denied - 1, 0)
        else:
            mark = "¬" if denied else ""
            denied = 0
            found += (mark + root, f"{before} {mark}{root}")
            if len(plain) > _PREFIX:
                found.append(f"{mark}{plain[:_PREFIX]}*")
            before = mark + root
    return found


def _han_terms(run: str) -> Iterator[str]:
    denied = 0
    for place, char in enumerate(run):
        mark = "¬" if denied else ""
        yield mark + char
        if place + 1 < len(run):
            yield f"{mark}{char}{run[place + 1]}"
        if char in _HAN_DENIERS:
            denied = _HAN_DENIED
        elif denied and char not in _HAN_MODALS:
            denied -= 1


@lru_cache(maxsize=1)
def background() -> tuple[str, ...]:
    """Lines that want no flow, normalised."""
    lines = files("apps.engine").joinpath("background.txt").read_text("utf-8").splitlines()
    return tuple(line.lower() for line in lines if line and not line.startswith("#"))


def learn(examples: Sequence[tuple[str, Iterable[str]]], others: Iterable[str]) -> Matcher:
    """Of (flow, its masked examples), and masked lines that want none of them."""
    flows = tuple(flow for flow, _ in examples)
    wishes = [list(lines) for _, lines in examples]
    others = list(others)
    told = [[frozenset(terms(line)) for line in lines] for lines in wishes]
    none = _unlike([frozenset(terms(line)) for line in others], told)
    classes = [none, *told]
    weights: dict[str, dict[int, float]] = defaultdict(dict)
    bias = [0.0] * len(classes)
    lessons = [
        (place, sorted(found))
        for row in zip_longest(*classes)
        for place, found in enumerate(row)
        if found
    ]
    for _ in range(ROUNDS):
        for place, found in lessons:
            _step(place, found, weights, bias)
    pruned = {term: list(found.items()) for term, found in weights.items()}
    return Matcher(flows, pruned, tuple(bias), slips(wishes, others))


def _unlike(others: list[frozenset[str]], told: list[list[frozenset[str]]]) -> list[frozenset[str]]:
    """The background without what the flows' own examples say."""
    holders: dict[str, list[frozenset[str]]] = defaultdict(list)
    for lines in told:
        for line in lines:
            for term in line:
                holders[term].append(line)
    return [
        other
        for other in others
        if not any(
            len(line & other) >= ALIKE * len(line | other)
            for term in other
            for line in holders.get(term, ())
        )
    ]


def _step(
    wanted: int, found: list[str], weights: dict[str, dict[int, float]], bias: list[float]
) -> None:
    """One step of gradient descent on one example."""
    norm = 1 / math.sqrt(len(found))
    scores = bias.copy()
    for term in found:
        for place, weight in weights[term].items():
            scores[place] += norm * weight
    highest = max(scores)
    parts = [math.exp(score - highest) for score in scores]
    whole = sum(parts)
    for place, part in enumerate(parts):
        gradient = (place == wanted) - part / whole
        if abs(gradient) < LEAST_GRADIENT:
            continue
        bias[place] += BIAS_RATE * gradient
        step = RATE * gradient * norm
        for term in found:
            held = weights[term]
            held[place] = held.get(place, 0.0) + step


def _scores(
    known: list[str],
    length: int,
    weights: dict[str, list[tuple[int, float]]],
    bias: tuple[float, ...],
) -> list[float]:
    norm = 1 / math.sqrt(len(known) + UNKNOWN * (length - len(known)) or 1)
    scores = list(bias)
    for term in known:
        for place, weight in weights[term]:
            scores[place] += norm * weight
    return scores
