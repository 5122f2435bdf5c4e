"""Nobody finds an order by trying: neither within one session, which the engine counts, nor from
many. Whether an order is foreign or absent, the visitor is told the same."""

from dataclasses import replace

from django.utils.crypto import salted_hmac

from apps.dialogue import books, phrases
from apps.dialogue.models import ActionRun, WrongProof
from apps.engine.events import Ended, Result
from apps.engine.flows import SlotKind

MOST_WRONG = 10


def too_many_tries(run: ActionRun, person: str) -> Result | None:
    """The answer without asking the shop, once an order was tried too often. Whom the shop has
    signed proves nothing, so nobody can lock them out of their own order."""
    _slot, order = _order(run)
    if person or not order:
        return None
    if WrongProof.objects.recent(_digest(run, order)).count() < MOST_WRONG:
        return None
    return neutral(run, Result(str(run.key), Ended.REFUSED, not_found=True))


def note_wrong(run: ActionRun, person: str) -> None:
    """Whom the shop has signed proves nothing, so nothing of theirs is a wrong proof."""
    _slot, order = _order(run)
    if order and not person:
        WrongProof.objects.create(digest=_digest(run, order))


def neutral(run: ActionRun, result: Result) -> Result:
    """The same words, about the same slot, whatever it was that did not fit."""
    slot, _order_id = _order(run)
    text = phrases.in_language(phrases.NOT_FOUND, run.language)
    return replace(result, ended=Ended.REFUSED, text=text, slot=slot or result.slot)


def _order(run: ActionRun) -> tuple[str, str]:
    """The slot with the order's number, and what stands in it."""
    flow = books.of(run.site_id).by_version.get((run.flow, run.version))
    for spec in flow.slots if flow else ():
        if spec.kind is SlotKind.ORDER_ID and spec.name in run.slots:
            return spec.name, str(run.slots[spec.name])
    return "", ""


def _digest(run: ActionRun, order: str) -> str:
    """Who reads the table learns no order's number."""
    named = f"{run.site_id}:{order.upper()}"
    return salted_hmac("dialogue.wrong_proof", named, algorithm="sha256").hexdigest()
