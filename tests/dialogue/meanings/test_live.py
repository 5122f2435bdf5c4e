"""A worker of its own embeds the demo shop over a model's socket, and a web process takes it up."""

import asyncio

import pytest

pytestmark = pytest.mark.stack

WORKER = ("-m", "celery", "-A", "helpdesk", "worker", "-Q", "default", "-c", "1", "-l", "INFO")
AT_HOME = {"HELPDESK_LLM_ALLOWED_NETWORKS": "127.0.0.0/8"}
ADD = """
from apps.llm.models import Model, Provider
from apps.llm.services import ladder_changed, set_key
from apps.knowledge.tasks import refresh_embeddings
provider = Provider(name="Fake", base_url={url!r})
set_key(provider=provider, key="sk-fake-key")
provider.save()
Model.objects.create(
    provider=provider, name="embed", tier="local", purpose="embedding", rank=1
)
ladder_changed()
refresh_embeddings.delay()
"""
TAKE_OFF = """
from apps.llm.models import Model
Model.objects.all().delete()
"""


async def test_a_worker_embeds_and_a_web_process_takes_it_up(servers, fakellm):
    with (
        servers.web(HELPDESK_INDEX_WATCH_SECONDS="0.1", **AT_HOME) as web,
        servers.command(*WORKER, **AT_HOME) as worker,
    ):
        await asyncio.to_thread(worker.wait_for, " ready.")
        script = ADD.format(url=fakellm.base_url)
        await asyncio.to_thread(servers.manage, "shell", "-c", script, **AT_HOME)
        await asyncio.to_thread(worker.wait_for, "made by embed")
        await asyncio.to_thread(web.child.wait_for, "index: meaning of site")
    await asyncio.to_thread(servers.manage, "shell", "-c", TAKE_OFF)
    texts = [text for call in fakellm.calls("embed") for text in call["body"]["input"]]
    assert len(texts) == len(set(texts))
    [(entries, embedded)] = servers.query(
        "SELECT (SELECT count(*) FROM knowledge_faq WHERE status = 'live'),"
        " (SELECT count(*) FROM knowledge_embeddedentry)"
    )
    assert 0 < entries == embedded
