import logging
from datetime import datetime, timedelta
from functools import partial

from celery import shared_task
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.handoff import mailing

logger = logging.getLogger(__name__)

# What waits at a broker for longer than its visibility time-out is handed out again and again; the
# schedule finds what is due later.
SOON = timedelta(minutes=4)


@shared_task
def send_mails() -> None:
    mailing.send_due()


@shared_task
def note_unanswered() -> None:
    if mailing.note_unanswered():
        mailing.send_due()


@shared_task
def sweep_out_mails() -> None:
    mailing.forget_old()


def enqueue_mails(due_at: datetime) -> None:
    if due_at - timezone.now() <= SOON:
        transaction.on_commit(partial(_publish, due_at))


def _publish(due_at: datetime) -> None:
    """With the broker away the next round of the schedule finds what is due."""
    try:
        send_mails.apply_async(eta=due_at)
    except OperationalError as error:
        logger.warning("mail: the broker is away (%s)", type(error).__name__)
