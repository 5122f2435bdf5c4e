"""What queues for the journal, and what never may."""

import json
import math
import uuid

import pytest

from apps.chat.items import (
    BadItemError,
    FinishTurn,
    Item,
    Line,
    NewTurn,
    check,
    check_json,
    check_text,
    rows,
)
from apps.engine.events import Move
from apps.engine.types import Author, Mode, State, TurnState

SESSION = uuid.uuid4()
BAD_TEXTS = ["\0", "a\0b", "\ud800", "x\udfff", "\ud83d and \ude00"]


def said(text="hello", **more):
    return Line(Author.VISITOR, text, **more)


def item(*lines, **more):
    return Item(SESSION, 0, lines, **more)


@pytest.mark.parametrize("text", BAD_TEXTS, ids=ascii)
def test_text_that_postgresql_cannot_hold_is_refused_at_any_depth(text):
    with pytest.raises(BadItemError):
        check_text(text)
    for value in (text, [text], (text,), {"k": text}, {text: 1}, {"k": [{"deep": (text,)}]}):
        with pytest.raises(BadItemError):
            check_json(value)


@pytest.mark.parametrize(
    "text", ["", "\ufffd", "😀", "\x01", "\\u0000", "\uffff", "\U0010ffff"], ids=ascii
)
def test_any_other_text_can_be_held(text):
    check_text(text)
    check_json({text: [text, {"k": text}, 1, 1.5, None, True]})


@pytest.mark.parametrize(
    "bad",
    [
        item(said("a\0")),
        item(said("fine"), said("half \ud800")),
        item(said(meta={"sources": [{"title": "a\0"}]})),
        item(said(fields={"a\0": "b"})),
        item(turn=NewTurn(TurnState.DONE)),
        item(said(), memory={"note": "a\0"}),
        item(said(name="a\0")),
        item(said(), turn=NewTurn(TurnState.DONE, sources=["a\0"])),
        item(said(), turn=NewTurn(TurnState.DONE, versions={"model": "a\0"})),
        item(said(), turn=NewTurn(TurnState.DONE, confidence=math.nan)),
        item(said(meta={"score": math.nan})),
        item(said(meta={"score": math.inf})),
    ],
    ids=[
        "text",
        "second line",
        "meta",
        "fields",
        "turn without a line",
        "memory",
        "name",
        "sources",
        "versions",
        "confidence",
        "not a number",
        "infinite",
    ],
)
def test_an_item_that_can_never_be_stored_is_refused_before_it_queues(bad):
    with pytest.raises(BadItemError):
        check(bad)


def test_one_cmid_stands_for_one_line(cmid):
    with pytest.raises(BadItemError):
        check(item(said(cmid=cmid), said(cmid=cmid)))
    check(item(said(cmid=cmid), said(cmid=uuid.uuid4()), said(), said()))


def test_only_what_would_be_found_again_is_keyed(cmid):
    finish = FinishTurn(uuid.uuid4(), 1)
    assert item(said(cmid=cmid)).keyed
    assert item(said(), said(cmid=cmid)).keyed
    assert item(finish=finish).keyed
    assert not item(said()).keyed
    assert not item().keyed


def test_rows_are_numbered_by_the_items_place_and_lines_from_one():
    step = Move(State.INIT, State.END, "farewell")
    found = rows([item(said("a"), said("b")), item(said("c"), steps=(step, step))])
    assert [(row["n"], row["count"]) for row in found["items"]] == [(0, 2), (1, 1)]
    assert [(row["n"], row["k"], row["text"]) for row in found["lines"]] == [
        (0, 1, "a"),
        (0, 2, "b"),
        (1, 1, "c"),
    ]
    assert [(row["n"], row["k"], row["to"]) for row in found["steps"]] == [
        (1, 0, "END"),
        (1, 1, "END"),
    ]


def test_a_line_names_the_turn_only_if_it_is_of_the_turn():
    turn, finish = NewTurn(TurnState.DONE), FinishTurn(uuid.uuid4(), 1)
    made = rows([item(said(of_turn=True), said(), turn=turn)])["lines"]
    assert [row["turn"] for row in made] == [turn.id, None]
    finished = rows([item(said(of_turn=True), finish=finish)])["lines"]
    assert finished[0]["turn"] == finish.id
    assert rows([item(said(of_turn=True))])["lines"][0]["turn"] is None


@pytest.mark.parametrize(("state", "is_open"), [(TurnState.PENDING, True), (TurnState.DONE, False)])
def test_only_a_pending_turn_is_open(state, is_open):
    row = rows([item(said(), turn=NewTurn(state))])["items"][0]
    assert (row["t_open"], row["t_state"]) == (is_open, state)


def test_what_an_item_does_not_change_is_null():
    row = rows([item()])["items"][0]
    assert {row["state"], row["mode"], row["memory"]} == {None}
    assert not [name for name in row if name.startswith(("t_", "f_"))]
    changed = rows([item(state=State.END, mode=Mode.BOT, memory={})])["items"][0]
    assert (changed["state"], changed["mode"], changed["memory"]) == ("END", "bot", {})


def test_all_rows_are_json(cmid):
    full = item(
        said(cmid=cmid, fields={"a": "b"}, of_turn=True),
        turn=NewTurn(TurnState.PENDING, deadline_s=30.0),
        finish=FinishTurn(uuid.uuid4(), 2, route="model", confidence=0.5),
        steps=(Move(State.INIT, State.HANDOFF, "asked"),),
    )
    assert json.loads(json.dumps(rows([full, full]), default=str))
