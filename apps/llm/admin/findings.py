"""What a check has found, in sentences: what it is, and what to do about it."""

from collections.abc import Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.llm.findings import Code
from apps.llm.models import Model, Provider
from apps.llm.models.providers import WAYS
from apps.llm.values import Way

SENTENCES: dict[str, tuple[str | Promise, str | Promise]] = {
    Code.UNKNOWN_HOST: (
        _("There is no server of that name."),
        _("Look for a slip in the address."),
    ),
    Code.UNREACHABLE: (
        _("The server does not take the connection."),
        _("Is it running, and are host and port right?"),
    ),
    Code.BLOCKED: (
        _("This server may not be called from here."),
        _(
            "Its address leads into a private network that is not allowed, or to the internet "
            "without https. Whoever runs this server allows networks with "
            "HELPDESK_LLM_ALLOWED_NETWORKS."
        ),
    ),
    Code.TLS: (
        _("The server's certificate does not hold, or it speaks no TLS."),
        _(
            "A local server mostly wants http:// instead of https://. Others need a valid certificate."
        ),
    ),
    Code.KEY: (
        _("The server refuses the key."),
        _("Enter it again, and look whether it is revoked or belongs to another account."),
    ),
    Code.NO_KEY: (
        _("The server wants a key, and there is none."),
        _("Enter it in the field below."),
    ),
    Code.MISSING_MODEL: (
        _("The server does not have this model."),
        _(
            "Write its name exactly as the server calls it; at Ollama, pull it first. If no model "
            "is found at all, the address may lack /v1 at its end."
        ),
    ),
    Code.REDIRECT: (
        _("The server sends the request on to another address."),
        _("Helpdesk does not follow, so that the key goes nowhere else. Enter that address."),
    ),
    Code.LIMITED: (
        _("The provider lets no more calls through at the moment."),
        _("Its limit is used up, or the account has no credit. Look at the provider's own pages."),
    ),
    Code.REFUSED: (
        _("The server refuses the request."),
        _("It may want another kind of server above, or a shorter “longest answer”."),
    ),
    Code.FAILS: (
        _("The server fails while it answers."),
        _("Look at its log: memory that does not suffice is the most common reason."),
    ),
    Code.TOO_SLOW: (
        _("No whole answer came within the model's times."),
        _("Give it more time, a smaller model, or fewer calls at once."),
    ),
    Code.SLOW: (
        _("The first word took %(seconds)s s."),
        _("Visitors notice that. A smaller model or a faster machine helps."),
    ),
    Code.NO_STREAMING: (
        _("Its answers come in one piece."),
        _("Visitors see nothing until the whole answer is there. It works all the same."),
    ),
    Code.NO_STRUCTURE: (
        _("It keeps to no form, in none of the four ways."),
        _("It cannot be used for answers. Larger models, or those trained for tools, keep to one."),
    ),
    Code.NO_JSON: (
        _("The server answers with something that is no JSON of a model."),
        _(
            "It may be the page of a proxy or a sign-in, or the address leads to something else. "
            "Look at what stands before the server, and at the end of the address."
        ),
    ),
    Code.ONLY_PROMPT: (
        _("It keeps to the form only because the prompt asks for it."),
        _("Expect answers that cannot be used now and then; the next step takes those turns."),
    ),
    Code.CORRECTED: (
        _("It kept to the form only after it was corrected."),
        _("Every such answer costs a second call, and time. A larger model may not need it."),
    ),
    Code.WRONG_SIZE: (
        _("Its vectors have %(seen)s numbers instead of %(wanted)s."),
        _("It is another model than the index was made with: correct the model, or its length."),
    ),
    Code.SAME_VECTORS: (
        _("Different texts get the same vector."),
        _("It is no model for embeddings, or it cannot read these languages."),
    ),
    Code.BAD_VECTORS: (
        _("What it answers are no usable vectors."),
        _("It may not be a model for embeddings, or return one vector for each token."),
    ),
    Code.ZERO_VECTORS: (
        _("Its vectors are nothing but zeros."),
        _("The model was not loaded rightly, or it is none for embeddings. Start it anew."),
    ),
    Code.NO_MODEL: (
        _("There is no enabled model to try."),
        _("Add one: a provider is asked for its models only."),
    ),
    Code.SEALED: (
        _("The stored key does not open."),
        _("It was sealed with another HELPDESK_SEAL_KEY than this server has. Enter it again."),
    ),
    Code.NOT_FINISHED: (
        _("The check had no time left for it."),
        _("All models together have %(seconds)s s. Disable those that fail, and check again."),
    ),
}
# Where the sentence leaves open what it was.
DETAILED = {Code.FAILS, Code.REFUSED, Code.NO_STRUCTURE, Code.NO_JSON, Code.BAD_VECTORS}
WORKS = _("Works; first word after %(first)s ms, whole answer after %(whole)s ms. %(way)s.")
LEADS_TO = _("The server sends the request on to another address (%(host)s).")
WORKS_VECTORS = _("Works; vectors of %(size)s numbers.")


def shown(provider: Provider, rows: Sequence[Model]) -> list[dict[str, Any]]:
    """The last check's findings for a page, by model."""
    labels = {row.name: str(row) for row in rows}
    return [
        {
            "level": one["level"],
            "model": labels.get(one["model"], one["model"]),
            **_said(one),
            "detail": one["detail"] if one["code"] in DETAILED else "",
        }
        for one in provider.findings
    ]


def _said(one: dict[str, Any]) -> dict[str, str]:
    code, values = one["code"], one["values"]
    if code != Code.WORKS:
        text, advice = SENTENCES.get(code, SENTENCES[Code.FAILS])
        text = LEADS_TO if "host" in values else text
        return {"text": _filled(text, values), "advice": _filled(advice, values)}
    if "size" in values:
        return {"text": _filled(WORKS_VECTORS, values), "advice": ""}
    way = dict(WAYS).get(Way(values["way"]), "")
    return {"text": _filled(WORKS, {**values, "way": way}), "advice": ""}


def _filled(text: str | Promise, values: dict[str, Any]) -> str:
    return str(text) % values if values else str(text)
