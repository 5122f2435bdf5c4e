"""What time alone brings about. Each is called every few seconds and tells how many it moved."""


def note_waiting() -> int:
    """Sets since when visitors of chats that an operator has wait for a word."""
    raise NotImplementedError


def give_back_silent() -> int:
    """Chats whose visitor has waited for five minutes for the operator: back to the queue."""
    raise NotImplementedError


def assign_waiting() -> int:
    """`auto_assign` for every site with somebody waiting."""
    raise NotImplementedError


def tell_nobody() -> int:
    """Visitors in a queue that nobody serves, or for too long, are told, once, and asked for
    an address: from then on it is a message."""
    raise NotImplementedError
