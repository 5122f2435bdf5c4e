"""The states of a dialogue and the one table of moves between them."""

from collections.abc import Iterator

from apps.engine.events import Move
from apps.engine.types import State

# A flow lives in COLLECT and CONFIRM. One that follows another starts from INIT as any does.
MOVES: dict[State, frozenset[State]] = {
    State.INIT: frozenset({State.COLLECT, State.CONFIRM, State.HANDOFF, State.END}),
    State.COLLECT: frozenset({State.CONFIRM, State.HANDOFF, State.INIT, State.END}),
    State.CONFIRM: frozenset({State.COLLECT, State.HANDOFF, State.INIT, State.END}),
    State.HANDOFF: frozenset({State.INIT, State.END}),
    State.END: frozenset({State.INIT}),
}
FLOW_STATES = frozenset({State.COLLECT, State.CONFIRM})


class IllegalMoveError(Exception):
    """The table of moves does not hold this one."""


class Machine:
    """Where a dialogue stands. Moves only as the table says."""

    __slots__ = ("state",)

    def __init__(self, state: State) -> None:
        self.state = state

    def go(self, to: State, cause: str, command: str = "") -> Iterator[Move]:
        """Nothing when already there, else the move. Raises IllegalMoveError."""
        if to is self.state:
            return
        if to not in MOVES[self.state]:
            raise IllegalMoveError(f"{self.state} > {to} ({cause})")
        came_from, self.state = self.state, to
        yield Move(came_from, to, cause, command)
