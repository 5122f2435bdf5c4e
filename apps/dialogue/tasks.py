from celery import shared_task

from apps.dialogue import jobs


@shared_task
def count_uses() -> None:
    jobs.count_uses()
