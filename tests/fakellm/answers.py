"""What a model that does its work says: any schema filled, the turn's schema from the evidence."""

import re
from typing import Any

from tests.fakellm.asks import Ask
from tests.fakellm.prompts import Evidence, Prompt, read_prompt

# Of the telling words: visitors say more than what they ask about.
ENOUGH_AT = 0.25
HUMAN = re.compile(r"\b(human|agent|person|operator)\b|人工|真人|客服", re.IGNORECASE)
UNKNOWN = ("I found nothing about that.", "我没有找到相关的内容。")
Names = tuple[str, ...]
# What a schema may call asking the knowledge, beginning a flow, and asking for a person.
ASKING: Names = ("ask_kb", "ask_faq", "ask", "AskFaq")
STARTING: Names = ("start", "start_flow", "StartFlow")
HUMANS: Names = ("human", "want_human", "WantHuman", "handoff")
CONFIDENCE = {True: ("high", 0.93), False: ("low", 0.2)}


def answer(ask: Ask) -> dict[str, Any] | str:
    """An object for a schema, else plain text."""
    prompt = read_prompt(ask)
    if ask.schema is None:
        said = turn(prompt, {}, {})["reply"] or UNKNOWN[prompt.is_chinese]
        return {"answer": said} if ask.way == "json_object" else str(said)
    return fill_all(ask.schema, prompt, ask.text())


def fill_all(schema: dict[str, Any], prompt: Prompt, text: str) -> dict[str, Any]:
    """Every property in the schema's order; those of a turn by what the evidence says."""
    properties = schema.get("properties", {})
    definitions = schema.get("$defs", {})
    known = turn(prompt, properties, definitions) if "reply" in properties else {}
    return {
        name: known[name] if name in known else _told(name, inner, definitions, text)
        for name, inner in properties.items()
    }


def turn(prompt: Prompt, properties: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """why, cmds, enough, cites, conf and reply, which is empty unless the evidence suffices."""
    found, score = prompt.found(ENOUGH_AT)
    flow = _wanted_flow(prompt, score)
    cited = [found] if found and score >= ENOUGH_AT and not flow else []
    label, number = CONFIDENCE[bool(cited)]
    known = every_command(properties.get("cmds", {}), definitions)
    return {
        "why": f"{score:.0%} of the line's telling words stand in the passage.",
        "cmds": _commands(prompt, known, flow),
        "enough": bool(cited),
        "cites": cites(properties.get("cites", {}), [each.id for each in cited]),
        "conf": number if _kind(properties.get("conf", {})) in ("number", "integer") else label,
        "reply": "".join(each.text for each in cited),
    }


def _wanted_flow(prompt: Prompt, score: float) -> Evidence | None:
    """One that is nearer than any passage."""
    flow, near = prompt.flow()
    return flow if near >= ENOUGH_AT and near > score else None


def _commands(
    prompt: Prompt, known: list[dict[str, Any]], flow: Evidence | None
) -> list[dict[str, Any]]:
    """What the visitor wants, if the schema knows it: a person, a flow, else an answer."""
    wanted = STARTING if flow else ASKING
    if HUMAN.search(prompt.visitor):
        wanted = HUMANS
    key = {"key": flow.id} if flow and wanted is STARTING else {}
    return [command | key for command in known if command["op"] in wanted][:1]


def every_command(schema: dict[str, Any], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    """A command of each `op` that the schema of `cmds` knows."""
    inner = _resolved(schema.get("items", {}), definitions).get("properties", {})
    filled = {name: fill(each, definitions) for name, each in inner.items()}
    operations = _resolved(inner.get("op", {}), definitions).get("enum", ())
    return [filled | {"op": op} for op in operations]


def cites(schema: dict[str, Any], ids: list[str]) -> list[Any]:
    """The ids as the schema wants them."""
    if _kind(schema.get("items", {})) == "integer":
        return [int(each) for each in ids if each.isdecimal()]
    return list(ids)


def fill(schema: dict[str, Any], definitions: dict[str, Any]) -> Any:
    """The smallest value that fits."""
    schema = _resolved(schema, definitions)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return fill(schema[key][0], definitions)
    return _plain(schema, definitions)


def _plain(schema: dict[str, Any], definitions: dict[str, Any]) -> Any:
    match _kind(schema):
        case "object":
            inner = schema.get("properties", {})
            return {name: fill(each, definitions) for name, each in inner.items()}
        case "array":
            return [fill(schema["items"], definitions)] * schema.get("minItems", 0)
        case "string":
            return "x" * schema.get("minLength", 0)
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return True
    return None


def _told(name: str, schema: dict[str, Any], definitions: dict[str, Any], text: str) -> Any:
    """What the prompt says the field must be (`colour=red`, `colour: red`), else what fits."""
    found = re.search(rf"\b{re.escape(name)}\s*(?:=|:|：)\s*[\"'“]?([\w.-]*\w)", text)
    if found is None:
        return fill(schema, definitions)
    match _kind(schema):
        case "string":
            return found[1]
        case "integer" if found[1].isdecimal():
            return int(found[1])
        case "boolean":
            return found[1].lower() == "true"
    return fill(schema, definitions)


def _resolved(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, or the one that it refers to."""
    found: dict[str, Any] = definitions.get(schema.get("$ref", "").rpartition("/")[2], schema)
    return found


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "")
    return str(kind[0] if isinstance(kind, list) else kind)
