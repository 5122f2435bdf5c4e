from celery import shared_task

from apps.chat import jobs
from apps.chat.attachments import sweeping
from apps.sites.services import forget_sightings


@shared_task
def sweep_out() -> None:
    jobs.delete_expired_tokens()
    jobs.delete_silent_visitors()
    jobs.forget_erased()
    sweeping.delete_unused()
    sweeping.delete_orphans()
    forget_sightings()
