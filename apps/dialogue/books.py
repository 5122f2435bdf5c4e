"""What staff have published, as the engine reads it: one book a site, loaded by every process.

A turn reads no table: `refresh` runs beside the sockets, on a thread.
"""

import logging
from collections import defaultdict

from pydantic import ValidationError

from apps.dialogue.flows import rules
from apps.dialogue.models import BookState, FlowVersion, Phrase, PolicyRow, Product
from apps.engine import book as engine
from apps.engine.book import EMPTY_BOOK, Book, PhraseKind
from apps.engine.flows import FlowSpec
from apps.engine.policy import DEFAULT, Rule
from apps.engine.reading import learn_book

logger = logging.getLogger(__name__)

_books: dict[int, Book] = {}
# By site, the version that could not be loaded.
_failed: dict[int, int] = {}


def of(site_id: int) -> Book:
    """The site's book as this process knows it; never waits."""
    return _books.get(site_id, EMPTY_BOOK)


def refresh() -> None:
    """Blocking: one small query, and the rows of the sites that have moved. What breaks at one of
    them is told in the log, and tried again at the next call; it keeps the book that it had."""
    versions = dict(BookState.objects.versions())
    for site_id in _books.keys() - versions.keys():
        _books.pop(site_id, None)
    for site_id, version in versions.items():
        if of(site_id).version != version:
            _renew(site_id, version)


def _renew(site_id: int, version: int) -> None:
    try:
        # Read after its version: what changes meanwhile moves that again.
        book = load(site_id, version)
        learn_book(book)
    except Exception as error:  # noqa: BLE001 the other sites' visitors are not to feel it
        if _failed.get(site_id) != version:
            logger.error("flows: site %s stays as it was (%s)", site_id, type(error).__name__)  # noqa: TRY400 what it was reading is no matter of the log
        _failed[site_id] = version
        return
    _failed.pop(site_id, None)
    _books[site_id] = book
    logger.info("flows: site %s is at version %s", site_id, version)


def load(site_id: int, version: int = 0) -> Book:
    """The site's book from its rows. Blocking: four queries."""
    flows, past = _flows(site_id)
    return Book(
        flows=flows,
        past=past,
        phrases=_phrases(site_id),
        products=_products(site_id),
        rules=_rules(site_id),
        version=version,
    )


def _flows(site_id: int) -> tuple[tuple[FlowSpec, ...], tuple[FlowSpec, ...]]:
    """Those that can be started, in the order of the list, and those that are only gone on with."""
    versions = FlowVersion.objects.at_hand().filter(site_id=site_id).select_related("flow")
    flows, past = [], []
    for version in versions.order_by("flow__position", "flow", "number"):
        spec = _spec(version)
        if spec and version.retired_at is None and version.flow and version.flow.enabled:
            flows.append(spec)
        elif spec:
            past.append(spec)
    return tuple(flows), tuple(past)


def _spec(version: FlowVersion) -> FlowSpec | None:
    """None for what this release cannot read: the flow is not offered, the others are."""
    try:
        return FlowSpec.model_validate(version.spec)
    except ValidationError:
        logger.warning("flows: version %s cannot be read", version.pk)
        return None


def _phrases(site_id: int) -> dict[PhraseKind, tuple[str, ...]]:
    found = defaultdict(list)
    for kind, text in Phrase.objects.filter(site_id=site_id).values_list("kind", "text"):
        if kind in PhraseKind._value2member_map_:
            found[PhraseKind(kind)].append(text)
    return {kind: tuple(texts) for kind, texts in found.items()}


def _products(site_id: int) -> tuple[engine.Product, ...]:
    return tuple(
        engine.Product(product.sku, product.names())
        for product in Product.objects.filter(site_id=site_id)
    )


def _rules(site_id: int) -> tuple[Rule, ...]:
    rows = list(PolicyRow.objects.filter(site_id=site_id))
    if not rows:
        return DEFAULT
    try:
        holds = not rules.problems(rows)
        found = rules.of_rows(rows) if holds else DEFAULT
    except ValueError:
        # A condition or a step of another release.
        holds, found = False, DEFAULT
    if not holds:
        logger.warning("policy: the rows of site %s do not hold, the defaults do", site_id)
    return found
