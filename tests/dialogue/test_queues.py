"""What those are told who wait, and those whom a person has."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.dialogue.queues import read_told
from apps.engine.types import Mode
from apps.handoff.models import Hours, Ticket
from apps.handoff.services import claim, queue_place
from apps.handoff.services.places import queue_places
from tests.handoff.talks import asks, long_ago
from tests.handoff.team import nora, team

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(make_session):
    """Sessions in the order in which they came."""

    def make(count):
        sessions = [make_session() for _ in range(count)]
        for number, session in enumerate(sessions):
            long_ago(asks(session), count - number, "waiting_since", "first_due_at")
        return sessions

    return make


def test_many_are_told_what_each_would_be_told_alone(waiting):
    nora()
    sessions = waiting(3)
    found = queue_places([session.pk for session in sessions])
    assert [found[session.pk].position for session in sessions] == [1, 2, 3]
    assert [found[session.pk] for session in sessions] == [queue_place(one) for one in sessions]


def test_it_costs_no_more_for_many_than_for_one(waiting):
    nora()
    costs = []
    for count in (1, 6):
        Ticket.objects.all().delete()
        sessions = [session.pk for session in waiting(count)]
        with CaptureQueriesContext(
            connection,
        ) as asked:
            queue_places(sessions)
        costs.append(len(asked))
    assert costs[0] == costs[1]


def test_those_behind_wait_as_many_times_as_long(waiting):
    who = nora(capacity=50)
    for minutes, session in enumerate(waiting(5)):
        ticket = Ticket.objects.get(session=session)
        claim(ticket_id=ticket.pk, operator=who)
        long_ago(ticket, 2 * minutes, "claimed_at")
    first, second = waiting(2)
    found = queue_places([first.pk, second.pk])
    assert (found[first.pk].eta_s, found[second.pk].eta_s) == (120, 240)


def test_who_waits_and_who_is_talked_to_is_told_so(waiting, make_session):
    who = nora()
    first, second = waiting(2)
    claim(ticket_id=Ticket.objects.get(session=first).pk, operator=who)
    with_bot = make_session()
    modes = {first.pk: Mode.HUMAN, second.pk: Mode.QUEUED, with_bot.pk: Mode.QUEUED}
    assert read_told(modes) == {
        first.pk: {"operator": "Nora"},
        second.pk: {"queue": {"position": 1, "open": True, "attended": True}},
    }
    assert read_told({}) == {}


def test_outside_of_its_hours_the_team_says_when_it_is_back(waiting):
    who = nora()
    [session] = waiting(1)
    never = Hours.objects.create(name="Closed", timezone="UTC", week={})
    Ticket.objects.update(team=team("Desk", who, hours=never))
    queue = read_told({session.pk: Mode.QUEUED})[session.pk]["queue"]
    assert queue["open"] is False
