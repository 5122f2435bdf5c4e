import logging
from uuid import UUID

from celery import shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from apps.dialogue import jobs
from apps.dialogue.actions import registry, threads
from apps.dialogue.actions.relay import run_due, sweep_out
from apps.dialogue.turns.drain import Around
from apps.dialogue.turns.serving import serve
from apps.dialogue.turns.telling import Teller
from apps.engine.events import Act

logger = logging.getLogger(__name__)

EXPIRES_S = 60


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
