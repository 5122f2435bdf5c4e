"""Slow work over finished turns, called by the sweeper."""

from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from apps.chat.models import Message, Turn
from apps.engine.types import Author
from apps.knowledge.models import Faq, UnansweredQuestion

# How far back a sweeper that was away looks for turns it has not listed yet.
LOOK_BACK = timedelta(days=1)
AT_ONCE = 500


def list_unanswered() -> int:
    """Lists for staff the questions that found no answer; how many were new.

    Off the way of the turn itself: the turn is the truth, and this finds it however late.
    """
    listed = UnansweredQuestion.objects.filter(turn=OuterRef("pk"))
    lines = Message.objects.filter(turn=OuterRef("pk"), author=Author.VISITOR)
    turns = (
        Turn.objects.without_answer()
        .filter(finished_at__gte=timezone.now() - LOOK_BACK)
        .exclude(Exists(listed))
        .filter(Exists(lines))
        .select_related("session")
        .order_by("finished_at")[:AT_ONCE]
    )
    found = [_question(turn) for turn in turns]
    UnansweredQuestion.objects.bulk_create(found, ignore_conflicts=True)
    return len(found)


def _question(turn: Turn) -> UnansweredQuestion:
    line = Message.objects.filter(turn=turn, author=Author.VISITOR).earliest("seq")
    return UnansweredQuestion(
        turn=turn.id,
        session=turn.session_id,
        site_id=turn.session.site_id,
        language=turn.language or turn.session.language,
        text=line.text,
        best=Faq.objects.filter(pk__in=turn.sources[:1]).first(),
        confidence=turn.confidence,
        asked_at=line.created_at,
    )
