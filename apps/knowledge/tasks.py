import logging
from functools import partial

from celery import shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from apps.knowledge import jobs
from apps.knowledge.dense import cache
from apps.knowledge.dense import jobs as dense
from apps.knowledge.sheets import jobs as sheets

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


@shared_task
def run_import(import_id: int) -> None:
    if sheets.run(import_id):
        enqueue_import(import_id)
    else:
        jobs.build_stale()


@shared_task
def sweep_out_imports() -> None:
    sheets.sweep_out()


def enqueue_import(import_id: int) -> None:
    transaction.on_commit(partial(_publish_import, import_id))


def _publish_import(import_id: int) -> None:
    """With the broker away the sweeper finds the waiting import by itself."""
    try:
        run_import.delay(import_id)
    except OperationalError as error:
        logger.warning("import: the broker is away (%s)", type(error).__name__)


@shared_task
def refresh_embeddings() -> None:
    """A slice of the work. What is left waits for the schedule: a task that queued the next would
    begin a chain with each round, and an action would wait behind all of them."""
    dense.refresh_all()


@shared_task
def sweep_out_embeddings() -> None:
    cache.sweep_out()
