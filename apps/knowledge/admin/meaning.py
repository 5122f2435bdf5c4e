"""What the list of entries tells of the search by meaning."""

from collections.abc import Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.knowledge.models import DenseIndex, EmbeddingCount, IndexState
from apps.sites.models import LANGUAGES

# How details begin that models' gateways give, and in full where more is known.
SAID: dict[str, str | Promise] = {
    "bad_output: embeddings of nothing but zeros": _("Its vectors are nothing but zeros."),
    "bad_output: embeddings of different lengths": _("Its vectors have different lengths."),
    "bad_output: no embeddings": _("What it answers are no vectors."),
    "bad_output": _("What it answers are no usable vectors."),
    "auth": _("The server refuses the key."),
    "missing_model": _("The server does not have this model."),
    "unreachable": _("The server is not reached."),
    "blocked": _("The address of the server is not allowed."),
    "tls": _("The server's certificate does not hold."),
    "redirect": _("The server sends the request on to another address."),
    "rate_limited": _("The provider lets no more calls through at the moment."),
    "server_error": _("The server fails."),
    "bad_request": _("The server refuses the request."),
    "deadline": _("No answer came in time."),
    "no answer in time": _("No answer came in time."),
    "quota": _("Its quota is used up."),
    "breaker": _("It failed lately and is left alone for a moment."),
    "cap": _("What the site may cost today is spent."),
}


def told(detail: str) -> str:
    """A problem's detail in words; as it is where nothing is known of it."""
    return str(next((said for begin, said in SAID.items() if detail.startswith(begin)), detail))


def context(indexes: Iterable[IndexState]) -> dict[str, Any]:
    """Of the sites whose entries are embedded, or shall be; "meaning_busy" while one is worked at,
    so that the page looks again soon."""
    rows = [getattr(index.site, "denseindex", None) for index in indexes]
    shown = [row for row in rows if row and (row.embedder or row.making or row.problem)]
    names = {_name(row) for row in shown}
    counts = EmbeddingCount.objects.in_bulk(names) if names else {}
    states = [_state(row, counts.get(_name(row))) for row in shown]
    return {"meanings": states, "meaning_busy": any(one["making"] for one in states)}


def _name(row: DenseIndex) -> str:
    return row.embedder or row.making


def _state(row: DenseIndex, count: EmbeddingCount | None) -> dict[str, Any]:
    return {
        "site": row.site.name,
        "label": row.label,
        "entries": row.entries,
        "built_at": row.built_at,
        "making": row.making_label if row.making and not row.problem else "",
        "done": row.done,
        "total": row.total,
        "problem": row.get_problem_display() if row.problem else "",
        "detail": told(row.problem_detail),
        "problem_at": row.problem_at,
        "asked": count.asked if count else 0,
        "hits": f"{count.hits / count.asked:.0%}" if count and count.asked else "",
        "fits": [_fit(language, own) for language, own in sorted(row.fits.items())],
    }


def _fit(language: str, own: dict[str, Any]) -> str:
    spoken = dict(LANGUAGES).get(language, language)
    if own["weights"]:
        words = _(
            "%(language)s: tried with %(count)d of your own phrasings; %(right)s of the answers "
            "were right (%(low)s to %(high)s)"
        )
    else:
        words = _(
            "%(language)s: your own phrasings (%(count)d) do not tell enough yet; what is near by "
            "meaning is offered, never answered with"
        )
    shares = {name: f"{own[name] or 0:.0%}" for name in ("right", "low", "high")}
    return str(words % {"language": spoken, "count": own["questions"], **shares})
