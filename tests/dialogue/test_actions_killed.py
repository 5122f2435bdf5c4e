"""A worker that is killed in the middle of an action: nothing of it stays, and it is done once."""

import os
import signal
import sys
from urllib.parse import quote

import pytest
from django.db import connection, transaction

from apps.dialogue.actions import execute
from apps.dialogue.models import ActionRun
from apps.knowledge.models import Category
from tests.dialogue.refunds import Counter, acts, agree, opened, said_by
from tests.stack import Child

pytestmark = pytest.mark.django_db(transaction=True)
HERE = "tests.dialogue.killed_child"


def database_url() -> str:
    """Of the database that the tests use."""
    found = connection.settings_dict
    login = f"{quote(found['USER'])}:{quote(found['PASSWORD'])}"
    return f"postgresql://{login}@/{found['NAME']}?host={quote(found['HOST'], safe='')}"


@pytest.fixture
def run(site, make_session, monkeypatch, nobody_starts):
    opened(site, monkeypatch)
    return agree(make_session())


def test_a_killed_worker_leaves_nothing_and_the_next_does_it_once(run, monkeypatch):
    env = {**os.environ, "DATABASE_URL": database_url()}
    env["DJANGO_SETTINGS_MODULE"] = "helpdesk.settings"
    child = Child([sys.executable, "-m", HERE, str(run.key)], env)
    child.wait_for("at work")
    assert execute.carry_out(run.key) is False, "the child is alive and holds it"
    child.stop(signal.SIGKILL)
    with transaction.atomic():
        # PostgreSQL learns of it a moment later.
        ActionRun.objects.select_for_update().get(pk=run.pk)

    shop = Counter(work=lambda call: Category.objects.create(site_id=call.site, slug="done"))
    acts(monkeypatch, shop)
    assert execute.carry_out(run.key) is True
    assert execute.carry_out(run.key) is False
    run.refresh_from_db()
    assert (run.state, run.attempts, len(shop.calls)) == (ActionRun.State.DONE, 2, 1)
    assert list(Category.objects.values_list("slug", flat=True)) == ["done"]
    assert said_by(run.session).count("Refunded.") == 1
