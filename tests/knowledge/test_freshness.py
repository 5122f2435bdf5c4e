"""A live edit is answered by every web process, whichever of Celery and the sweeper is there."""

import asyncio
import shutil
import tempfile
import uuid
from pathlib import Path

import pytest

from tests.widget.visitor import Visitor, acall

pytestmark = pytest.mark.stack

WATCH = {"HELPDESK_INDEX_WATCH_SECONDS": "0.1", "HELPDESK_LIMITS_TRUSTED": "127.0.0.0/8"}
SWEEP = {"HELPDESK_SWEEP_SECONDS": "0.1", "HELPDESK_INDEX_STALE_SECONDS": "0.1"}
WORKER = ("-m", "celery", "-A", "helpdesk", "worker", "-Q", "default", "-c", "1")
WORKER_IS_UP = "celery@"
QUESTION = "Do you engrave the name of a parrot?"
TRIES = 100

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


@pytest.fixture
async def webs(servers):
    """Two processes, each with a visitor of its own."""
    with servers.web(**WATCH) as one, servers.web(**WATCH) as two:
        yield [await Visitor(web.base_url).begin() for web in (one, two)]


@pytest.fixture
def no_broker():
    """The address of a Redis that is not there."""
    folder = Path(tempfile.mkdtemp(prefix="hd-"))
    yield f"unix://{folder}/redis.sock?db=0"
    shutil.rmtree(folder)


def publish(servers, answer, **more):
    servers.manage("shell", "-c", PUBLISH.format(question=QUESTION, answer=answer), **more)


async def reply(visitor):
    """What the bot says to the question now, over the HTTP twin."""
    url = f"{visitor.base_url}/api/v1/chat/messages"
    frame = {"cmid": str(uuid.uuid4()), "text": QUESTION}
    status, ack = await acall(url, frame, visitor.token)
    assert status == 200, ack
    _, body = await acall(f"{url}?since={ack['seq']}", token=visitor.token)
    return body["messages"][0]["text"]


async def hears(visitor, answer):
    """Asks until the answer is the new one; an idle moment between two tries is the poll's."""
    url = f"{visitor.base_url}/api/v1/chat/messages"
    for _ in range(TRIES):
        if await reply(visitor) == answer:
            return
        _, body = await acall(url, token=visitor.token)
        since = body["last_seq"]
        while body["more"]:
            _, body = await acall(f"{url}?since={since}", token=visitor.token)
        await acall(f"{url}?since={since}&wait=1", token=visitor.token)
    raise AssertionError(f"the new answer never came to {visitor.base_url}")


async def test_a_live_edit_reaches_both_processes_through_celery_alone(servers, webs):
    with servers.command(*WORKER) as worker:
        await asyncio.to_thread(worker.wait_for, WORKER_IS_UP + "")
        for answer in ("Yes, through Celery.", "Not any more, through Celery."):
            await asyncio.to_thread(publish, servers, answer)
            await asyncio.gather(*(hears(visitor, answer) for visitor in webs))


async def test_with_the_broker_away_the_sweeper_alone_is_enough(servers, webs, no_broker):
    with servers.command("manage.py", "sweep", REDIS_URL=no_broker, **SWEEP) as sweeper:
        await asyncio.to_thread(sweeper.wait_for, "sweeper: started")
        for answer in ("Yes, through the sweeper.", "Not any more, through the sweeper."):
            await asyncio.to_thread(publish, servers, answer, REDIS_URL=no_broker)
            await asyncio.gather(*(hears(visitor, answer) for visitor in webs))
