"""A line and what can be found in it, each part found when it is first asked for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from apps.engine.about import asks_about
from apps.engine.book import Book, kept
from apps.engine.commands import AskFaq, SetSlot, Unfit
from apps.engine.courtesies import bare, spelt
from apps.engine.flows import FlowSpec, SlotKind, SlotSpec
from apps.engine.matching import Matcher, Wish, background, gist, learn
from apps.engine.phrases import Phrases
from apps.engine.recognise.hearing import hear, without
from apps.engine.recognise.line import FoldedLine, read
from apps.engine.recognise.links import unlinked
from apps.engine.recognise.mention import Mention
from apps.engine.recognise.parsing import REASON, explained, picked, put
from apps.engine.recognise.prepared import FlowVersion, Prepared, prepare
from apps.engine.recognise.reasons import Reason, reason
from apps.engine.recognise.wanted import Wanted, wanted

# A text slot of this name is read out of a line that says more (see recognise/wanted.py), as a
# choice called "reason" is (see recognise/reasons.py).
WANTED = "wanted"
# From here on a flow is what a line wants, and below SURE_AT the search may know better. A flow that
# is only likely is offered beside an answer.
START_AT = 0.5
SURE_AT = 0.8
LIKELY_AT = 0.35
# What announces the digits of a phone tells of no wish.
ANNOUNCED = re.compile(
    r"(?:手机|电话)?(?:号码?)?的?(?:尾号|[后末][四4]位)(?:是|为)?|\b(?:my )?(?:phone|mobile|cell)(?: number)? (?:ends?|ending)\b(?: (?:in|with))?|\blast (?:four|4)(?: digits?)?\b"
)


@dataclass(frozen=True)
class Reading:
    """A line and what is found in it, each part when it is first asked for."""

    text: str
    book: Book
    today: date | None = None
    asked: SlotKind | None = None
    inside: FlowVersion | None = None

    @cached_property
    def spelt(self) -> str:
        return spelt(self.text)

    @cached_property
    def plain(self) -> str:
        return bare(self.spelt)

    @cached_property
    def line(self) -> FoldedLine:
        return read(self.text)

    @cached_property
    def prose(self) -> str:
        """The folded line, in which the marks of a link end nothing."""
        return unlinked(self.line.folded)

    @cached_property
    def prepared(self) -> Prepared:
        return prepare(self.book)

    @cached_property
    def mentions(self) -> list[Mention]:
        return hear(
            self.line.folded,
            self.prepared,
            asked=self.asked,
            today=self.today,
            inside=self.inside,
        )

    @cached_property
    def asks_about(self) -> bool:
        """Whether it asks about what a flow does; who names an order wants it done."""
        names_order = any(one.kind is SlotKind.ORDER_ID for one in self.mentions)
        return not names_order and asks_about(self.line.folded)

    @cached_property
    def reason(self) -> Reason | None:
        return reason(self.line.folded, [(one.start, one.end) for one in self.mentions])

    @cached_property
    def wanted(self) -> Wanted | None:
        return wanted(self.line.folded)

    @cached_property
    def wishes(self) -> list[Wish]:
        said = without(self.line.folded, self.mentions)
        if any(one.kind is SlotKind.PHONE_TAIL for one in self.mentions):
            said = ANNOUNCED.sub(" ", said)
        return matcher(self.book).rank(said)


@kept
def matcher(book: Book) -> Matcher:
    """What the examples of a book's flows teach; takes a tenth of a second the first time."""
    prepared = prepare(book)

    def masked(line: str) -> str:
        folded = read(line).folded
        return without(folded, hear(folded, prepared))

    return learn(
        [
            (flow.key, [masked(line) for lines in flow.examples.values() for line in lines])
            for flow in book.flows
        ],
        [masked(line) for line in background()],
    )


@kept
def phrases(book: Book) -> Phrases:
    return Phrases(book.phrases.items())


@kept
def examples(book: Book) -> dict[tuple[str, ...], str]:
    """The flow of each example, by its gist."""
    return {
        gist(bare(spelt(line))): flow.key
        for flow in book.flows
        for lines in flow.examples.values()
        for line in lines
    }


def word_for_word(wish: str, reading: Reading) -> Iterator[AskFaq]:
    """The question that the shop may have answered in these very words, although they sound like a
    wish; none where staff have given its gist as an example of it."""
    if examples(reading.book).get(gist(reading.plain)) != wish:
        yield AskFaq(reading.text, exact=True)


def learn_book(book: Book) -> None:
    """Makes all that lines are understood with, so that the first of them need not wait for it."""
    matcher(book)
    phrases(book)
    examples(book)


def details(flow: FlowSpec, reading: Reading, mentions: list[Mention]) -> Iterator[SetSlot | Unfit]:
    """What the line says for the slots of a flow."""
    for spec in flow.slots:
        if found := _detail(spec, reading, mentions):
            yield found


def _detail(spec: SlotSpec, reading: Reading, mentions: list[Mention]) -> SetSlot | Unfit | None:
    match spec.kind:
        case SlotKind.TEXT:
            return instead(reading) if spec.name == WANTED else None
        case SlotKind.CHOICE if spec.name == REASON:
            return explained(spec, reading.reason, reading.line, reading.prepared)
        case SlotKind.CHOICE:
            return None
        case SlotKind.PRODUCT if other := reading.wanted:
            own = [one for one in mentions if one.end <= other.start or other.end <= one.start]
            return picked(spec, own, reading.line)
    return picked(spec, mentions, reading.line)


def instead(reading: Reading) -> SetSlot | None:
    """What the line says is wanted instead."""
    found = reading.wanted
    if found is None:
        return None
    said = put(WANTED, "", reading.line, found.start, found.end)
    return replace(said, value=" ".join(said.said.split()))
