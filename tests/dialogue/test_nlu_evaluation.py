"""`manage.py evaluate nlu` and `evaluate drift`: figures over labelled lines, and bad files."""

import gzip
import json
from io import StringIO

import pytest
from django.core.management.base import CommandError

from apps.dialogue import nlu_evaluation
from apps.dialogue.management.commands.evaluate import Command


def row(text, intent, source="own", **slots):
    spans = []
    for slot, value in slots.items():
        start = text.index(value)
        spans.append({"slot": slot, "start": start, "end": start + len(value), "value": value})
    return {"text": text, "intent": intent, "slots": spans, "source": source}


ROWS = [
    row(
        "订单W1234567的台灯不亮，我要退货",
        "return",
        order_id="W1234567",
        product="台灯",
        reason="不亮",
    ),
    row("Cancel order W7654321 please", "cancel", order_id="W7654321"),
    row("Where is order W7654321?", "order_status", order_id="W7654321"),
    row("What is your return policy?", "other", "faq"),
    row("订单W1111111，谢谢", None, order_id="W1111111"),
    row("I want to exchange it", "return", "faq"),
]


def written(tmp_path, rows, name="set.jsonl"):
    path = tmp_path / name
    text = "".join(f"{json.dumps(one) if isinstance(one, dict) else one}\n" for one in rows)
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def run(*arguments):
    out, err = StringIO(), StringIO()
    command = Command(stdout=out, stderr=err, no_color=True)
    options = vars(command.create_parser("manage.py", "evaluate").parse_args(map(str, arguments)))
    command.handle(**options)
    return out.getvalue(), err.getvalue()


@pytest.mark.parametrize("name", ["set.jsonl", "set.jsonl.gz"])
def test_the_figures(tmp_path, name):
    out, err = run("nlu", written(tmp_path, ROWS, name), "--json")
    report = json.loads(out)
    assert list(report) == [
        "utterances",
        "catalogue",
        "intent_accuracy",
        "slot_f1",
        "joint_accuracy",
        "complete_to_confirm",
        "by_source",
    ]
    assert (report["utterances"], report["catalogue"]) == (6, 1)
    assert report["intent_accuracy"] == 0.8
    assert report["joint_accuracy"] == 0.8
    assert report["slot_f1"] == {"order_id": 1.0, "product": 1.0, "reason": 1.0}
    assert report["complete_to_confirm"] == 1.0
    assert report["by_source"]["own"]["intent_accuracy"] == 1.0
    assert report["by_source"]["faq"]["intent_accuracy"] == 0.5
    assert "catalogue" in err
    assert "6 of 6" in err


def test_without_the_catalogue(tmp_path):
    out, err = run("nlu", written(tmp_path, ROWS), "--json", "--no-catalogue")
    report = json.loads(out)
    assert report["catalogue"] == 0
    assert report["slot_f1"]["product"] == 0.0
    assert "catalogue" not in err


def test_two_orders_are_not_complete():
    text = "Cancel W1234567 or W7654321"
    spans = frozenset({("order_id", 7, 15), ("order_id", 19, 27)})
    utterance = nlu_evaluation.Utterance(text, "cancel", spans, "own")
    book = nlu_evaluation.shop([utterance])
    (outcome,) = nlu_evaluation.ask(book, [utterance])
    assert outcome.is_whole
    assert outcome.confirmed is None


def test_a_table_and_nothing_labelled(tmp_path):
    out, _ = run("nlu", written(tmp_path, [row("W1111111", None)]))
    assert dict(line.split() for line in out.splitlines() if len(line.split()) == 2) == {
        "utterances": "1",
        "catalogue": "0",
        "intent_accuracy": "-",
        "joint_accuracy": "-",
        "complete_to_confirm": "-",
    }


BROKEN = [
    ("{", "line 2: this is no JSON"),
    ("[]", "line 2: it needs `text`"),
    ({"text": 1, "intent": None, "slots": []}, "line 2: it needs `text`"),
    ({"text": "x", "slots": []}, "line 2: it needs `text`"),
    ({"text": "x", "intent": "dance", "slots": []}, "line 2: the intent 'dance' is none of"),
    ({"text": "x", "intent": None, "slots": [1]}, "line 2: each slot needs"),
    (
        {"text": "x", "intent": None, "slots": [{"slot": "a", "start": 0, "end": 2}]},
        "line 2: each slot needs",
    ),
]


@pytest.mark.parametrize(("line", "sentence"), BROKEN)
def test_a_broken_file_names_the_line(tmp_path, line, sentence):
    path = written(tmp_path, [ROWS[0], line])
    with pytest.raises(CommandError, match=str(path)) as refused:
        run("nlu", path)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("subject", ["nlu", "drift"])
def test_a_file_that_cannot_be_read(tmp_path, subject):
    with pytest.raises(CommandError, match="cannot be read"):
        run(subject, tmp_path / "gone.jsonl")
    (tmp_path / "odd.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError, match="cannot be read"):
        run(subject, tmp_path / "odd.jsonl")
    (tmp_path / "plain.jsonl.gz").write_text("{}")
    with pytest.raises(CommandError, match="cannot be read"):
        run(subject, tmp_path / "plain.jsonl.gz")


def test_drift_is_measured_too(tmp_path):
    rows = [
        {"history": ["我要退货"], "current": "红楼梦的作者是谁", "label": 1, "kind": "far"},
        {"history": ["我要退货"], "current": "好的", "label": 0, "kind": "backchannel"},
    ]
    out, _ = run("drift", written(tmp_path, rows), "--json")
    assert json.loads(out)["auroc"] == 1.0
