"""Labelled sets on disk and `manage.py evaluate faq`, over a small shop of our own."""

import json
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError

from apps.dialogue.management.commands.evaluate import Command
from apps.knowledge import labelled
from apps.knowledge.confidence import ANSWER_AT

ENTRIES: list[dict[str, Any]] = [
    {
        "id": "arrival",
        "title": "How long does delivery take?",
        "answer": "Parcels take 2 to 4 working days.",
        "seeds": ["When will my parcel arrive?", "overseas courier"],
    },
    {
        "id": "invoice",
        "title": None,
        "answer": "在订单详情页点击“申请发票”，电子发票会发送到您的邮箱。",
        "seeds": ["发票怎么开", "我要电子发票"],
    },
    {"id": "refund", "title": "How do I get a refund?", "answer": None, "seeds": []},
]
QUERIES: list[dict[str, Any]] = [
    {"qid": "1", "text": "when does my parcel arrive", "entry_id": "arrival", "oos": None},
    {"qid": "2", "text": "电子发票怎么开", "entry_id": "invoice", "oos": None},
    {"qid": "3", "text": "get a refund", "entry_id": "refund", "oos": None},
    {"qid": "4", "text": "唱首歌吧", "entry_id": None, "oos": "far"},
    {"qid": "5", "text": "working days of your lawyer", "entry_id": None, "oos": "near"},
]


def lines(rows: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "entries.jsonl").write_text(lines(ENTRIES), "utf-8")
    (tmp_path / "queries.jsonl").write_text(lines(QUERIES), "utf-8")
    return tmp_path


def run(*arguments: object) -> tuple[str, str]:
    """Standard output and standard error of `manage.py evaluate ...`."""
    out, err = StringIO(), StringIO()
    command = Command(stdout=out, stderr=err, no_color=True)
    options = vars(command.create_parser("manage.py", "evaluate").parse_args(map(str, arguments)))
    command.handle(**options)
    return out.getvalue(), err.getvalue()


def figures(*arguments: object) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(run("faq", *arguments, "--json")[0])
    return report


# Sets


def test_shots_take_the_first_seeds_and_leave_the_title(folder):
    first = labelled.read(folder, shots=1).documents[0]
    assert (first.question, first.variants) == (
        "How long does delivery take?",
        ("When will my parcel arrive?",),
    )


def test_answer_only_hides_titles_and_seeds(folder):
    rows = [row | {"track": "answer_only"} for row in QUERIES]
    (folder / "queries.jsonl").write_text(lines(rows), "utf-8")
    documents = labelled.read(folder, track="answer_only").documents
    assert {(one.question, one.variants) for one in documents} == {(None, ())}
    assert documents[0].answer == ENTRIES[0]["answer"]


def test_a_track_asks_its_own_questions_and_those_of_both(folder):
    tracks = ["reworded", "answer_only", "reworded", "both", "both"]
    rows = [row | {"track": track} for row, track in zip(QUERIES, tracks, strict=True)]
    (folder / "queries.jsonl").write_text(lines(rows), "utf-8")
    assert len(labelled.read(folder, track="reworded").questions) == 4
    assert len(labelled.read(folder).questions) == 5


def test_a_line_separator_inside_a_text_ends_no_line(folder):
    row = {"qid": "6", "text": "parcel\u2028late", "entry_id": "arrival"}
    (folder / "queries.jsonl").write_text(lines([row]), "utf-8")
    assert labelled.read(folder).questions[0].text == "parcel\u2028late"


BROKEN = [
    ("entries.jsonl", '{"id": "a"', "line 1: not JSON"),
    ("entries.jsonl", "[1]", "line 1: not a JSON object"),
    ("entries.jsonl", '\n{"id": "a", "title": null}', "line 2: no answer and no seeds"),
    ("entries.jsonl", lines([ENTRIES[0], ENTRIES[1], ENTRIES[0]]), "line 3: id 'arrival' stands"),
    ("entries.jsonl", lines([ENTRIES[0] | {"seeds": None}]), "line 1: seeds must be"),
    ("entries.jsonl", lines([ENTRIES[0] | {"seeds": [1]}]), "line 1: seeds must be"),
    ("entries.jsonl", lines([ENTRIES[0] | {"id": 7}]), "line 1: id must be text"),
    ("entries.jsonl", lines([ENTRIES[0] | {"title": 7}]), "line 1: title must be"),
    ("queries.jsonl", '{"qid": "1", "text": "x"}', "line 1: no entry_id"),
    ("queries.jsonl", lines([QUERIES[0], QUERIES[0]]), "line 2: qid '1' stands"),
    ("queries.jsonl", lines([QUERIES[0] | {"entry_id": "gone"}]), "line 1: entry_id 'gone'"),
    ("queries.jsonl", lines([QUERIES[0] | {"text": None}]), "line 1: text must be text"),
]


