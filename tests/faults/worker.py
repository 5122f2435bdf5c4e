"""The Celery application with the tests' failpoints: `celery -A tests.faults.worker`."""

from helpdesk.celery import app

app.loader.import_default_modules()

from tests.faults.failpoints import arm  # noqa: E402  # Django must be set up first

arm()

__all__ = ["app"]
