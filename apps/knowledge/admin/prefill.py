"""A new entry that starts from something: a copy of another, a translation to be made, or what
visitors asked.

The address of the form names the source (`copy_of`, `translates` with `into`, or `answers`) and is
kept when it is sent, so nothing is written before the entry is.
"""

import contextlib
import re
from typing import Any, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from apps.knowledge.admin import languages
from apps.knowledge.contents import as_phrasing, phrasings_of
from apps.knowledge.grouping import asked_alike
from apps.knowledge.masking import masked, may_see_chats
from apps.knowledge.models import Faq, UnansweredQuestion
from apps.knowledge.services import mark_questions
from apps.sites.models import LANGUAGES, Site

COPIED = (
    "site", "language", "category", "question", "answer", "source_url", "high_risk",
    "valid_from", "valid_until", "translation_of",
)  # fmt: skip
# A translation has its own words; the source's stand beside the form.
SHARED = ("site", "category", "source_url", "high_risk", "valid_from", "valid_until")

M = TypeVar("M", bound=Model)


def fields(request: HttpRequest) -> dict[str, Any]:
    """Initial values for the form; empty without a source."""
    if faq := _named(request, "copy_of", Faq.objects.all()):
        copied = {name: getattr(faq, name) for name in COPIED}
        return copied | {"phrasings": "\n".join(phrasings_of(faq))}
    if source := translated(request):
        shared = {name: getattr(source, name) for name in SHARED}
        language = request.GET.get("into", "")
        known = language if language in dict(LANGUAGES) else ""
        return shared | {"language": known, "translation_of": source.translation_of or source}
    if asked := _asked(request):
        sees = may_see_chats(cast("Any", request.user))
        question = as_phrasing(asked.text if sees else masked(asked.text))
        return {
            "site": asked.site_id,
            "language": asked.language,
            "question": question,
            "phrasings": "\n".join(asked_alike(asked, besides=[question], may_see_chats=sees)),
        }
    return {}


def readable(asked: dict[str, Any]) -> dict[str, Any]:
    """Of the values in an address those that the fields of an entry can take."""
    fields = {field.name: field for field in Faq._meta.fields}
    found = {}
    for name, value in asked.items():
        with contextlib.suppress(ValidationError):
            found[name] = fields[name].to_python(value) if name in fields else value
    return found


def place(chosen: Site | None) -> dict[str, Any]:
    """The site that is known, and the language of who writes, if it is spoken there or, without
    one, anywhere."""
    sites = [chosen] if chosen else list(Site.objects.order_by("pk"))
    found: dict[str, Any] = {"site": chosen.pk} if chosen else {}
    own = languages.of_staff()
    if any(own in site.languages for site in sites):
        return found | {"language": own}
    return found | ({"language": sites[0].default_language} if found else {})


def translated(request: HttpRequest) -> Faq | None:
    """The entry that the new one shall be a translation of."""
    return _named(request, "translates", Faq.objects.select_related("translation_of"))


def done(request: HttpRequest) -> None:
    """The questions that the new entry answers are seen to."""
    asked = _asked(request)
    if asked and request.user.has_perm("knowledge.change_unansweredquestion"):
        mark_questions(questions=[asked], outcome=UnansweredQuestion.Outcome.ANSWERED)


def _asked(request: HttpRequest) -> UnansweredQuestion | None:
    return _named(request, "answers", UnansweredQuestion.objects.all())


def _named(request: HttpRequest, parameter: str, rows: QuerySet[M]) -> M | None:
    """The row of that number, if the user may see such rows."""
    number = request.GET.get(parameter, "")
    kind = rows.model._meta.model_name
    if not re.fullmatch(r"[0-9]{1,18}", number):
        return None
    if not any(request.user.has_perm(f"knowledge.{verb}_{kind}") for verb in ("view", "change")):
        return None
    return rows.filter(pk=number).first()
