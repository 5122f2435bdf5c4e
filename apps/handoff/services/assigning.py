"""Chats that find their operator by themselves."""

from apps.handoff.models import Ticket


def auto_assign(*, site_id: int) -> list[Ticket]:
    """Gives waiting tickets of teams that assign to those who are available, speak the language,
    know the flow and have room. Any number of processes may do so at once."""
    raise NotImplementedError
