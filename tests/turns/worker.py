"""The Celery application whose drains run turns at the test's word: `celery -A tests.turns.worker`."""

from helpdesk.celery import app

app.loader.import_default_modules()

from apps.dialogue.turns import serving  # noqa: E402  # Django must be set up first
from tests.turns.gate import Gated  # noqa: E402  # as above

serving.make_runner = Gated

__all__ = ["app"]
