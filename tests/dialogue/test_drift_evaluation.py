"""Figures over labelled lines, and files that cannot be used."""

import gzip
import json

import pytest

from apps.dialogue.drift_evaluation import auroc, read, report
from apps.dialogue.labelled_lines import BadLinesError

ROWS = [
    {"history": ["我要退货"], "current": "红楼梦的作者是谁", "label": 1, "kind": "far"},
    {"history": ["我要退货"], "current": "好的", "label": 0, "kind": "backchannel"},
    {"history": ["我要退货"], "current": "2567", "label": 0, "kind": "slot_answer"},
]


def written(tmp_path, lines, name="set.jsonl"):
    path = tmp_path / name
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_the_figures(tmp_path):
    path = written(tmp_path, [*map(json.dumps, ROWS), ""])
    assert report(list(read(path))) == {
        "lines": 3,
        "cut": 0.6,
        "auroc": 1.0,
        "auroc_by_kind": {"far": 1.0},
        "recall_far": 1.0,
        "false_alarm": {"backchannel": 0.0, "slot_answer": 0.0},
    }


def test_packed_files_are_read(tmp_path):
    path = tmp_path / "set.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(ROWS[0]).encode()))
    assert [judged.kind for judged in read(path)] == ["far"]


def test_without_drift_nothing_can_be_ranked():
    assert report([]) == {
        "lines": 0,
        "cut": 0.6,
        "auroc": None,
        "auroc_by_kind": {},
        "recall_far": None,
        "false_alarm": {},
    }


@pytest.mark.parametrize(
    ("positive", "negative", "area"),
    [([0.9], [0.1], 1.0), ([0.1], [0.9], 0.0), ([0.5], [0.5], 0.5), ([3, 1], [2, 0], 0.75)],
)
def test_ties_count_half(positive, negative, area):
    assert auroc(positive, negative) == area


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "no JSON"),
        ("[]", "history"),
        ('{"history": [1], "current": "a", "label": 1, "kind": "far"}', "history"),
        ('{"history": [], "current": 1, "label": 1, "kind": "far"}', "current"),
        ('{"history": [], "current": "a", "label": 2, "kind": "far"}', "label"),
        ('{"history": [], "current": "a", "label": 1}', "kind"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, says):
    path = written(tmp_path, [json.dumps(ROWS[0]), line])
    with pytest.raises(BadLinesError, match=f"line 2: .*{says}"):
        list(read(path))


@pytest.mark.parametrize("name", ["none.jsonl", "bad.jsonl.gz"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    if name.startswith("bad"):
        (tmp_path / name).write_bytes(b"\x1f\x8b\x08broken")
    with pytest.raises(BadLinesError, match=name):
        list(read(tmp_path / name))
