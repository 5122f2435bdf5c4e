"""The receiver in docs/actions.md is run as it stands there, and called as a shop's would be."""

import os
import re
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network

import pytest

from apps.dialogue.actions import resending, webhooks
from apps.dialogue.models import Webhook
from tests.stack import ROOT, Child, free_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def webhook(site, settings, tmp_path):
    """A webhook at a receiver that was copied out of the page."""
    settings.OUTBOUND_ALLOW = (ip_network("127.0.0.0/8"),)
    page = (ROOT / "docs" / "actions.md").read_text(encoding="utf-8")
    (code,) = (
        block
        for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL)
        if "Receiver" in block
    )
    program = tmp_path / "receiver.py"
    program.write_text(code, encoding="utf-8")
    port = free_port()
    made = Webhook(site=site, name="Our shop", url=f"http://127.0.0.1:{port}/")
    secret = webhooks.make_secret(webhook=made)
    made.save()
    env = {**os.environ, "WEBHOOK_SECRET": secret, "ANSWERS": str(tmp_path / "answers.db")}
    child = Child([sys.executable, str(program), str(port)], env)
    child.wait_for("listening")
    yield made
    child.stop()


def body(order):
    return f'{{"type": "action", "data": {{"slots": {{"order_id": "{order}"}}}}}}'


def test_it_answers_a_genuine_call_and_a_ping(webhook):
    assert resending.ping(webhook=webhook) == ""
    answer = webhooks.send(webhook, str(uuid.uuid4()), body("A1"))
    assert webhooks.answer_of(answer, "k").result.text == "Order A1 is noted."


def test_it_heeds_the_id(webhook):
    key = str(uuid.uuid4())
    with ThreadPoolExecutor(4) as pool:
        first = list(pool.map(lambda n: webhooks.send(webhook, key, body(f"A{n}")), range(4)))
    texts = {answer.body for answer in first if answer.status == 200}
    assert {answer.status for answer in first} <= {200, 409}
    assert len(texts) == 1


def test_it_turns_away_what_is_not_signed_with_the_secret(webhook):
    webhooks.make_secret(webhook=webhook)
    webhook.sealed_previous = ""
    assert webhooks.send(webhook, str(uuid.uuid4()), body("A1")).status == 401
