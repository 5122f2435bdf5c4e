"""Where staff see tickets and set up who answers them."""

from apps.handoff.admin import hours, macros, mails, people, sessions, tickets

__all__ = ["hours", "macros", "mails", "people", "sessions", "tickets"]
