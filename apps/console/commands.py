"""The commands of a console and what carries each out."""

from collections.abc import Callable
from typing import Any

from django.utils import translation

from apps.console import frames
from apps.console.people import Person
from apps.console.verbs import chats, details, own, writing
from apps.console.verbs.actors import Actor, Outcome

Verb = Callable[[Any, Actor], Outcome]
VERBS: dict[type[frames.Command], Verb] = {
    frames.Send: writing.send,
    frames.Note: writing.note,
    frames.Correct: writing.correct,
    frames.Draft: writing.draft,
    frames.Macros: writing.macros,
    frames.UsedMacro: writing.used_macro,
    frames.Suggest: details.suggest,
    frames.Suggestion: writing.choose_suggestion,
    frames.Claim: chats.claim,
    frames.TakeOver: chats.take_over,
    frames.Return: chats.give_back,
    frames.Transfer: chats.transfer,
    frames.Resolve: chats.resolve,
    frames.Undo: chats.undo,
    frames.Reopen: chats.reopen,
    frames.Priority: chats.set_priority,
    frames.Bulk: chats.bulk,
    frames.AskSlot: details.ask_slot,
    frames.EditSlot: details.edit_slot,
    frames.WrongAnswer: details.wrong_answer,
    frames.Presence: own.choose_presence,
    frames.Settings: own.keep_settings,
    frames.Search: own.search,
}


def run(command: frames.Command, person: Person) -> Outcome:
    """Carries a command out as the operator stands now. Raises Refused."""
    with translation.override(person.language):
        return VERBS[type(command)](command, Actor.of(person))
