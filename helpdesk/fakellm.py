"""FAKELLM=1: a language model that is none runs beside Helpdesk (tests/fakellm), to try tiers and
failures without a key. It listens for this machine only."""

from collections.abc import Mapping

from helpdesk.places import StartError

ALLOWED = "HELPDESK_LLM_ALLOWED_NETWORKS"
ABOVE_WEB = 900
MOST = 65_535


def address(environment: Mapping[str, str], web_port: int) -> str | None:
    """Its base URL, None unless FAKELLM=1. Raises StartError for values that cannot be."""
    wanted = environment.get("FAKELLM") or "0"
    if wanted not in ("0", "1"):
        raise StartError(f"FAKELLM must be 0 or 1, not {wanted!r}.")
    word = environment.get("FAKELLM_PORT") or str(_beside(web_port))
    if not (word.isascii() and word.isdigit() and 1 <= int(word) <= MOST):
        raise StartError(f"FAKELLM_PORT must be a number from 1 to {MOST}, not {word!r}.")
    if wanted == "1" and int(word) == web_port:
        raise StartError(f"FAKELLM_PORT is {word}, which is PORT; choose another.")
    return f"http://127.0.0.1:{int(word)}/v1" if wanted == "1" else None


def variables(base_url: str | None, own: Mapping[str, str]) -> dict[str, str]:
    """What the processes get beside `own`: its address, and that models may be at it."""
    if base_url is None:
        return {}
    found = {"FAKELLM_URL": base_url}
    if f"{ALLOWED}_FILE" not in own:
        found[ALLOWED] = ",".join(filter(None, (own.get(ALLOWED), "127.0.0.1/32")))
    return found


def processes(base_url: str | None) -> dict[str, str]:
    """Its line of the Procfile, as name and command."""
    if base_url is None:
        return {}
    return {"fakellm": f"python -m tests.fakellm --port {port(base_url)}"}


def port(base_url: str) -> int:
    return int(base_url.rpartition(":")[2].partition("/")[0])


def _beside(web_port: int) -> int:
    """Another one for each port of the web process, so that several checkouts can run."""
    return web_port + ABOVE_WEB if web_port + ABOVE_WEB <= MOST else web_port - ABOVE_WEB
