"""A process that is killed while a function of the shop works: started by test_actions_killed.py.

Its function writes a row, tells that it did, and never returns.
"""

import sys
import threading
import uuid

import django

django.setup()

from apps.dialogue.actions import execute, registry  # noqa: E402  # Django must be set up first
from apps.knowledge.models import Category  # noqa: E402  # as above
from tests.dialogue.refunds import NAME  # noqa: E402  # as above


def work(call: registry.Call) -> registry.Done:
    Category.objects.create(site_id=call.site, slug="half-done", name_en="half done")
    print("at work", flush=True)  # noqa: T201  # who waits for it reads this
    threading.Event().wait()
    return registry.Done()


# Its time has passed from the beginning: what keeps others off is its transaction alone.
execute.LEASE = -execute.LEASE
registry.action(NAME, title="Refund")(work)
execute.carry_out(uuid.UUID(sys.argv[1]))
