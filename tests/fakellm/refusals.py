"""Errors in OpenAI's words."""

from typing import Any


class Refused(Exception):  # noqa: N818 - an answer, no fault of ours
    """An error body to send instead of an answer."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {
            "error": {"message": message, "type": kind, "param": param, "code": code}
        }


def bad_key(key: str) -> Refused:
    shown = f"{key[:3]}{'*' * 8}{key[-4:]}"
    return Refused(
        401,
        f"Incorrect API key provided: {shown}. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        code="invalid_api_key",
    )


def no_key() -> Refused:
    return Refused(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization "
        "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
    )


def no_model(name: str) -> Refused:
    return Refused(
        404,
        f"The model `{name}` does not exist or you do not have access to it.",
        code="model_not_found",
    )


def by_status(status: int) -> Refused:
    """What OpenAI says with that status when nothing is wrong with the request itself."""
    message, kind, code = BY_STATUS.get(status, BY_STATUS[500])
    return Refused(status, message, kind=kind, code=code)


BY_STATUS: dict[int, tuple[str, str, str | None]] = {
    400: ("Unsupported value.", "invalid_request_error", "unsupported_value"),
    401: (
        "Incorrect API key provided: sk-********fake.",
        "invalid_request_error",
        "invalid_api_key",
    ),
    403: (
        "Country, region, or territory not supported",
        "request_forbidden",
        "unsupported_country_region_territory",
    ),
    404: ("The model does not exist.", "invalid_request_error", "model_not_found"),
    429: (
        "Rate limit reached on tokens per min (TPM): Limit 10000, Used 9990, Requested 400.",
        "tokens",
        "rate_limit_exceeded",
    ),
    500: (
        "The server had an error while processing your request. Sorry about that!",
        "server_error",
        None,
    ),
    503: ("The engine is currently overloaded, please try again later", "server_error", None),
}
QUOTA = Refused(
    429,
    "You exceeded your current quota, please check your plan and billing details.",
    kind="insufficient_quota",
    code="insufficient_quota",
)
