"""What went wrong with a request, in our own words: a server's may repeat what a visitor said."""

import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from apps.llm.addresses import BlockedError
from apps.llm.clients import Request, TooLargeError
from apps.llm.parsing import BadOutputError
from apps.llm.values import GatewayError, Outcome

if TYPE_CHECKING:
    from openai import APIStatusError

logger = logging.getLogger(__name__)

STATUSES = {
    400: (Outcome.BAD_REQUEST, "the server refuses the request"),
    401: (Outcome.AUTH, "the key is refused"),
    402: (Outcome.AUTH, "the account has no credit left"),
    403: (Outcome.AUTH, "the key may not use this model"),
    404: (Outcome.MISSING_MODEL, "the server has no such model, or nothing at this address"),
    429: (Outcome.RATE_LIMITED, "the provider's limit is reached"),
}
# Seconds only: a date would trust two clocks.
SECONDS = re.compile(r"\d{1,6}(\.\d{1,3})?")
# What a server asks for beyond this it may say again: a slip of its own shuts nobody out for days.
LONGEST_RETRY_S = 300.0
# Told by servers of a prompt that one of their models cannot take; others are fine. No list is
# complete: see `Breaker` for what the rest comes to.
OF_THIS_PROMPT = re.compile(
    r"context.?(?:length|size|window)|too (?:long|large|many tokens)|maximum.{0,20}(?:length|tokens)"
    r"|content.{0,20}(?:filter|polic|risk|safety|moderat)|data.?inspection|sensitive|inappropriate"
    r"|harmful"
    r"|敏感|违规|违禁|不合规|不适宜|不安全|安全审核|内容审核|内容安全|风险|超出.{0,12}长度|超过.{0,12}长度|长度超|过长",
    re.IGNORECASE,
)
NO_MODEL = re.compile(r"model.?(?:not.?found|does not exist)|no such model|unknown model", re.I)


def fault(error: BaseException, request: Request) -> GatewayError:
    """What `error`, raised by the client or by reading its answer, means."""
    # From the innermost on: what is around it only says that there was no connection.
    for cause in reversed([*_chain(error)]):
        found = _known(cause)
        if found is not None:
            found.sent = found.sent or request.sent
            return found
    logger.info("llm: no answer (%s)", " < ".join(type(each).__name__ for each in _chain(error)))
    if request.sent:
        return GatewayError(Outcome.CUT, "the connection ended within the answer", sent=True)
    return GatewayError(Outcome.UNREACHABLE, "the server cannot be reached")


def told(error: BaseException) -> str:
    """What the server has said of it: to be searched, never to be shown or logged."""
    body = getattr(error, "body", None)
    return body if isinstance(body, str) else str(body or "")


def _chain(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ if found.__suppress_context__ else found.__context__


def _known(error: BaseException) -> GatewayError | None:
    from openai import APIStatusError  # noqa: PLC0415 takes a second

    match error:
        case GatewayError():
            return error
        case TooLargeError():
            return GatewayError(Outcome.TOO_LARGE, "the answer is too long")
        case BlockedError():
            return GatewayError(Outcome.BLOCKED, str(error))
        case BadOutputError():
            return GatewayError(Outcome.BAD_OUTPUT, error.detail)
        case APIStatusError():
            return _status(error)
    return _of_connection(error)


def _of_connection(error: BaseException) -> GatewayError | None:
    import aiohttp  # noqa: PLC0415 not in every process

    match error:
        case aiohttp.ClientConnectorDNSError():
            return GatewayError(Outcome.UNREACHABLE, "the name of the server is not known")
        case aiohttp.ClientSSLError():
            return GatewayError(Outcome.TLS, "the server's certificate does not hold")
        case aiohttp.InvalidURL():
            return GatewayError(Outcome.BLOCKED, "the address is not usable")
    return None


def _status(error: "APIStatusError") -> GatewayError:
    code, said = error.status_code, told(error)
    outcome, detail = STATUSES.get(
        code,
        (Outcome.SERVER_ERROR, f"the server fails with {code}")
        if code >= 500 or code in {408, 409}
        else (Outcome.BAD_REQUEST, f"the server refuses the request with {code}"),
    )
    if outcome is Outcome.BAD_REQUEST and NO_MODEL.search(said):
        outcome, detail = STATUSES[404]
    if outcome is Outcome.RATE_LIMITED and "insufficient_quota" in said:
        detail = STATUSES[402][1]
    return GatewayError(
        outcome,
        detail,
        retry_after=retry_after(error.response.headers),
        # llama.cpp fails with 500 for what is longer than its batch.
        only_this=(outcome is Outcome.BAD_REQUEST or code == 500)
        and (code == 413 or bool(OF_THIS_PROMPT.search(said))),
    )


def retry_after(headers: Any) -> float | None:
    value = (headers.get("retry-after") or "").strip()
    return min(float(value), LONGEST_RETRY_S) if SECONDS.fullmatch(value) else None
