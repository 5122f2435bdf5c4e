import logging
from functools import partial

from celery import shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from apps.knowledge import jobs

logger = logging.getLogger(__name__)


@shared_task
def refresh_index(site_id: int) -> None:
    jobs.build_index(site_id)


@shared_task
def refresh_stale() -> None:
    jobs.build_stale()


def enqueue_refresh(site_id: int) -> None:
    transaction.on_commit(partial(_publish, site_id))


def _publish(site_id: int) -> None:
    """With the broker away the sweeper finds the stale index by itself."""
    try:
        refresh_index.delay(site_id)
    except OperationalError as error:
        logger.warning("index: the broker is away (%s)", type(error).__name__)
