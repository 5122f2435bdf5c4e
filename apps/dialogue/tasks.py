import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import UUID

from celery import shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from apps.dialogue import jobs
from apps.dialogue.actions import registry, threads
from apps.dialogue.actions.relay import run_due, sweep_out
from apps.dialogue.drafting import draft_for
from apps.dialogue.turns.drain import Around
from apps.dialogue.turns.serving import serve
from apps.dialogue.turns.telling import Teller
from apps.engine.events import Act

logger = logging.getLogger(__name__)

EXPIRES_S = 60

_drafts = ThreadPoolExecutor(1, thread_name_prefix="drafts")


@shared_task
def count_uses() -> None:
    jobs.count_uses()


@shared_task
def run_actions() -> None:
    run_due()


@shared_task
def sweep_out_actions() -> None:
    sweep_out()


@shared_task
def run_turns(*_args: object, **_more: object) -> None:
    """Drains. Takes whatever it is given: a task may have been queued by another release."""
    serve(AROUND)


def enqueue_turns() -> bool:
    """Asks for a drain; whether the broker took it. May block for as long as the broker's timeouts.
    What no worker takes soon is told anew by whoever finds turns that wait."""
    try:
        run_turns.apply_async(expires=EXPIRES_S)
    except Exception as error:  # noqa: BLE001  # whatever Redis throws, the sweeper sees to it
        logger.warning("turns: the broker is away (%s)", type(error).__name__)
        return False
    return True


@shared_task
def draft_answer(session: str, *_more: object) -> None:
    draft_for(UUID(session))


def enqueue_draft(session_id: UUID) -> None:
    """Asks for a draft after the commit. In a thread: whoever wants a person does not wait for a
    broker that is away, and a draft that is never written is missed by nobody."""
    transaction.on_commit(partial(_drafts.submit, _publish_draft, str(session_id)))


def _publish_draft(session: str) -> None:
    try:
        draft_answer.apply_async((session,), expires=EXPIRES_S)
    except Exception as error:  # noqa: BLE001  # whatever Redis throws, the ticket stands
        logger.warning("draft: the broker is away (%s)", type(error).__name__)


def enqueue_act(act: Act) -> None:
    """Begins an action after the commit: here, or by a worker when it is a webhook."""
    if act.action.startswith(registry.WEBHOOK):
        enqueue_actions()
    else:
        threads.start_on_commit(UUID(act.key))


def enqueue_actions() -> None:
    transaction.on_commit(_publish)


def _publish() -> None:
    """With the broker away the sweeper finds the waiting run by itself."""
    try:
        run_actions.delay()
    except OperationalError as error:
        logger.warning("action: the broker is away (%s)", type(error).__name__)


# What a drain needs of others.
AROUND = Around(succeed=enqueue_turns, start_act=enqueue_act, tell=Teller().tell)
