"""A new entry that starts from something: a copy of another, or a visitor's question.

The address of the form names the source (`copy_of` or `answers`) and is kept when it is sent, so
nothing is written before the entry is.
"""

import re
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.knowledge.models import Faq, UnansweredQuestion

COPIED = (
    "site", "language", "category", "question", "answer", "source_url", "high_risk",
    "valid_from", "valid_until", "translation_of",
)  # fmt: skip
QUESTION_LENGTH = 300

M = TypeVar("M", bound=Model)


def fields(request: HttpRequest) -> dict[str, Any]:
    """Initial values for the form; empty without a source."""
    if faq := _copied(request):
        return {name: getattr(faq, name) for name in COPIED}
    if asked := _asked(request):
        return {
            "site": asked.site_id,
            "language": asked.language,
            "question": " ".join(asked.text.split())[:QUESTION_LENGTH],
        }
    return {}


def variants(request: HttpRequest) -> list[str]:
    faq = _copied(request)
    return [variant.text for variant in faq.variants.order_by("pk")] if faq else []


def done(request: HttpRequest) -> None:
    """The question that the new entry answers is seen to."""
    asked = _asked(request)
    if asked and request.user.has_perm("knowledge.change_unansweredquestion"):
        UnansweredQuestion.objects.open().filter(pk=asked.pk).update(handled_at=timezone.now())


def _copied(request: HttpRequest) -> Faq | None:
    return _named(request, "copy_of", Faq.objects.all())


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
