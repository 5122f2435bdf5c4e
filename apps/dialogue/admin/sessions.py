"""Where a visitor is in a flow, and why it goes no further: a card on the session's page."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.template.loader import render_to_string

from apps.chat.admin import ROUTES, SessionAdmin
from apps.chat.models import Session, Turn
from apps.dialogue import books, slots
from apps.dialogue.actions.proofs import HIDDEN
from apps.dialogue.admin import words
from apps.dialogue.admin.runs import flow_of, title_of, what_went_wrong
from apps.dialogue.flows import rules
from apps.dialogue.models import ActionRun, Flow, PolicyRow
from apps.engine.book import Book
from apps.engine.flows import FlowSpec, in_language
from apps.engine.memory import load
from apps.engine.types import ActiveFlow, Memory, State, TurnState
from apps.llm.panel import TurnEnd, ledger_panel
from apps.sites.models import Site

SHOWN_RUNS = 20


def flow_card(request: HttpRequest, session: Session) -> str:
    """Nothing for a session in which no flow was begun and no action ran."""
    memory = load(session.memory)
    rows = ActionRun.objects.with_names().filter(session=session).select_related("delivery")
    runs = list(rows[:SHOWN_RUNS])
    if memory.active is None and not runs and not memory.wrong:
        return ""
    may_see_runs = request.user.has_perm("dialogue.view_actionrun")
    context = {
        "where": _where(session, memory) if memory.active else None,
        "wrong": memory.wrong,
        "may_see_runs": may_see_runs,
        "runs": [_told(run) for run in runs],
    }
    return render_to_string("admin/dialogue/session.html", context)


def _told(run: ActionRun) -> dict[str, Any]:
    title = title_of(run) if run.action else flow_of(run)
    return {"run": run, "title": title, "why": what_went_wrong(run)}


def _where(session: Session, memory: Memory) -> dict[str, Any]:
    active = memory.active or ActiveFlow("", 0)
    book = _book(session, active)
    flow = book.by_version.get((active.flow, active.version))
    language = session.language
    return {
        "active": active,
        "name": in_language(flow.names, language) if flow else active.flow,
        "is_gone": flow is None,
        "pending": _label(flow, active.pending, language),
        "slots": _without_proofs(slots.listed(memory, book, language), flow),
        "since": session.transitions.last(),
        "after": active.after,
    }


def _without_proofs(listed: list[dict[str, str]], flow: FlowSpec | None) -> list[dict[str, str]]:
    proofs = {spec.name for spec in flow.slots if spec.proof} if flow else set()
    return [{**one, "value": HIDDEN} if one["name"] in proofs else one for one in listed]


def _book(session: Session, active: ActiveFlow) -> Book:
    """The admin's process may not have loaded the flows, or not those of this session."""
    known = books.of(session.site_id)
    if (active.flow, active.version) in known.by_version:
        return known
    return books.load(session.site_id)


def _label(flow: FlowSpec | None, name: str, language: str) -> str:
    spec = flow.by_name.get(name) if flow else None
    return slots.label(spec, language) if spec else name


def ledger_card(request: HttpRequest, session: Session) -> str:
    """Which models were asked, for those who may see the ledger; nothing where none was."""
    if not request.user.has_perm("llm.view_call"):
        return ""
    return ledger_panel(session.pk, _ends(session))


def _ends(session: Session) -> list[TurnEnd]:
    handed = session.transitions.filter(to_state=State.HANDOFF).values_list("turn", flat=True)
    to_person = set(handed)
    return [
        TurnEnd(
            turn.pk,
            is_open=turn.state in {TurnState.PENDING, TurnState.RUNNING},
            is_cancelled=turn.state == TurnState.CANCELLED,
            to_person=turn.state == TurnState.FALLBACK or turn.pk in to_person,
            route=str(ROUTES.get(turn.route, turn.route)),
            models=turn.versions.get("models", {}),
        )
        for turn in session.turns.order_by("created_at")
    ]


def flow_names(site: int) -> dict[str, str]:
    """Of drafts too: a key stays when what it names is published anew."""
    return {flow.key: str(flow) for flow in Flow.objects.filter(site=site)}


def heard(session: Session, turns: list[Turn]) -> dict[UUID, list[str]]:
    """What each turn understood, in words; nothing of turns before it was kept."""
    if not any(turn.understood for turn in turns):
        return {}
    book = books.of(session.site_id)
    if {turn.flow for turn in turns} - {"", *book.by_key}:
        book = books.load(session.site_id)
    return {
        turn.pk: [words.kept(row, book.by_key.get(turn.flow), book) for row in turn.understood]
        for turn in turns
    }


def rule_titles(site: int) -> dict[str, str]:
    rows = PolicyRow.objects.filter(site=site) or rules.defaults(Site(pk=site))
    return {row.name: f"{row.get_when_display()} → {row.get_then_display()}" for row in rows}


SessionAdmin.panels += [flow_card, ledger_card]
SessionAdmin.rule_titles = rule_titles
SessionAdmin.flow_names = flow_names
SessionAdmin.heard = heard
