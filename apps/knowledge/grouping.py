"""Groups unanswered questions that are alike, one site and language at a time."""

from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction

from apps.knowledge.contents import as_phrasing
from apps.knowledge.likeness import READ_AT_MOST, Neighbours, wordings
from apps.knowledge.masking import masked
from apps.knowledge.models import QuestionGroup, UnansweredQuestion

# From here on two questions are one group. On four labelled sets 77 to 96 % of the grouped
# questions belong to the entry that most of their group belong to (banking, with 65 close
# intents: 80 %).
ALIKE_FROM = 0.5
AT_ONCE = 2_000
# Of a group's questions, the newest are read for wordings.
WORDINGS_OF_AT_MOST = 200


@transaction.atomic
def group_questions() -> int:
    """Puts open questions that are in no group into one; how many. Locks them, so that two at once
    do not make two groups of the same."""
    rows = UnansweredQuestion.objects.ungrouped().order_by("asked_at", "pk")
    asked = list(rows.select_for_update(no_key=True)[:AT_ONCE])
    places: defaultdict[tuple[int, str], list[UnansweredQuestion]] = defaultdict(list)
    for question in asked:
        places[question.site_id, question.language].append(question)
    for (site, language), questions in places.items():
        _join(site, language, questions)
    return len(asked)


def asked_alike(
    question: UnansweredQuestion, besides: Iterable[str], *, may_see_chats: bool
) -> list[str]:
    """What the visitors of its group asked, fit for phrasings: the newest first, each wording once
    and none of `besides`."""
    asked = (member.text for member in question.alike()[:WORDINGS_OF_AT_MOST])
    shown = asked if may_see_chats else map(masked, asked)
    return wordings(map(as_phrasing, shown), besides)


def _join(site: int, language: str, questions: list[UnansweredQuestion]) -> None:
    groups = list(
        QuestionGroup.objects.filter(
            site_id=site, language=language, newest__handled_at__isnull=True
        ).order_by("pk")
    )
    known: Neighbours[int] = Neighbours()
    for place, group in enumerate(groups):
        known.add(place, group.text)
    members: defaultdict[int, list[UnansweredQuestion]] = defaultdict(list)
    for question in questions:
        found = known.find(question.text, ALIKE_FROM)
        if found is None:
            found = len(groups)
            text = question.text[:READ_AT_MOST]
            groups.append(QuestionGroup(site_id=site, language=language, text=text))
            known.add(found, text)
        members[found].append(question)
    _store({place: groups[place] for place in members}, members)


def _store(groups: dict[int, QuestionGroup], members: dict[int, list[UnansweredQuestion]]) -> None:
    QuestionGroup.objects.bulk_create([group for group in groups.values() if group._state.adding])
    for place, group in groups.items():
        group.size += len(members[place])
        group.newest = members[place][-1]
        for question in members[place]:
            question.group = group
    joined = [question for place in groups for question in members[place]]
    UnansweredQuestion.objects.bulk_update(joined, ["group"], 500)
    QuestionGroup.objects.bulk_update(groups.values(), ["size", "newest"], 500)
