"""What waits for a person, the people who see to it, when they do, and what they write."""

from apps.handoff.models.hours import Holiday, Hours, Target
from apps.handoff.models.people import Member, Operator, Presence, Team
from apps.handoff.models.tickets import Priority, Ticket, TicketEvent
from apps.handoff.models.writing import Draft, Macro, Note, Suggestion

__all__ = [
    "Draft",
    "Holiday",
    "Hours",
    "Macro",
    "Member",
    "Note",
    "Operator",
    "Presence",
    "Priority",
    "Suggestion",
    "Target",
    "Team",
    "Ticket",
    "TicketEvent",
]
