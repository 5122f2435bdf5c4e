"""How well drift is told, measured on labelled lines.

A line of the file is an object with `history` (the visitor's earlier lines), `current`, `label`
(1 = leaves the topic) and `kind`, which names a sort of either label.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.dialogue import labelled_lines
from apps.dialogue.labelled_lines import BadLinesError, share
from apps.engine.drift import CUT, score

# Sorts of true next lines whose share taken for drift is told apart.
QUIET = ("backchannel", "slot_answer", "same_topic")


@dataclass(frozen=True)
class Judged:
    kind: str
    drifts: bool
    score: float


def read(path: Path) -> Iterator[Judged]:
    """The labelled lines with their scores. Raises BadLinesError."""
    return labelled_lines.read(path, _judged)


def report(judged: Sequence[Judged]) -> dict[str, Any]:
    """AUROC overall and for each sort of drift against all true next lines, and at the shipped
    cut the share of `far` lines found and of true next lines taken for drift. None: no such
    lines."""
    kinds: dict[str, list[Judged]] = defaultdict(list)
    for each in judged:
        kinds[each.kind].append(each)
    stays = [each.score for each in judged if not each.drifts]
    leaves = [each.score for each in judged if each.drifts]
    return {
        "lines": len(judged),
        "cut": CUT,
        "auroc": auroc(leaves, stays),
        "auroc_by_kind": {
            kind: auroc([each.score for each in found], stays)
            for kind, found in sorted(kinds.items())
            if found[0].drifts
        },
        "recall_far": _share_found(kinds["far"]),
        "false_alarm": {kind: _share_found(kinds[kind]) for kind in QUIET if kinds[kind]},
    }


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """The chance that a positive scores above a negative, ties counting half (Mann-Whitney U)."""
    if not positive or not negative:
        return None
    ranked = sorted([(value, 1) for value in positive] + [(value, 0) for value in negative])
    below = wins = 0.0
    at = 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        above = sum(label for _, label in ranked[at:end])
        ties = (end - at) - above
        wins += above * (below + ties / 2)
        below += ties
        at = end
    return round(wins / (len(positive) * len(negative)), 4)


def _share_found(lines: Sequence[Judged]) -> float | None:
    return share([each.score >= CUT for each in lines])


def _judged(found: Any, where: str) -> Judged:
    match found:
        case {"history": list(history), "current": str(current)} if all(
            isinstance(earlier, str) for earlier in history
        ):
            pass
        case _:
            raise BadLinesError(f"{where}: it needs `history`, texts, and `current`, a text.")
    match found:
        case {"label": 0 | 1 as label, "kind": str(kind)}:
            return Judged(kind, bool(label), score(current, history))
    raise BadLinesError(f"{where}: it needs `label`, 0 or 1, and `kind`, a text.")
