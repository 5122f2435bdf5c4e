"""The table of moves is all there is."""

from itertools import product

import pytest

from apps.engine.events import Move
from apps.engine.machine import MOVES, IllegalMoveError, Machine
from apps.engine.types import State

PAIRS = list(product(State, State))
OUTSIDE = [
    (came_from, to)
    for came_from, to in PAIRS
    if to is not came_from and to not in MOVES.get(came_from, ())
]


@pytest.mark.parametrize(("came_from", "to"), PAIRS)
def test_every_pair_moves_stays_or_raises(came_from, to):
    machine = Machine(came_from)
    if (came_from, to) in OUTSIDE:
        with pytest.raises(IllegalMoveError):
            list(machine.go(to, "a test"))
        assert machine.state is came_from
    else:
        moves = list(machine.go(to, "a test"))
        assert moves == ([] if to is came_from else [Move(came_from, to, "a test")])
        assert machine.state is to


def test_a_refused_move_names_both_states_and_the_cause():
    with pytest.raises(IllegalMoveError, match=r"END > HANDOFF \(asked\)"):
        list(Machine(State.END).go(State.HANDOFF, "asked"))


def test_a_conversation_can_always_end_and_begin_anew():
    for start in MOVES:
        machine = Machine(start)
        for to in (State.END, State.INIT, State.HANDOFF, State.INIT):
            list(machine.go(to, "a test"))
        assert machine.state is State.INIT


def test_no_state_of_the_table_moves_to_itself():
    assert all(state not in moves for state, moves in MOVES.items())
