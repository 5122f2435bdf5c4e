"""A shop that knows little, so that its models have something to do."""

import uuid
from typing import Any

from apps.chat.frames import Send
from apps.dialogue.driver import Driver
from apps.dialogue.handles import Feed, Handle

QUESTION = "Which boots are warm enough for a winter in the mountains?"
FIRST = "Our lined boots are made for winters in the mountains."
ANSWER = f"{FIRST} The others are not."
NEAR = "what does my brother wear in the mountains"
KNOWN = {
    QUESTION: ANSWER,
    "How long does delivery take?": "Two days.",
    "How do I return a jacket?": "Send it back.",
    "Do you sell gift cards?": "At the till.",
    "Is there a discount for students?": "Ten percent.",
}


async def say(
    driver: Driver, handle: Handle, text: str, feed: Feed | None = None
) -> dict[str, Any]:
    answer = await driver.send(handle, Send(cmid=uuid.uuid4(), text=text), feed)
    assert answer["type"] == "ack"
    return answer
