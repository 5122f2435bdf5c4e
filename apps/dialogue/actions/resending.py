"""What staff do with webhooks: send one again that was given up, and try an address out."""

import uuid
from datetime import UTC, datetime

import orjson
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.dialogue.actions import webhooks
from apps.dialogue.models import ActionRun, Webhook, WebhookDelivery
from apps.dialogue.tasks import enqueue_actions
from apps.guard.outbound import OutboundError, Problem

# Why a try came to nothing, for those who can mend it.
REASONS: dict[str, str | Promise] = {
    Problem.BAD_URL: _("The address cannot be called. Write one such as https://shop.example/x."),
    Problem.BLOCKED: _(
        "The address leads into a private network. Whoever runs this server can allow it with "
        "HELPDESK_OUTBOUND_ALLOW."
    ),
    Problem.PLAIN: _("The address is not encrypted. Write https:// instead of http://."),
    Problem.UNKNOWN_HOST: _("There is no server of that name."),
    Problem.UNREACHABLE: _("The server does not take the connection."),
    Problem.TLS: _("The server's certificate does not hold, or it speaks no TLS."),
    Problem.TIMEOUT: _("The server did not answer within ten seconds."),
    Problem.CUT: _("The server ended the connection within its answer."),
    Problem.TOO_LARGE: _("The answer was longer than 64 KiB."),
    Problem.NO_HTTP: _("What answered speaks no HTTP."),
    "redirect": _("The server redirects to another address; redirects are not followed."),
    "status": _("The server answered with an error."),
    "no_answer": _("The server's answer is not the JSON that was agreed on."),
    "no_secret": _("The secret does not open with this installation's key: make a new one."),
    "deleted": _("The webhook was deleted, or belongs to another site."),
    "lost": _("The process that sent it was lost at each try."),
}


class NotDeadError(Exception):
    """The delivery was not given up, or somebody has sent it again already."""


@transaction.atomic
def send_again(*, run_id: uuid.UUID) -> ActionRun:
    """Starts a round of tries with the same id, so that a shop which did it once does it no second
    time. Raises NotDeadError.
    """
    run = ActionRun.objects.select_for_update(no_key=True).filter(pk=run_id).first()
    # A statement of its own, after the lock: it sees what a click before this one has stored.
    given_up = WebhookDelivery.objects.filter(pk=run_id, dead=True)
    if run is None or not given_up.update(dead=False, tries_before=run.attempts):
        raise NotDeadError
    run.state, run.due_at, run.finished_at = ActionRun.State.PENDING, timezone.now(), None
    run.save(update_fields=["state", "due_at", "finished_at"])
    enqueue_actions()
    return run


def ping(*, webhook: Webhook) -> str | Promise:
    """Sends a signed `ping` at once; what is wrong in a sentence, "" when nothing is."""
    sent = {"type": "ping", "timestamp": datetime.now(UTC).isoformat(), "data": {}}
    try:
        answer = webhooks.send(webhook, str(uuid.uuid4()), orjson.dumps(sent).decode())
    except webhooks.NoSecretError:
        return REASONS["no_secret"]
    except OutboundError as error:
        return REASONS[error.problem]
    told = webhooks.answer_of(answer, "")
    return REASONS[told.error] if told.error else ""
