"""Webhooks after the Standard Webhooks specification: what is sent, how it is signed, and what an
answer means. docs/actions.md tells the other side."""

import base64
import hashlib
import hmac
import random
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from django.conf import settings
from django.utils import timezone

from apps.dialogue.models import ActionRun, Webhook, WebhookDelivery
from apps.engine.events import Ended, Result
from apps.guard.outbound import Answer, OutboundError, Problem, Request, post
from apps.sites.sealing import SealError, seal, unseal

PREFIX = "whsec_"
SECRET_BYTES = 32
DEADLINE_S = 10.0
MOST_BYTES = 65_536
# Seconds before each further try: with ten for each of them, some two minutes in all.
PAUSES_S = (2, 8, 25, 50)
TRIES = len(PAUSES_S) + 1
LONGEST_PAUSE_S = 60.0
# How long the secret before still signs, so that the shop can take the new one over.
OVERLAP = timedelta(days=1)
# "Not now" in the words of HTTP: 409 is how a receiver says that it works at the first try.
NOT_NOW = frozenset({408, 409, 425, 429})
ENDED = {"done": Ended.DONE, "refused": Ended.REFUSED, "failed": Ended.FAILED}
# What cannot get better by itself, so it is not tried again.
FINAL = frozenset({Problem.BAD_URL, Problem.BLOCKED, Problem.PLAIN})


@dataclass(frozen=True, slots=True)
class Told:
    """What one try came to. Without a `result` it may be tried again, after `pause_s` at least.
    `arrived`: the shop may have done it. `error` is a Problem or a word of `answer_of`."""

    result: Result | None = None
    status: int | None = None
    error: str = ""
    arrived: bool = False
    pause_s: float = 0.0


class NoSecretError(Exception):
    """The secret does not open with this installation's key."""


def make_secret(*, webhook: Webhook) -> str:
    """Seals a new secret into the webhook, unsaved; the one before signs on for a day."""
    secret = PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    webhook.sealed_previous = webhook.sealed
    webhook.sealed = seal(secret, owner=webhook.owner)
    webhook.renewed_at = timezone.now()
    return secret


def body_of(run: ActionRun, person: str) -> str:
    """The bytes of every try."""
    data: dict[str, Any] = {
        "key": str(run.key),
        "site": run.site.key,
        "session": str(run.session_id),
        "flow": run.flow,
        "version": run.version,
        "slots": run.slots,
        "person": person,
        "language": run.language,
    }
    kind = "lookup" if run.lookup else "action"
    sent = {"type": kind, "timestamp": run.created_at.isoformat(), "data": data}
    return orjson.dumps(sent).decode()


def signature(secret: str, key: str, timestamp: int, body: str) -> str:
    """HMAC-SHA256 over "id.timestamp.body", as `v1,` and base64."""
    opened = base64.b64decode(secret.removeprefix(PREFIX))
    made = hmac.new(opened, f"{key}.{timestamp}.{body}".encode(), hashlib.sha256)
    return f"v1,{base64.b64encode(made.digest()).decode()}"


def deliver(delivery: WebhookDelivery, key: str) -> Told:
    """One try. Holds no transaction and no lock: the shop may take ten seconds."""
    if delivery.webhook is None:
        return _given_up(key, "deleted")
    try:
        answer = send(delivery.webhook, key, delivery.body)
    except NoSecretError:
        return _given_up(key, "no_secret")
    except OutboundError as error:
        final = Result(key, Ended.FAILED) if error.problem in FINAL else None
        return Told(final, error=error.problem, arrived=error.arrived)
    return answer_of(answer, key)


def send(webhook: Webhook, key: str, body: str) -> Answer:
    """Raises NoSecretError and OutboundError."""
    timestamp = int(time.time())
    signed = [signature(secret, key, timestamp, body) for secret in _secrets(webhook)]
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Helpdesk",
        "webhook-id": key,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signed),
    }
    return post(
        Request(
            webhook.url,
            body.encode(),
            headers,
            allow=settings.OUTBOUND_ALLOW,
            deadline_s=DEADLINE_S,
            most_bytes=MOST_BYTES,
        )
    )


def answer_of(answer: Answer, key: str) -> Told:
    """What the shop's answer means."""
    status = answer.status
    if 200 <= status < 300:
        return _said(answer, key)
    if status in NOT_NOW or status >= 500:
        pause = min(answer.retry_after or 0.0, LONGEST_PAUSE_S)
        return Told(status=status, error="status", arrived=True, pause_s=pause)
    error = "redirect" if 300 <= status < 400 else "status"
    return Told(Result(key, Ended.FAILED), status, error)


def pause_after(count: int, told: Told) -> timedelta:
    """From the try of that number to the next: what the shop asks for, else longer each time, and
    never all at once."""
    pause = PAUSES_S[min(count, len(PAUSES_S)) - 1]
    spread = random.uniform(0.8, 1.2)  # noqa: S311 spreads load, guards nothing
    return timedelta(seconds=max(told.pause_s, pause * spread))


def _secrets(webhook: Webhook) -> list[str]:
    is_new = webhook.renewed_at > timezone.now() - OVERLAP
    sealed = [webhook.sealed, webhook.sealed_previous if is_new else ""]
    try:
        return [unseal(value, owner=webhook.owner) for value in sealed if value]
    except SealError as error:
        raise NoSecretError from error


def _said(answer: Answer, key: str) -> Told:
    """A 2xx without a word that we know says nothing of what was done."""
    try:
        found = orjson.loads(answer.body)
        ended = ENDED[found["status"]]
        text, slot = found.get("text") or "", found.get("slot") or ""
        known = isinstance(text, str) and isinstance(slot, str)
    except (ValueError, KeyError, TypeError, AttributeError):
        known = False
    if not known:
        return Told(status=answer.status, error="no_answer", arrived=True)
    result = Result(key, ended, text, slot, found.get("not_found") is True)
    return Told(result, answer.status)


def _given_up(key: str, error: str) -> Told:
    return Told(Result(key, Ended.FAILED), error=error)
