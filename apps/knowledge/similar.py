"""Entries that ask the same as another: shown to staff before visitors meet both."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from apps.knowledge.contents import phrasings_of
from apps.knowledge.index import library
from apps.knowledge.likeness import Wording, is_same, nearest_pair
from apps.knowledge.models import Faq, FaqVariant

ALIKE_FROM = 0.6
CANDIDATES = 8
# What is not live is in no index and compared one by one, the newest first.
DRAFTS_AT_MOST = 500


@dataclass(frozen=True, slots=True)
class Similar:
    """An entry, the phrasing of it that is most like one of those asked for, and how much: 0..1,
    1 when both are the same but for case, width, spaces and punctuation."""

    faq: Faq
    phrasing: str
    likeness: float

    @property
    def is_same(self) -> bool:
        return self.likeness >= 1.0


def similar(
    *, site_id: int, language: str, texts: Sequence[str], besides: int | None, limit: int = 5
) -> list[Similar]:
    """Entries of the site in that language that are like any of the texts, the most alike first.
    The first text is the question, the others its phrasings."""
    if not any(texts):
        return []
    rows = Faq.objects.of(site_id).filter(language=language).exclude(pk=besides or 0)
    live = rows.filter(pk__in=_candidates(site_id, language, texts))
    drafts = rows.exclude(status=Faq.Status.LIVE)
    asked = [Wording.of(text) for text in texts if text]
    near = [
        found
        for faq in (
            *live.prefetch_related("variants"),
            *drafts.prefetch_related("variants")[:DRAFTS_AT_MOST],
        )
        if (found := _compare(faq, asked)).likeness >= ALIKE_FROM
    ]
    return sorted(near, key=lambda found: (-found.likeness, found.faq.pk))[:limit]


def live_twin(*, site_id: int, language: str, question: str, besides: int | None) -> Faq | None:
    """A live entry that visitors ask with these very words."""
    rows = Faq.objects.of(site_id).live().filter(language=language).exclude(pk=besides or 0)
    phrased = FaqVariant.objects.filter(faq=OuterRef("pk"), text__iexact=question)
    # The index knows other spellings of the same; the table knows what was published just now.
    named = rows.filter(Q(question__iexact=question) | Exists(phrased)).first()
    if named:
        return named
    found = rows.filter(pk__in=_candidates(site_id, language, [question]))
    for faq in found.prefetch_related("variants"):
        if any(is_same(question, text) for text in (faq.question, *phrasings_of(faq))):
            return faq
    return None


def _candidates(site_id: int, language: str, texts: Iterable[str]) -> set[int]:
    """By the search that visitors use. The texts are said twice: a phrasing that is known word for
    word finds its own entry and nothing else."""
    said = " ".join(texts)
    library.refresh()
    index = library.of(site_id)
    found = index.search(f"{said} {said}", (language,), enough=0.0, limit=CANDIDATES)
    return {int(hit.entry.id) for hit in found}


def _compare(faq: Faq, asked: Sequence[Wording]) -> Similar:
    theirs = [Wording.of(text) for text in (faq.question, *phrasings_of(faq))]
    return Similar(faq, *nearest_pair(asked, theirs))
