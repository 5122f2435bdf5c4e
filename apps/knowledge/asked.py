"""Unanswered questions that an entry answers word for word are seen to by themselves."""

from collections import defaultdict
from collections.abc import Iterable

from django.utils import timezone

from apps.knowledge.contents import SEARCHED
from apps.knowledge.likeness import Wording
from apps.knowledge.models import UnansweredQuestion
from apps.knowledge.versions import Moved

# The newest; older ones wait for somebody to look.
READ_AT_MOST = 2_000


def see_to_asked(moved: Iterable[Moved]) -> int:
    """Marks open questions asked in the words of an entry that now answers visitors, with all that
    are in a group with them; how many. Case, width, spaces and punctuation do not count. Call in
    the transaction of the change."""
    said: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    for one in moved:
        if SEARCHED & set(one.changed) and one.entry.answers_at(timezone.now()):
            place = one.after.site, one.after.language
            said[place] += [one.after.question, *one.after.phrasings]
    return sum(_see_to(site, language, texts) for (site, language), texts in said.items())


def _see_to(site: int, language: str, texts: list[str]) -> int:
    rows = UnansweredQuestion.objects.open().filter(site=site, language=language)
    asked = list(rows.values_list("pk", "group", "text")[:READ_AT_MOST])
    if not asked:
        return 0
    known = {_bare(text) for text in texts}
    found = [(key, group) for key, group, text in asked if _bare(text) in known]
    groups = {group for _, group in found if group}
    members = UnansweredQuestion.objects.with_groups([key for key, _ in found], groups)
    answered = UnansweredQuestion.Outcome.ANSWERED
    return members.open().update(outcome=answered, handled_at=timezone.now())


def _bare(text: str) -> str:
    return Wording.of(text).bare
