"""A live edit is answered by every web process, whichever of Celery and the sweeper is there."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import pytest

from tests.stack import ROOT
from tests.widget.visitor import Visitor, acall

pytestmark = pytest.mark.stack

WATCH = {"HELPDESK_INDEX_WATCH_SECONDS": "0.1", "HELPDESK_LIMITS_TRUSTED": "127.0.0.0/8"}
SWEEP = {"HELPDESK_SWEEP_SECONDS": "0.1", "HELPDESK_INDEX_STALE_SECONDS": "0.1"}
WORKER = ("-m", "celery", "-A", "helpdesk", "worker", "-Q", "default", "-c", "1", "-l", "INFO")
QUESTION = "Do you engrave the name of a parrot?"
TRIES = 20

PUBLISH = """
from django.db import transaction
from apps.knowledge.models import Faq
from apps.knowledge.services import knowledge_changed
from apps.sites.models import Site
with transaction.atomic():
    site = Site.objects.get(key="demo")
    Faq.objects.update_or_create(
        site=site, language="en", question={question!r},
        defaults={{"answer": {answer!r}, "status": Faq.Status.LIVE}},
    )
    knowledge_changed(site_ids=[site.pk])
"""
# Fails when the library would sleep between two tries to reach the broker.
PUBLISH_WITHOUT_SLEEP = """
import django
from kombu.utils import functional
django.setup()
def never(seconds):
    assert not seconds, f"would sleep for {seconds} s"
functional.sleep = never
from apps.knowledge import tasks
tasks._publish(1)
"""


@pytest.fixture(scope="module")
def webs(servers):
    """Two processes over one database."""
    with servers.web(**WATCH) as one, servers.web(**WATCH) as two:
        yield one, two


@pytest.fixture(scope="module")
def no_broker():
    """The address of a Redis that is not there."""
    folder = Path(tempfile.mkdtemp(prefix="hd-"))
    yield f"unix://{folder}/redis.sock?db=0"
    shutil.rmtree(folder)


async def publish(servers, answer, **more):
    """Commits the edit in a process of its own; gives the version that has to be built."""
    script = PUBLISH.format(question=QUESTION, answer=answer)
    await asyncio.to_thread(servers.manage, "shell", "-c", script, **more)
    wanted = (
        "SELECT site_id, wanted FROM knowledge_indexstate i"
        " JOIN sites_site s ON s.id = i.site_id WHERE s.key = 'demo'"
    )
    [(site, version)] = servers.query(wanted)
    return f"index: site {site} is at version {version}"


async def reply(web):
    """What the bot says now to somebody new, over the HTTP twin: who hears the same answer twice
    is offered a person."""
    visitor = await Visitor(web.base_url).begin()
    url = f"{visitor.base_url}/api/v1/chat/messages"
    frame = {"cmid": str(uuid.uuid4()), "text": QUESTION}
    status, ack = await acall(url, frame, visitor.token)
    assert status == 200, ack
    _, body = await acall(f"{url}?since={ack['seq']}", token=visitor.token)
    return body["messages"][0]["text"]


async def hears(web, answer, loaded):
    """Asks until the answer is the new one, once more for each index that was loaded."""
    for _ in range(TRIES):
        if await reply(web) == answer:
            return
        await asyncio.to_thread(web.child.wait_for, loaded)
    raise AssertionError(f"{web.base_url} still says {await reply(web)!r}")


async def test_a_live_edit_reaches_both_processes_through_celery_alone(servers, webs):
    answer = "Yes, says Celery."
    with servers.command(*WORKER) as worker:
        await asyncio.to_thread(worker.wait_for, " ready.")
        loaded = await publish(servers, answer)
        await asyncio.gather(*(hears(web, answer, loaded) for web in webs))


async def test_with_the_broker_away_the_sweeper_alone_is_enough(servers, webs, no_broker):
    answer = "Yes, says the sweeper."
    with servers.command("manage.py", "sweep", REDIS_URL=no_broker, **SWEEP) as sweeper:
        await asyncio.to_thread(sweeper.wait_for, "sweeper: started")
        loaded = await publish(servers, answer, REDIS_URL=no_broker)
        await asyncio.gather(*(hears(web, answer, loaded) for web in webs))


def test_with_the_broker_away_whoever_saves_is_not_kept_waiting(no_broker):
    """Saving an entry tells the broker on commit: a person sits before it."""
    environment = {**os.environ, "REDIS_URL": no_broker}
    done = subprocess.run(
        [sys.executable, "-c", PUBLISH_WITHOUT_SLEEP],
        cwd=ROOT,
        env={**environment, "DJANGO_SETTINGS_MODULE": "helpdesk.settings"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr.splitlines()[-1]
