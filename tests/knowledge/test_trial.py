"""Indexes that are built for a trial: kept for the next question, and no longer than they hold."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.knowledge import index, trial
from apps.knowledge.index import Entry

NOW = timezone.now()


def entry(key: str, **values: str) -> tuple[Entry, tuple[str, ...]]:
    dates = {"valid_from": None, "valid_until": None, **values}
    question = f"Where is parcel {key}?"
    return Entry(key, "en", question, "On its way.", "", high_risk=False, **dates), ()


@pytest.fixture
def shelf() -> trial.Shelf:
    return trial.Shelf()


def test_the_same_entries_are_built_once(shelf):
    assert shelf.of((entry("1"),), NOW) is shelf.of((entry("1"),), NOW)
    assert shelf.of((entry("1"),), NOW) is not shelf.of((entry("2"),), NOW)


@pytest.mark.parametrize(("name", "before", "after"), [("valid_from", 1, 2), ("valid_until", 2, 1)])
def test_an_entry_that_begins_or_ends_meanwhile(shelf, name, before, after):
    moment = NOW + timedelta(hours=1)
    entries = (entry("1"), entry("2", **{name: moment.isoformat()}))
    assert len(shelf.of(entries, NOW)) == before
    assert len(shelf.of(entries, moment)) == after


def test_only_the_last_ones_are_kept(shelf):
    first = shelf.of((entry("0"),), NOW)
    for number in range(1, trial.KEPT + 1):
        shelf.of((entry(str(number)),), NOW)
    assert shelf.of((entry("0"),), NOW) is not first


def test_one_that_is_built_already_is_had_while_another_is_built(shelf, monkeypatch):
    known = shelf.of((entry("1"),), NOW)
    begun, go_on = threading.Event(), threading.Event()

    def slow(*arguments):
        begun.set()
        assert go_on.wait(60)
        return index.pack(*arguments)

    monkeypatch.setattr("apps.knowledge.trial.pack", slow)
    found = []
    other = threading.Thread(target=shelf.of, args=[(entry("2"),), NOW])
    mine = threading.Thread(target=lambda: found.append(shelf.of((entry("1"),), NOW)))
    other.start()
    assert begun.wait(20)
    mine.start()
    mine.join(20)
    try:
        assert found == [known]
    finally:
        go_on.set()
        other.join(20)
        mine.join(20)
