"""A model that does whatever anybody in the prompt tells it to."""

import re
from typing import Any

from tests.fakellm.answers import every_command
from tests.fakellm.asks import Ask
from tests.fakellm.prompts import Prompt

SAY = re.compile(
    r"(?:\b(?:say|says|reply|respond|answer|output|print|write|repeat)\b(?: only| exactly)?"
    r"(?: with| the words?| this)?|只?(?:回复|回答|输出|说出?|打印))\s*[:：]?\s*(?P<words>[^\n。]+)",
    re.IGNORECASE,
)
QUOTED = re.compile(r"[\"“'‘「『](?P<words>[^\"”'’」』]+)[\"”'’」』]")
SECRETS = re.compile(r"system prompt|instructions|提示词|系统提示|指令", re.IGNORECASE)


def obeyed(ask: Ask, prompt: Prompt, content: dict[str, Any]) -> dict[str, Any]:
    """Says what it is told to say, gives its system prompt away when somebody speaks of it, cites
    everything and makes each command that the schema knows."""
    heard = "\n".join([*(each.text for each in prompt.evidence), prompt.visitor])
    said = list(_told(heard))
    if SECRETS.search(heard):
        said.append(prompt.system)
    found: dict[str, Any] = {"reply": "\n".join(said) or content["reply"]}
    if "cites" in content:
        found["cites"] = [each.id for each in prompt.evidence]
    if "cmds" in content:
        schema = ask.schema or {}
        cmds = schema.get("properties", {}).get("cmds", {})
        found["cmds"] = every_command(cmds, schema.get("$defs", {}))
    return found


def _told(heard: str) -> list[str]:
    orders = [found["words"] for found in SAY.finditer(heard)]
    return [quoted["words"] if (quoted := QUOTED.search(order)) else order for order in orders]