@pytest.mark.parametrize(("name", "text", "sentence"), BROKEN)
def test_a_broken_set_names_file_and_line(folder, name, text, sentence):
    (folder / name).write_text(text, "utf-8")
    with pytest.raises(CommandError) as refused:
        run("faq", folder)
    assert name in str(refused.value)
    assert sentence in str(refused.value)


def test_bytes_that_are_no_text_are_refused(folder):
    (folder / "queries.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError, match=r"queries\.jsonl is not UTF-8"):
        run("faq", folder)


@pytest.mark.parametrize("name", ["entries.jsonl", "queries.jsonl"])
def test_a_missing_file_is_refused(folder, name):
    (folder / name).unlink()
    with pytest.raises(CommandError, match=name):
        run("faq", folder)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--shots", "0"], "at least 1"),
        (["--shots", "-3"], "at least 1"),
        (["--track", "other"], "no track 'other'"),
    ],
)
def test_a_bad_option_is_refused(folder, arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        run("faq", folder, *arguments)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(CommandError, match="not a directory"):
        run("faq", tmp_path / "gone")


# Small shops


def test_small_shops_ask_as_much_that_they_do_not_answer(folder):
    data = labelled.read(folder)
    shops = list(labelled.small_shops(data, 1, questions=20))
    assert {len(shop.documents) for shop in shops} == {1}
    for shop in shops:
        held = {document.id for document in shop.documents}
        assert [question.entry_id in held for question in shop.questions] == [True, False]
    assert sum(len(shop.questions) for shop in shops) == 20
    assert shops == list(labelled.small_shops(data, 1, questions=20))


def test_a_set_is_measured_as_small_shops(folder):
    report = figures(folder, "--entries", 2)
    assert report["entries"] == 2
    assert report["queries"] >= 2_000
    assert report["accuracy_at_1"] == 1


@pytest.mark.parametrize("size", [0, -1, 3, 9])
def test_a_small_shop_has_fewer_entries_than_the_set(folder, size):
    with pytest.raises(CommandError, match="1 to 2"):
        run("faq", folder, "--entries", size)


def test_a_set_without_answers_has_no_small_shops(folder):
    (folder / "queries.jsonl").write_text(lines(QUERIES[3:]), "utf-8")
    with pytest.raises(CommandError, match="no question"):
        run("faq", folder, "--entries", 1)


# Command


def test_json_is_one_object_with_exactly_these_keys(folder):
    out, err = run("faq", folder, "--json")
    report = json.loads(out, parse_constant=pytest.fail)
    assert out.count("\n") == 1
    assert list(report) == [
        "entries",
        "queries",
        "accuracy_at_1",
        "accuracy_at_3",
        "mrr",
        "oos_auroc",
        "oos_auroc_near",
        "right_at_precision_90",
        "at_threshold",
        "p95_ms",
    ]
    assert list(report["at_threshold"]) == ["threshold", "coverage", "precision", "oos_accepted"]
    assert report["at_threshold"]["threshold"] == ANSWER_AT
    assert "5 of 5" in err


def test_a_small_shop_is_answered_right(folder):
    report = figures(folder)
    assert (report["entries"], report["queries"]) == (3, 5)
    assert report["accuracy_at_1"] == 1
    assert report["oos_auroc"] == 1


def test_more_shots_are_used(folder):
    rows = [{"qid": "1", "text": "courier", "entry_id": "arrival"}]
    (folder / "queries.jsonl").write_text(lines(rows), "utf-8")
    assert figures(folder, "--shots", 1)["mrr"] == 0
    assert figures(folder)["mrr"] == 1


def test_without_json_a_table_is_shown(folder):
    out, _ = run("faq", folder)
    shown = dict(line.split() for line in out.splitlines() if len(line.split()) == 2)
    assert shown["entries"] == "3"
    assert {"accuracy_at_1", "coverage", "p95_ms"} <= set(shown)


def test_personal_data_is_measured_too(tmp_path):
    path = tmp_path / "set.jsonl"
    span = {"start": 2, "end": 13, "type": "MOBILE"}
    path.write_text(lines([{"text": "打给13912345678", "spans": [span]}]), "utf-8")
    assert json.loads(run("pii", path, "--json")[0])["kinds"]["phone"]["f1"] == 1
    path.write_text("[]", "utf-8")
    with pytest.raises(CommandError, match="line 1"):
        run("pii", path)


def test_an_empty_set_has_no_figures(folder):
    for name in ("entries.jsonl", "queries.jsonl"):
        (Path(folder) / name).write_text("")
    report = figures(folder)
    assert (report["entries"], report["accuracy_at_1"], report["p95_ms"]) == (0, None, None)
