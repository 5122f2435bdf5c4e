"""Trying a question out: the live chat's own engine and search, over entries of one's choice."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import DatabaseError
from django.utils import timezone

from apps.engine import turn
from apps.engine.events import Handoff, Judged, Reply, Say, Search
from apps.engine.text import detect_language, normalise
from apps.engine.types import Passage, Snapshot
from apps.knowledge.answering import POLICY, is_unsure, passages
from apps.knowledge.contents import Content, phrasings_of
from apps.knowledge.dense.cache import vectors
from apps.knowledge.dense.matrix import Meaning
from apps.knowledge.embedding import EmbedderError, embedder_of
from apps.knowledge.index import Entry, SiteIndex, library, pack, read_entries, unpack
from apps.knowledge.likeness import nearest
from apps.knowledge.models import Faq, Proposal
from apps.sites.models import Site

logger = logging.getLogger(__name__)

SHOWN = 5
# Number of an entry that stands only in a form.
NEW = 0
# Indexes with drafts in them are built for the occasion and kept for the next questions.
KEPT = 2
# Building takes seconds beyond this, in the process that visitors are answered by.
BUILT_AT_MOST = 3_000
WAIT_S = 3.0


@dataclass(frozen=True, slots=True)
class Form:
    """An entry as it stands in a form, with the number of the one it takes the place of."""

    content: Content
    id: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that the search found: what of it the question is most like, and with what
    probability it is the right one. `faq` is None for one that only stands in a form."""

    faq: Faq | None
    question: str
    phrasing: str
    confidence: float

    @property
    def percent(self) -> str:
        return f"{self.confidence:.0%}"


@dataclass(slots=True)
class Trial:
    """What the bot made of a question. `say` is the kind of its reply, None when it says nothing;
    `passages` are its source, or what it offers."""

    text: str
    language: str
    normalised: str
    say: Say | None = None
    passages: tuple[Passage, ...] = ()
    route: str = ""
    confidence: float | None = None
    hands_over: bool = False
    found: list[Candidate] = field(default_factory=list)
    meaning: Meaning | None = None

    @property
    def answer(self) -> Passage | None:
        return self.passages[0] if self.say is Say.ANSWER else None


def ask(
    *,
    site: Site,
    text: str,
    drafts: bool = False,
    unsaved: Content | None = None,
    entry: int | None = None,
) -> Trial:
    """Plays one visitor line on a fresh session. With `drafts`, what is not live yet answers too;
    `unsaved` stands in for the entry of that number, or for a new one. Both need an index of their
    own: TooManyError above BUILT_AT_MOST entries."""
    form = Form(unsaved, str(entry or NEW)) if unsaved else None
    index = _index(site.pk, form, drafts=drafts)
    language = site.default_language
    trial = Trial(text, detect_language(text, language, site.languages), normalise(text))
    if asked := _play(index, trial, site):
        wanted = (asked.language, language)
        hits = index.search(
            asked.text, wanted, enough=POLICY.offer_at, limit=SHOWN, meaning=trial.meaning
        )
        trial.found = _candidates([(hit.entry, hit.confidence) for hit in hits], text, form)
    return trial


def _play(index: SiteIndex, trial: Trial, site: Site) -> Search | None:
    """Fills the trial with what the engine says; the search it asked for, if any."""
    language = site.default_language
    snapshot = Snapshot(POLICY, language=language, languages=tuple(site.languages))
    steps = turn.run(snapshot, trial.text)
    answer: tuple[Passage, ...] | None = None
    asked = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration:
            return asked
        answer = None
        match step:
            case Search():
                asked = step
                answer = passages(index, language, step)
                if index.dense and is_unsure(answer):
                    trial.meaning = _meaning(site.pk, index, step.text)
                    answer = passages(index, language, step, trial.meaning)
            case Reply():
                trial.say, trial.passages = step.say, step.passages
            case Handoff():
                trial.hands_over = True
            case Judged():
                trial.route, trial.confidence = step.route, step.confidence


def _meaning(site_id: int, index: SiteIndex, text: str) -> Meaning | None:
    """By the embedder that made the index, if it answers before whoever tries grows tired."""
    embedder = embedder_of(site_id)
    if embedder is None or embedder.name != index.dense.embedder:
        return None
    try:
        return index.meaning(text, vectors(embedder, [text], WAIT_S)[0])
    except (EmbedderError, DatabaseError) as error:
        logger.info("trial: words alone answer (%s)", getattr(error, "problem", "database"))
        return None


def _candidates(
    hits: Sequence[tuple[Entry, float]], text: str, form: Form | None
) -> list[Candidate]:
    rows = Faq.objects.prefetch_related("variants").in_bulk([int(hit.id) for hit, _ in hits])
    found = []
    for hit, confidence in hits:
        faq = rows.get(int(hit.id))
        if form and form.id == hit.id:
            phrasings = form.content.phrasings
        else:
            phrasings = phrasings_of(faq) if faq else ()
        phrasing, _ = nearest(text, (hit.question, *phrasings))
        found.append(Candidate(faq, hit.question, phrasing, confidence))
    return found


def _index(site_id: int, form: Form | None, *, drafts: bool) -> SiteIndex:
    if not drafts and form is None:
        library.refresh()
        return library.of(site_id)
    if Faq.objects.of(site_id).count() > BUILT_AT_MOST:
        raise TooManyError
    entries = {entry.id: (entry, phrasings) for entry, phrasings in read_entries(site_id)}
    if drafts:
        entries |= _drafts(site_id)
    if form:
        # Dates are left out: what is tried is the text, not the day.
        content = replace(form.content, valid_from=None, valid_until=None)
        entries[form.id] = (Entry.of(form.id, content), content.phrasings)
    return _shelf.of(entries.values(), timezone.now())


def _drafts(site_id: int) -> dict[str, tuple[Entry, tuple[str, ...]]]:
    """What is not live, and live entries as they are proposed to be."""
    rows = Faq.objects.of(site_id).exclude(status=Faq.Status.LIVE)
    contents = {faq.pk: Content.stored(faq) for faq in rows.prefetch_related("variants")}
    for proposal in Proposal.objects.filter(faq__site=site_id):
        contents[proposal.faq_id] = Content.from_json(proposal.content)
    return {
        str(key): (Entry.of(str(key), content), content.phrasings)
        for key, content in contents.items()
    }


class TooManyError(Exception):
    """The site has more entries than an index is built of while somebody waits."""


class Shelf:
    """Indexes built for trials: the next question is mostly put to the same entries."""

    def __init__(self) -> None:
        self._built: OrderedDict[int, SiteIndex] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, entries: Iterable[tuple[Entry, tuple[str, ...]]], now: datetime) -> SiteIndex:
        """The index over those of the entries that are valid at that moment."""
        valid = tuple(pair for pair in entries if pair[0].is_valid(now))
        key = hash(valid)
        with self._lock:
            found = self._built.get(key)
        if found is None:
            # Not under the lock: two may build the same, and nobody waits for what is built.
            found = unpack(0, pack(list(valid), now))
        with self._lock:
            self._built[key] = found
            self._built.move_to_end(key)
            while len(self._built) > KEPT:
                self._built.popitem(last=False)
        return found


_shelf = Shelf()
