"""What a bot asks for besides words, as the wire spells it."""

from typing import Any

from tests.widget.scripted import Script

ORDER: dict[str, Any] = {
    "slot": "order_id",
    "type": "order_id",
    "label": "Order number",
    "example": "202611040017",
    "lack": True,
}
REASON: dict[str, Any] = {
    "slot": "reason",
    "type": "choice",
    "label": "What is wrong with it?",
    "options": [
        {"label": "It is damaged", "value": "damaged"},
        {"label": "I do not want it any more", "value": "no_longer_needed"},
    ],
}
TAIL: dict[str, Any] = {
    "slot": "phone_tail",
    "type": "phone_tail",
    "label": "Last four digits of the phone",
    "example": "1234",
    "lack": True,
}
EMAIL: dict[str, Any] = {"slot": "email", "type": "email", "label": "E-mail of the order"}
CARD: dict[str, Any] = {
    "id": "6f1c8f4e-9f0b-4b8a-8a5e-0d8f5f0c1a11",
    "title": "Return order 202611040017?",
    "rows": [
        {"slot": "order_id", "label": "Order number", "value": "202611040017"},
        {"slot": "reason", "label": "Reason", "value": "<b>left ear</b> silent"},
    ],
}


def ask(script: Script, form: dict[str, Any], text: str = "Please tell me more.") -> None:
    script.say("bot", text, meta={"ai": True, "form": form})


def confirm(script: Script, *fields: dict[str, Any], text: str = "Is this right?") -> None:
    card = {**CARD, "fields": list(fields)} if fields else CARD
    script.say("bot", text, meta={"ai": True, "confirm": card})


def sent(script: Script) -> list[tuple[str, dict[str, str] | None]]:
    """What came after the line that began the conversation."""
    return [(frame["text"], frame.get("fields")) for frame in script.of_type("send")[1:]]
