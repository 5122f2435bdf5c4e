"""Carries out what a yes set off. Safe to call at any time, twice at once, and after a loss.

A run is claimed in a commit of its own: `attempts` moves, and `due_at` to when somebody else may
take it. A function of the shop then works in one transaction with the run's row, the result and the
line that tells it: either all of it is there or nothing, so one that was lost is simply run again.
A webhook is called with no transaction open; its try may be repeated, under the same id.

Locks: the run, then the session, then a ticket. The session last, since the shop's function may
take seconds and the visitor's other lines go on meanwhile.
"""

import logging
import traceback
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.utils import timezone

from apps.chat.items import Verdict
from apps.chat.models import Session
from apps.dialogue.actions import answers, proofs, registry, webhooks
from apps.dialogue.actions.webhooks import Told
from apps.dialogue.models import ActionRun, Webhook, WebhookDelivery
from apps.dialogue.play import Standing, play_result
from apps.dialogue.storing import store
from apps.engine.events import Ended, Result

logger = logging.getLogger(__name__)

# A worker that dies leaves its run for that long. One that lives holds the row of a function's run.
LEASE = timedelta(seconds=10)
WEBHOOK_LEASE = timedelta(seconds=30)
# Losses after which a function is not tried again: something in it kills its workers.
MOST_TRIES = 3
# For one statement of the shop's function, and for the time in which it asks the database nothing:
# then PostgreSQL ends the transaction, whatever the function waits for.
BOUNDS = "SET LOCAL statement_timeout = '5s'; SET LOCAL idle_in_transaction_session_timeout = '10s'"

# Codes of PostgreSQL: a serialization failure, a deadlock; a server that stops, a lost connection.
NOTHING_COMMITTED = frozenset({"40001", "40P01"})
CONNECTION_LOST = ("57P0", "08")


class LostError(Exception):
    """Somebody else has taken the run, or it is over: nothing more may be stored."""


def carry_out(key: UUID) -> bool:
    """Works at a run if it is due and nobody else does; whether it did. Raises DatabaseError or
    InterfaceError when the database goes away or undoes the work: the run stays for the next."""
    run = _claim(key)
    if run is None:
        return False
    try:
        if run.action.startswith(registry.WEBHOOK):
            _by_webhook(run)
        else:
            _here(run)
    except LostError:
        logger.info("action: a run was taken over")
    return True


@transaction.atomic
def _claim(key: UUID) -> ActionRun | None:
    free = ActionRun.objects.due().select_for_update(skip_locked=True, of=("self",))
    run = free.select_related("site", "session__visitor").filter(key=key).first()
    if run is None:
        return None
    is_webhook = run.action.startswith(registry.WEBHOOK)
    run.state = ActionRun.State.RUNNING
    run.attempts += 1
    run.due_at = timezone.now() + (WEBHOOK_LEASE if is_webhook else LEASE)
    run.save(update_fields=["state", "attempts", "due_at"])
    return run


def _here(run: ActionRun) -> None:
    if run.attempts > MOST_TRIES:
        _end(run, Result(str(run.key), Ended.FAILED))
        return
    if run.action != registry.TICKET and (known := _known(run)):
        _end(run, known)
        return
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(BOUNDS)
            held = _hold(run)
            _enter(held, _answer(held))
    except LostError:
        raise
    except Exception as error:  # whatever the shop's function throws
        if _may_pass(error):
            raise
        logger.error("action %s: failed (%s)", run.action, _place(error))  # noqa: TRY400  # a traceback holds what the visitor gave
        _end(run, Result(str(run.key), Ended.FAILED))


