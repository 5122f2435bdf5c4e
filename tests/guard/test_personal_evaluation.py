"""Figures over labelled texts, and files that cannot be used."""

import gzip
import json

import pytest

from apps.guard.personal_evaluation import BadPersonalSetError, read, report

ROWS = [
    {
        "text": "打13912345678，订单20260301",
        "spans": [{"start": 1, "end": 12, "type": "MOBILE"}],
        "negatives": [{"kind": "order", "value": "20260301"}],
    },
    {"text": "ann@example.com", "spans": [{"start": 0, "end": 3, "type": "EMAIL"}]},
    {"text": "Ann", "spans": [{"start": 0, "end": 3, "type": "PERSON"}]},
    {"text": "13912345678", "spans": [], "optional": True},
    {
        "text": "13912345678",
        "spans": [],
        "negatives": [{"kind": "article", "value": "13912345678"}],
    },
]


def written(tmp_path, lines, name="set.jsonl"):
    path = tmp_path / name
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_the_figures(tmp_path):
    path = written(tmp_path, [*map(json.dumps, ROWS), ""])
    assert report(read(path)) == {
        "texts": 4,
        "kinds": {
            "phone": {"labelled": 1, "precision": 0.5, "recall": 1.0, "f1": 0.6667},
            "email": {"labelled": 1, "precision": 0.0, "recall": 0.0, "f1": 0.0},
        },
        "negatives": 2,
        "negatives_masked": 0.5,
        "negatives_masked_by_kind": {"article": 1.0, "order": 0.0},
    }


def test_packed_files_are_read_and_an_empty_one_has_no_figures(tmp_path):
    path = tmp_path / "set.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(ROWS[0]).encode()))
    assert report(read(path))["kinds"]["phone"]["f1"] == 1.0
    assert report([])["negatives_masked"] is None


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "no JSON"),
        ("[]", "needs `text`"),
        ('{"text": 1, "spans": []}', "needs `text`"),
        ('{"text": "a", "spans": [{"start": 1}]}', "a span needs"),
        ('{"text": "a", "spans": [], "negatives": ["a"]}', "a negative needs"),
        ('{"text": "a", "spans": [], "negatives": 1}', "a negative needs"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, says):
    path = written(tmp_path, [json.dumps(ROWS[0]), line])
    with pytest.raises(BadPersonalSetError, match=f"line 2: .*{says}"):
        list(read(path))


@pytest.mark.parametrize("name", ["none.jsonl", "bad.jsonl.gz"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    if name.startswith("bad"):
        (tmp_path / name).write_bytes(b"\x1f\x8b\x08broken")
    with pytest.raises(BadPersonalSetError, match=name):
        list(read(tmp_path / name))
