"""What waits for a person, the people who see to it, when they do, and what they write."""

from apps.handoff.models.course import COURSES, first_taken, late, settled
from apps.handoff.models.hours import Holiday, Hours, Target
from apps.handoff.models.mails import Mail
from apps.handoff.models.people import Member, Operator, Presence, Team
from apps.handoff.models.reading import Reading
from apps.handoff.models.tickets import Priority, Ticket, TicketEvent
from apps.handoff.models.writing import Draft, Macro, Note, Suggestion

__all__ = [
    "COURSES",
    "Draft",
    "Holiday",
    "Hours",
    "Macro",
    "Mail",
    "Member",
    "Note",
    "Operator",
    "Presence",
    "Priority",
    "Reading",
    "Suggestion",
    "Target",
    "Team",
    "Ticket",
    "TicketEvent",
    "first_taken",
    "late",
    "settled",
]
