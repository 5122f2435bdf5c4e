from celery import shared_task

from apps.llm import jobs


@shared_task
def empty_texts() -> None:
    jobs.empty_texts()
    jobs.forget_dropped()
