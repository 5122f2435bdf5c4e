"""Nobody finds an order by trying: not within one session, which the engine counts, not from many,
and not with many tries at once. Whether an order is foreign or absent, the visitor is told the same.

A try is taken before the shop is asked and given back once it has found the order. Counted only
afterwards, all that are under way together would get through.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from apps.dialogue import books, phrases
from apps.dialogue.models import ActionRun, WrongProof
from apps.engine.events import Act, Ended, Result
from apps.engine.flows import SlotKind
from apps.engine.policy import Condition

# What stands for a proof wherever staff read what was given.
HIDDEN = "••••"
MOST_WRONG = 10
FOUND_IN = (ActionRun.State.DONE, ActionRun.State.REFUSED)
# Where the site's policy names no number of its own.
MOST_OF_VISITOR = 5


@transaction.atomic
def reserve(run: ActionRun, person: str) -> Result | None:
    """Takes one of the tries that are left of each order of the run and of its visitor; the answer
    without asking the shop when there is none left. A run that has its try keeps it. Whom the shop
    has signed proves nothing, so they take none, and nobody can lock them out of their own order.

    Call with no transaction open: what holds the others off lasts until its end.
    """
    bounds = {} if person else _bounds(run)
    if not bounds:
        return None
    _queue_for(bounds)
    if WrongProof.objects.filter(run=run.key).exists():
        return None
    if any(WrongProof.objects.recent(digest).count() >= most for digest, most in bounds.items()):
        refused = Result(str(run.key), Ended.REFUSED, not_found=True, used_up=True)
        return neutral(run, refused)
    WrongProof.objects.bulk_create(WrongProof(digest=digest, run=run.key) for digest in bounds)
    return None


def taken_over(run: ActionRun, act: Act) -> dict[str, str]:
    """What proved the order of the run in an earlier one of its session: the chat keeps no more than
    that it was proved, and by which. The shop is given it once more and compares it anew; for any
    other order there is nothing."""
    if not act.taken:
        return {}
    found = ActionRun.objects.filter(session=run.session_id, state__in=FOUND_IN)
    before = found.filter(key=act.before).first()
    if before is None or _numbers(before) != _numbers(run):
        return {}
    given = ((slot, before.slots.get(name)) for slot, name in act.taken.items())
    return {slot: str(proof) for slot, proof in given if proof}


def settle(run: ActionRun, result: Result) -> None:
    """Gives the try back if the shop has found the order. What failed counts: a shop may fail for
    what it does not find, and each failure would be one more try."""
    is_found = result.ended in {Ended.DONE, Ended.REFUSED} and not result.not_found
    if is_found:
        WrongProof.objects.filter(run=run.key).delete()


def neutral(run: ActionRun, result: Result) -> Result:
    """The same words, about the same slot, whatever it was that did not fit."""
    slot = next((name for name, _order in _orders(run)), result.slot)
    text = phrases.in_language(phrases.NOT_FOUND, run.language)
    return replace(result, ended=Ended.REFUSED, text=text, slot=slot)


def of_order(site_id: int, order: str) -> str:
    """What an order is counted under: who reads the table learns no number."""
    return _digest(f"{site_id}:{order.upper()}")


def _bounds(run: ActionRun) -> dict[str, int]:
    """How many tries there may be, by digest."""
    bounds = {of_order(run.site_id, order): MOST_WRONG for _slot, order in _orders(run)}
    if bounds:
        bounds[_digest(f"visitor:{run.session.visitor_id}")] = _most_of_visitor(run.site_id)
    return bounds


def _most_of_visitor(site_id: int) -> int:
    """As many as the site's policy allows before a person takes over."""
    rows = books.of(site_id).rules
    bounds = [row.at for row in rows if row.when is Condition.PROOFS_USED and row.at]
    return max(int(min(bounds, default=MOST_OF_VISITOR)), 1)


def _orders(run: ActionRun) -> Iterator[tuple[str, str]]:
    """Each slot with an order's number, and what stands in it."""
    flow = books.of(run.site_id).by_version.get((run.flow, run.version))
    for spec in flow.slots if flow else ():
        if spec.kind is SlotKind.ORDER_ID and spec.name in run.slots:
            yield spec.name, str(run.slots[spec.name])


def _queue_for(digests: Iterable[str]) -> None:
    """One after the other for each digest: there is no row yet that could be locked. In order, so
    that no two wait for each other."""
    with connection.cursor() as cursor:
        for digest in sorted(digests):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [digest])


def _numbers(run: ActionRun) -> set[str]:
    return {order for _slot, order in _orders(run)}


def _digest(named: str) -> str:
    return salted_hmac("dialogue.wrong_proof", named, algorithm="sha256").hexdigest()
