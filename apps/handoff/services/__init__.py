"""Verbs on tickets and around them, by what they are about."""

from apps.handoff.packets import NOTHING, Detail, Subject
from apps.handoff.services.answering import answer, correct, note
from apps.handoff.services.assigning import auto_assign
from apps.handoff.services.drafts import save_draft
from apps.handoff.services.holding import claim, requeue, return_to_bot, take_over, transfer
from apps.handoff.services.leaving import visitor_left
from apps.handoff.services.macros import Filled, count_use, find_macros, render_macro
from apps.handoff.services.queueing import Attendance, QueuePlace, attendance, queue_place
from apps.handoff.services.requests import (
    add_line,
    close_ticket,
    is_attended,
    leave_message,
    may_close,
    note_flow,
    open_ticket,
    take_message,
    withdraw_ticket,
)
from apps.handoff.services.settling import Resolved, reopen, resolve, set_priority, undo_resolve
from apps.handoff.services.suggesting import choose_suggestion, current, suggest
from apps.handoff.stages import to_handoff

__all__ = [
    "NOTHING",
    "Attendance",
    "Detail",
    "Filled",
    "QueuePlace",
    "Resolved",
    "Subject",
    "add_line",
    "answer",
    "attendance",
    "auto_assign",
    "choose_suggestion",
    "claim",
    "close_ticket",
    "correct",
    "count_use",
    "current",
    "find_macros",
    "is_attended",
    "leave_message",
    "may_close",
    "note",
    "note_flow",
    "open_ticket",
    "queue_place",
    "render_macro",
    "reopen",
    "requeue",
    "resolve",
    "return_to_bot",
    "save_draft",
    "set_priority",
    "suggest",
    "take_message",
    "take_over",
    "to_handoff",
    "transfer",
    "undo_resolve",
    "visitor_left",
    "withdraw_ticket",
]
