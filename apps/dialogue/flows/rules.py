"""A site's policy as rows: what a table must hold before visitors meet it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.dialogue.models import PolicyRow
from apps.engine.policy import DEFAULT, PERSON, Condition, Rule, Step
from apps.sites.models import Site

When = PolicyRow.When
# What can be done where; a row that says another thing would never be carried out.
STEPS: dict[Condition, frozenset[Step]] = {
    Condition.ASKED_HUMAN: PERSON,
    Condition.HIGH_RISK: PERSON,
    Condition.PROOFS_USED: PERSON,
    Condition.ACTION_FAILED: PERSON,
    Condition.REASKS_USED: PERSON | {Step.ASK},
    Condition.LOOP: PERSON,
    Condition.STALLED: PERSON | {Step.STEER},
    Condition.STRAYED: PERSON | {Step.STEER},
    Condition.SLOT_MISSING: frozenset({Step.ASK}),
    Condition.SURE: frozenset({Step.ANSWER}),
    Condition.NEAR: frozenset({Step.OFFER_NEAR}),
    Condition.ALWAYS: PERSON | {Step.SAY_UNKNOWN},
}
COUNTED = frozenset({Condition.PROOFS_USED, Condition.LOOP, Condition.STALLED, Condition.STRAYED})
# Without a number the cut that was fitted on labelled questions holds.
SHARES = frozenset({Condition.SURE, Condition.NEAR})
MOST_TIMES = 20
# A table without these leaves visitors alone.
NEEDED = {
    Condition.ASKED_HUMAN: _("No row is left for a visitor who asks for a person."),
    Condition.ACTION_FAILED: _("No row is left for an action that failed."),
    Condition.PROOFS_USED: _("No row is left for orders that could not be proved."),
    Condition.SLOT_MISSING: _("No row is left that asks for a slot that a flow lacks."),
}


def of_rows(rows: Iterable[PolicyRow]) -> tuple[Rule, ...]:
    """The rows that are on, in order. Raises ValueError for a word that this release lacks."""
    return tuple(
        Rule(row.name, Condition(row.when), Step(row.then), row.at, row.high_value_only)
        for row in rows
        if row.enabled
    )


def defaults(site: Site) -> list[PolicyRow]:
    """The shipped table as rows that are not stored."""
    return [
        PolicyRow(
            site_id=site.pk,
            position=place,
            name=rule.id,
            when=rule.when.value,
            at=rule.at,
            then=rule.then.value,
            high_value_only=rule.high_value_only,
        )
        for place, rule in enumerate(DEFAULT, 1)
    ]


def row_problems(row: PolicyRow) -> dict[str, Any]:
    """What is wrong with one row, by field."""
    found: dict[str, Any] = {}
    when, then = Condition(row.when), Step(row.then)
    if then not in STEPS[when]:
        text = _("Not possible when “%(when)s”. Choose one of: %(steps)s.")
        names = [
            str(label) for value, label in PolicyRow.Then.choices if Step(value) in STEPS[when]
        ]
        found["then"] = text % {"when": When(row.when).label, "steps": " · ".join(names)}
    if when in COUNTED and (row.at is None or not _is_count(row.at)):
        found["at"] = _("Write a whole number from 1 to 20.")
    elif when in SHARES and row.at is not None and not 0 < row.at <= 1:
        found["at"] = _("Write a probability above 0, up to 1, or leave it empty.")
    elif row.at is not None and when not in COUNTED | SHARES:
        found["at"] = _("Leave it empty: this condition has no number.")
    return found


def problems(rows: Sequence[PolicyRow]) -> list[Any]:
    """What is wrong with the table as a whole. Rows that are off do not count."""
    table = [row for row in rows if row.enabled]
    found: list[Any] = []
    last = table[-1] if table else None
    if last is None or last.when != When.ALWAYS or last.high_value_only:
        found.append(
            _("The last row must be one that always holds, for all flows: else some lines would "
              "get no answer.")
        )  # fmt: skip
    for row in table[:-1]:
        if row.when == When.ALWAYS and not row.high_value_only:
            text = _("“%(name)s” always holds, so the rows below it would never be read.")
            found.append(text % {"name": row.name})
    for_all = {Condition(row.when) for row in table if not row.high_value_only}
    found += [text for when, text in NEEDED.items() if when not in for_all]
    names = [row.name for row in rows]
    found += [
        _("Two rows are called “%(name)s”.") % {"name": name}
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    return found


def _is_count(number: float) -> bool:
    return number == int(number) and 1 <= number <= MOST_TIMES
