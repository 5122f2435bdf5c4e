"""Endpoints and asks of the gateway's tests."""

import uuid
from ipaddress import ip_network
from typing import Any

from apps.llm import prompts
from apps.llm.prompts import Passage, Told, TurnAnswer
from apps.llm.values import Answer, Ask, Endpoint, Purpose, Tier
from tests.fakellm.process import FakeLLM

LOOPBACK = (ip_network("127.0.0.0/8"),)
PASSAGE = Passage("Returns", "You may return a parcel within 30 days of its arrival.")
# The fake replies with the text of the passage that fits best.
REPLY = PASSAGE.text
QUESTION = "Within how many days may I return a parcel?"


def endpoint(fake: FakeLLM | str, name: str, **values) -> Endpoint:
    """A model of the fake, or of the server at that address, by its name."""
    url = fake if isinstance(fake, str) else fake.base_url
    given: dict[str, Any] = {
        "provider": uuid.uuid4(),
        "model": uuid.uuid4(),
        "tier": Tier.LOCAL,
        "purpose": Purpose.ANSWER,
        "base_url": url,
        "key": "sk-fake-key",
        "name": name,
        "deadline_s": 20.0,
    }
    return Endpoint(**given | values)


def ask(**values) -> Ask:
    told = Told(QUESTION, "en", passages=[PASSAGE])
    given: dict[str, Any] = {
        "messages": prompts.turn(told),
        "schema": TurnAnswer,
        "stream": True,
        "deadline_s": 20.0,
    }
    return Ask(**given | values)


def reply(answer: Answer) -> str:
    assert isinstance(answer.value, TurnAnswer)
    return answer.value.reply
