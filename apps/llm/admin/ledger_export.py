"""The ledger as a file: the rows that the list shows, the latest first, with all their figures."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.guard.spreadsheets import Row
from apps.llm.admin.ledger_filters import LEFT
from apps.llm.amounts import plain
from apps.llm.models import Call
from apps.llm.telling import told_why

BATCH = 500
COLUMNS: tuple[tuple[str | Promise, Callable[[Any], Any]], ...] = (
    (_("time"), lambda call: timezone.localtime(call.at).isoformat(" ", "seconds")),
    (_("site"), lambda call: call.site),
    (_("session"), lambda call: call.session),
    (_("turn"), lambda call: call.turn),
    (_("attempt"), lambda call: call.attempt),
    (_("provider"), lambda call: call.provider_name),
    (_("model"), lambda call: call.model_name),
    (_("model that answered"), lambda call: call.served),
    (_("tier"), lambda call: call.get_tier_display()),
    (_("used for"), lambda call: call.get_purpose_display()),
    (_("outcome"), lambda call: call.get_outcome_display()),
    (_("asked because"), lambda call: told_why(call.why) if call.why else ""),
    (_("left the house"), lambda call: _yes_no(call.left)),
    (_("tokens read"), lambda call: call.tokens_in),
    (_("of these from a cache"), lambda call: call.cached_in),
    (_("tokens written"), lambda call: call.tokens_out),
    (_("tokens counted by the provider"), lambda call: _yes_no(call.measured)),
    (_("cost"), lambda call: None if call.cost is None else plain(call.cost)),
    (_("currency"), lambda call: call.currency),
    (_("first word, ms"), lambda call: call.first_token_ms),
    (_("whole answer, ms"), lambda call: call.total_ms),
)


def exported(chosen: QuerySet[Call], language: str) -> Iterator[Row]:
    """The names of the columns, then the rows, in that language. What left the house is told, not
    shown: a file that is passed on is under nobody's rule of how long it is kept.

    Read in batches by time and number: no cursor has to stay open while a slow browser takes the
    file.
    """
    # Around no `yield`: what runs between two rows has a language of its own.
    with translation.override(language):
        titles = [str(title) for title, _value in COLUMNS]
    yield titles
    left = ExpressionWrapper(LEFT, BooleanField())
    found = chosen.order_by("-at", "-pk").select_related("site").defer("sent").annotate(left=left)
    batch = list(found[:BATCH])
    while batch:
        with translation.override(language):
            rows = [_row(call) for call in batch]
        yield from rows
        last = batch[-1]
        older = Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk)
        batch = list(found.filter(older, at__lte=last.at)[:BATCH])


def _row(call: Call) -> Row:
    values = (value(call) for _title, value in COLUMNS)
    return ["" if value is None else str(value) for value in values]


def _yes_no(value: object) -> str:
    return str(_("Yes") if value else _("No"))
