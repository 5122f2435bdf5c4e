"""What a model proposes, as the commands that the local understander yields too.

It proposes and moves nothing: names that do not exist are dropped here, values stay as they were
written for the engine to validate, and what names something exactly must be what the visitor wrote.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from apps.engine.commands import (
    Affirm,
    AskFaq,
    CancelFlow,
    Command,
    CorrectSlot,
    Courtesy,
    Deny,
    SetSlot,
    SmallTalk,
    StartFlow,
    WantHuman,
)
from apps.engine.flows import FlowSpec, SlotKind, SlotSpec
from apps.llm.prompts import Cmd, Op, TurnAnswer
from apps.llm.spelt import CHINESE
from apps.llm.written import MONEY, Kind, Statements, fold, read, stated

# An order that a model has made up could be somebody's.
EXACT = frozenset(
    {
        SlotKind.ORDER_ID,
        SlotKind.PHONE,
        SlotKind.PHONE_TAIL,
        SlotKind.EMAIL,
        SlotKind.AMOUNT,
    }
)
ANSWERS: dict[Op, Command] = {Op.YES: Affirm(), Op.NO: Deny(), Op.CANCEL: CancelFlow()}
COURTESIES = frozenset(Courtesy)
_NO_LETTER = re.compile(r"[\W_]")
# What an address goes on with.
_ADDRESS = "a-z0-9_%+@"
# From so many signs on blanks between them are those of one number: 138 0013 8000.
_LONG = 7
_NAMES = (Kind.CODE, Kind.NUMBER)


def commands(
    answer: TurnAnswer,
    text: str,
    flows: Sequence[FlowSpec],
    open_flow: FlowSpec | None = None,
    *,
    may_affirm: bool,
) -> list[Command]:
    """In the model's order, each once; perhaps none. `text` is the visitor's line as it was typed.

    `may_affirm`: whether a yes is taken from it. What a visitor agrees to is done, and an entry or
    a line can talk a model into a yes: where that matters, only the visitor's own words count.
    """
    by_key = {flow.key: flow for flow in flows}
    started = [by_key[cmd.key] for cmd in answer.cmds if cmd.op is Op.START and cmd.key in by_key]
    reach = [flow for flow in (*started, open_flow) if flow is not None]
    slots = {slot.name: slot for flow in reversed(reach) for slot in flow.slots}
    found: dict[Command, None] = {}
    for cmd in answer.cmds:
        if cmd.op is Op.YES and not may_affirm:
            continue
        for command in _command(cmd, text, by_key, open_flow, slots):
            found[command] = None
    return [*found]


def _command(
    cmd: Cmd,
    text: str,
    flows: dict[str, FlowSpec],
    open_flow: FlowSpec | None,
    slots: dict[str, SlotSpec],
) -> Iterator[Command]:
    match cmd.op:
        case Op.START if cmd.key in flows and not (open_flow and open_flow.key == cmd.key):
            yield StartFlow(cmd.key)
        case Op.SET | Op.CORRECT if cmd.key in slots and _is_said(cmd.val, slots[cmd.key], text):
            kind = SetSlot if cmd.op is Op.SET else CorrectSlot
            start = text.find(cmd.val)
            end = start + len(cmd.val)
            yield kind(cmd.key, cmd.val, cmd.val, max(0, start), end if start >= 0 else 0)
        case Op.CHITCHAT if cmd.key in COURTESIES:
            yield SmallTalk(Courtesy(cmd.key))
        case Op.ASK_KB:
            # The visitor's own words: a model's would be searched for as if they were.
            yield AskFaq(text)
        case Op.HUMAN:
            yield WantHuman()
        case Op.YES | Op.NO | Op.CANCEL if open_flow:
            yield ANSWERS[cmd.op]


def _is_said(value: str, slot: SlotSpec, text: str) -> bool:
    if not value or slot.kind not in EXACT:
        return bool(value)
    line = fold(text)
    if slot.kind is SlotKind.EMAIL:
        address = re.escape(fold(value).strip())
        return re.search(rf"(?<![{_ADDRESS}.-]){address}(?![{_ADDRESS}-]|\.\w)", line) is not None
    return _is_written(value, line) or _is_stated(value, slot.kind, text)


def _is_written(value: str, line: str) -> bool:
    """As a whole word of the line: the tail of another number names something else."""
    bare = _NO_LETTER.sub("", fold(value))
    if not bare or not any(char.isdecimal() or char in CHINESE for char in bare):
        return False
    between = r"[\ ().-]{0,2}" if len(bare) >= _LONG else r"[-_]?"
    pieces = [re.escape(char) for char in bare]
    joints = [
        r"[-_\ ]?" if before.isdecimal() != after.isdecimal() else between
        for before, after in pairwise(bare)
    ]
    said = "".join(map("".join, zip(pieces, [*joints, ""], strict=True)))
    signs = rf"a-z\d{CHINESE}"
    before = rf"(?<![{signs}])(?<![{signs}][-_./])(?<!\d,)"
    after = rf"(?![{signs}]|[-_/.][{signs}]|,\d)"
    return re.search(f"{before}{said}{after}", line) is not None


def _is_stated(value: str, kind: SlotKind, text: str) -> bool:
    """In other words: 三百元 for "300". A day's or a price's figures are no order."""
    if kind is SlotKind.AMOUNT:
        there = Statements.of(one for one in stated(text) if one.unit in ("", *MONEY))
    else:
        there = Statements.of(one for one in read(text) if one.kind in _NAMES and not one.unit)
    wanted = read(value)
    return bool(wanted) and all(map(there.has, wanted))
