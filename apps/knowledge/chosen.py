"""Questions that settled themselves: the visitor pressed one of the offered near questions."""

from collections import defaultdict
from collections.abc import Mapping

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.knowledge.models import Faq, QuestionGroup, UnansweredQuestion


@transaction.atomic
def settle(*, chosen: Mapping[int, int]) -> int:
    """Sees to open questions, each by the entry that its visitor chose; how many. Others of their
    group chose nothing, so they leave it. The entry becomes the nearest one, ready to take the
    wording as a phrasing."""
    rows = UnansweredQuestion.objects.open().filter(pk__in=chosen).order_by("pk")
    entries = Faq.objects.in_bulk(set(chosen.values()))
    settled = [row for row in rows.select_for_update(no_key=True) if chosen[row.pk] in entries]
    left: defaultdict[int, int] = defaultdict(int)
    for question in settled:
        entry = entries[chosen[question.pk]]
        if question.best_id != entry.pk:
            question.best, question.confidence = entry, None
        if question.group_id:
            left[question.group_id] += 1
        question.group = None
        question.outcome = UnansweredQuestion.Outcome.CHOSEN
        question.handled_at = timezone.now()
    moved = ["best", "confidence", "group", "outcome", "handled_at"]
    UnansweredQuestion.objects.bulk_update(settled, moved, 500)
    for group, count in left.items():
        _shrink(group, count)
    return len(settled)


def _shrink(group: int, count: int) -> None:
    newest = UnansweredQuestion.objects.filter(group=group).order_by("-asked_at", "-pk").first()
    rows = QuestionGroup.objects.filter(pk=group)
    if newest:
        rows.update(size=F("size") - count, newest=newest)
    else:
        rows.delete()