def _may_pass(error: Exception) -> bool:
    """Whether the database undid the work for a reason of its own: the lease brings it back, as
    often as after a loss. What took too long would again."""
    if not isinstance(error, DatabaseError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    if state is None:
        return isinstance(error, OperationalError | InterfaceError)
    return state in NOTHING_COMMITTED or state.startswith(CONNECTION_LOST)


def _known(run: ActionRun) -> Result | None:
    """What is said without asking the shop: of an order that was tried too often, or what it
    answered a moment ago. Where neither is, a try is taken."""
    person = run.session.visitor.external_id
    return proofs.reserve(run, person) or answers.kept(run, person)


def _answer(run: ActionRun) -> Result:
    """By the shop's function, or by a ticket."""
    if run.action == registry.TICKET:
        run.session = _locked(run)
        return answers.of_ticket(run)
    return _worded(run, answers.of_function(run, run.session.visitor.external_id))


def _worded(run: ActionRun, result: Result) -> Result:
    """The shop's answer as the visitor is told it: what was not found always in the same words."""
    answers.keep(run, run.session.visitor.external_id, result)
    return proofs.neutral(run, result) if result.not_found else result


def _by_webhook(run: ActionRun) -> None:
    delivery = WebhookDelivery.objects.select_related("webhook").filter(run=run).first()
    if delivery is None:
        # Once there is one the shop may have got it, and what it did is the answer.
        if known := _known(run):
            _end(run, known)
            return
        delivery = _delivery(run)
    was_uncertain = delivery.uncertain
    # Told before it is sent: whoever dies in between leaves the doubt behind.
    WebhookDelivery.objects.filter(pk=delivery.pk).update(uncertain=True)
    delivery.uncertain = True
    told = (
        webhooks.deliver(delivery, str(run.key))
        if _try(run, delivery) <= webhooks.TRIES
        else Told(error="lost", arrived=True)
    )
    delivery.uncertain = was_uncertain or told.arrived
    delivery.last_status, delivery.last_error = told.status, told.error
    _note(run, delivery, told)


def _delivery(run: ActionRun) -> WebhookDelivery:
    key = registry.webhook_of(run.action)
    webhook = Webhook.objects.filter(pk=key, site=run.site_id).first() if key else None
    body = webhooks.body_of(run, run.session.visitor.external_id)
    made, _ = WebhookDelivery.objects.select_related("webhook").get_or_create(
        run=run, defaults={"webhook": webhook, "body": body}
    )
    return made


def _try(run: ActionRun, delivery: WebhookDelivery) -> int:
    """Which of its round it is: 1 for the first."""
    return run.attempts - delivery.tries_before


@transaction.atomic
def _note(run: ActionRun, delivery: WebhookDelivery, told: Told) -> None:
    """Stores what a try came to: the result, the next try, or that there will be none."""
    held = _hold(run)
    result = told.result
    count = _try(run, delivery)
    if told.error and (result or count >= webhooks.TRIES):
        # Only the shop's own word ends a doubt: a 404 now tells nothing of the try that was cut.
        # When no try has reached the shop, nothing can have been done there.
        result = Result(str(run.key), Ended.UNCLEAR if delivery.uncertain else Ended.FAILED)
    delivery.dead = result is not None and bool(told.error)
    # Not the webhook: it may have been deleted while the shop was asked.
    delivery.save(update_fields=["uncertain", "last_status", "last_error", "dead"])
    if result is None:
        held.due_at = timezone.now() + webhooks.pause_after(count, told)
        held.state = ActionRun.State.PENDING
        held.save(update_fields=["due_at", "state"])
        return
    if told.error:
        logger.warning("webhook: given up (%s, status %s)", told.error, told.status)
    _enter(held, _worded(held, answers.cleaned(result)))


@transaction.atomic
def _end(run: ActionRun, result: Result) -> None:
    _enter(_hold(run), result)


def _hold(run: ActionRun) -> ActionRun:
    """The run's row, locked, if it still is this worker's. Raises LostError."""
    rows = ActionRun.objects.open().select_for_update(no_key=True, of=("self",))
    mine = rows.select_related("site", "session__visitor", "session__site")
    held = mine.filter(pk=run.pk, attempts=run.attempts).first()
    if held is None:
        raise LostError
    return held


def _locked(run: ActionRun) -> Session:
    rows = Session.objects.select_related("site", "visitor")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=run.session_id)


def _enter(run: ActionRun, result: Result) -> None:
    """The result enters the session as a turn of its own, in the caller's transaction."""
    session = _locked(run)
    played = play_result(Standing.of(session), replace(result, language=run.language))
    outcome = store(session, played)
    if outcome.verdict is not Verdict.OK:
        raise RuntimeError(f"a result was not stored ({outcome.verdict})")
    run.state = ActionRun.State(str(result.ended))
    run.text = result.text
    run.turn = played.turn_id
    run.finished_at = timezone.now()
    run.save(update_fields=["state", "text", "turn", "finished_at"])
    proofs.settle(run, result)


def _place(error: Exception) -> str:
    """What broke and where; never its message, which may hold what the visitor gave."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    return f"{type(error).__name__}, {last.filename}:{last.lineno}" if last else str(type(error))
