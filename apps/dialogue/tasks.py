import logging

from celery import shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from apps.dialogue import jobs
from apps.dialogue.actions.relay import run_due, sweep_out

logger = logging.getLogger(__name__)


@shared_task
def count_uses() -> None:
    jobs.count_uses()


@shared_task
def run_actions() -> None:
    run_due()


@shared_task
def sweep_out_actions() -> None:
    sweep_out()


def enqueue_actions() -> None:
    transaction.on_commit(_publish)


def _publish() -> None:
    """With the broker away the sweeper finds the waiting run by itself."""
    try:
        run_actions.delay()
    except OperationalError as error:
        logger.warning("action: the broker is away (%s)", type(error).__name__)
