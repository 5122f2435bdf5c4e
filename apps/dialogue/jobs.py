"""Slow work over finished turns. The sweeper lists the questions that found no answer; a task of the
beat counts how often entries answered."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone

from apps.chat.models import Message, Turn
from apps.engine.types import Author, Rating
from apps.knowledge.chosen import settle
from apps.knowledge.grouping import group_questions
from apps.knowledge.models import Faq, UnansweredQuestion, UsesCounted
from apps.knowledge.services import entries_used
from apps.knowledge.uses import Use

# How far back a sweeper that was away looks for turns it has not listed yet.
LOOK_BACK = timedelta(days=1)
AT_ONCE = 500
# A turn shows to others when it is committed, a little after the moment that it bears.
SETTLED = timedelta(minutes=1)
# Visitors rate an answer while they chat; a day later what they think of it is counted.
RATED_AFTER = timedelta(days=1)


def list_unanswered() -> int:
    """Lists for staff the questions that found no answer; how many were new.

    Off the way of the turn itself: the turn is the truth, and this finds it however late.
    """
    listed = UnansweredQuestion.objects.filter(turn=OuterRef("pk"))
    lines = Message.objects.filter(turn=OuterRef("pk"), author=Author.VISITOR)
    turns = (
        Turn.objects.without_answer()
        .filter(finished_at__gte=timezone.now() - LOOK_BACK)
        # What is said inside a flow are its details, and for its chat alone.
        .filter(flow="")
        .exclude(Exists(listed))
        .filter(Exists(lines))
        .select_related("session")
        .order_by("finished_at")[:AT_ONCE]
    )
    found = _questions(list(turns))
    UnansweredQuestion.objects.bulk_create(found, ignore_conflicts=True)
    if found:
        group_questions()
    return len(found)


def settle_chosen() -> int:
    """Sees to the questions after which the visitor pressed an offered one and was answered; how
    many. Reads the newest of a day, so that one that was listed late is found as well."""
    asked = UnansweredQuestion.objects.open().filter(asked_at__gte=timezone.now() - LOOK_BACK)
    questions = {row.turn: row.pk for row in asked.order_by("-asked_at")[:AT_ONCE]}
    following = Message.objects.filter(
        session=OuterRef("session"), author=Author.VISITOR, seq__gt=OuterRef("seq")
    )
    offers = list(
        Message.objects.filter(turn__in=questions, author=Author.BOT, turn__route="near")
        .annotate(following=Subquery(following.order_by("seq").values("pk")[:1]))
        .filter(following__isnull=False)
        .values_list("turn", "meta", "following")
    )
    pressed = Message.objects.select_related("turn").in_bulk([key for *_, key in offers])
    chosen: dict[int, int] = {}
    for turn, meta, key in offers:
        line = pressed[key]
        texts = {button["text"] for button in meta.get("quick_replies", [])}
        if line.text in texts and (entry := _answered_by(line.turn)):
            chosen[questions[turn]] = entry
    return settle(chosen=chosen)


def _answered_by(turn: Turn | None) -> int | None:
    """The entry that a turn answered with; None when it did otherwise."""
    return _nearest(turn) or None if turn and turn.route == "faq" else None


def count_uses() -> bool:
    """Adds to each entry how often it has answered since the last count, and what visitors thought
    of its answers of a day ago, and settles what they chose themselves. False when another process
    has counted meanwhile."""
    settle_chosen()
    counted = UsesCounted.objects.first()
    until = timezone.now() - SETTLED
    since = counted.until if counted else until - LOOK_BACK
    if until <= since:
        return False
    uses: dict[int, Use] = {}
    for row in _answers(since, until).annotate(times=Count("pk"), last=Max("finished_at")):
        use = _use(uses, row["entry"])
        use.answered, use.used_at = row["times"], row["last"]
    for row in _answers(since - RATED_AFTER, until - RATED_AFTER).annotate(
        up=Count("pk", Q(messages__rating=Rating.UP)),
        down=Count("pk", Q(messages__rating=Rating.DOWN)),
    ):
        use = _use(uses, row["entry"])
        use.helpful, use.unhelpful = row["up"], row["down"]
    uses.pop(0, None)
    return entries_used(counts=uses.values(), since=counted.until if counted else None, until=until)


def _answers(since: datetime, until: datetime) -> QuerySet[Turn, Any]:
    """Turns that an entry answered between two moments, by entry. Found by the sessions that went
    on since, for which there is an index; an index of the turns would cost every turn."""
    return (
        Turn.objects.filter(
            route="faq",
            session__updated_at__gte=since - SETTLED,
            finished_at__gt=since,
            finished_at__lte=until,
        )
        .order_by()
        .values(entry=KeyTextTransform("0", "sources"))
    )


def _use(uses: dict[int, Use], entry: str | None) -> Use:
    key = int(entry) if entry and entry.isdecimal() else 0
    return uses.setdefault(key, Use(key))


def _questions(turns: list[Turn]) -> list[UnansweredQuestion]:
    """Two queries, however many they are. A turn whose lines were erased meanwhile makes none."""
    lines = Message.objects.filter(turn__in=turns, author=Author.VISITOR)
    # Of those of a turn the first stands last, and stays.
    first = {line.turn_id: line for line in lines.order_by("-seq")}
    best = Faq.objects.only("pk").in_bulk({key for turn in turns if (key := _nearest(turn))})
    return [
        UnansweredQuestion(
            turn=turn.id,
            session=turn.session_id,
            site_id=turn.session.site_id,
            language=turn.language or turn.session.language,
            text=line.text,
            best=best.get(_nearest(turn)),
            confidence=turn.confidence,
            asked_at=line.created_at,
        )
        for turn in turns
        if (line := first.get(turn.pk))
    ]


def _nearest(turn: Turn) -> int:
    """The entry that came first; 0 for none."""
    first = str(turn.sources[0]) if turn.sources else ""
    return int(first) if first.isdecimal() else 0
