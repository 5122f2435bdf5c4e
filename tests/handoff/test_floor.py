"""Who is on and what waits, as a supervisor sees it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.handoff.floor import Waiting, floor
from apps.handoff.models import Operator, Presence, Team, Ticket
from apps.handoff.templatetags.floor import so_long
from tests.handoff.test_admin_team import said, sue
from tests.staff import carol, olga, page, signed_in

pytestmark = pytest.mark.django_db

NOW = timezone.now()
FLOOR = "handoff_floor"


def ago(**time: int):
    return NOW - timedelta(**time)


@pytest.fixture
def ask(make_session):
    def make(**values) -> Ticket:
        session = make_session()
        given = {"reason": "asked", "language": "en", **values}
        return Ticket.objects.create(session=session, site=session.site, **given)

    return make


def operator(name: str, choice: str = "available", **seen) -> Operator:
    """Seen just now, unless told otherwise."""
    user = User.objects.create(username=name, is_staff=True)
    made = Operator.objects.create(user=user, name=name, capacity=2)
    times = {"seen_at": NOW, "active_at": NOW, **seen}
    Presence.objects.create(operator=made, choice=choice, **times)
    return made


def test_counts_what_waits_and_since_when(ask):
    mei = operator("mei")
    ask(waiting_since=ago(minutes=3))
    ask(waiting_since=ago(minutes=9), first_due_at=ago(minutes=1))
    ask(waiting_since=ago(minutes=50), operator=mei)
    ask(waiting_since=ago(hours=5), status="done")
    assert floor(NOW).waiting == Waiting(count=2, late=1, since=ago(minutes=9))


def test_of_nothing_there_is_no_oldest(site):
    assert floor(NOW).waiting == Waiting()


def test_people_stand_by_their_state_and_load(ask):
    busy, free = operator("busy"), operator("free")
    operator("gone", seen_at=ago(minutes=2))
    operator("away", choice="away")
    operator("idle", active_at=ago(minutes=11))
    User.objects.create(username="new", is_staff=True)
    Operator.objects.create(user=User.objects.get(username="new"), name="never")
    Operator.objects.create(user=User.objects.create(username="x"), name="off", active=False)
    for minutes in (2, 7):
        ask(operator=busy, waiting_since=ago(minutes=minutes))
    places = floor(NOW).places
    assert [(one.operator.name, str(one.state)) for one in places] == [
        ("busy", "available"),
        ("free", "available"),
        ("away", "away"),
        ("idle", "idle"),
        ("gone", "offline"),
        ("never", "offline"),
    ]
    assert (places[0].load, places[0].is_full, places[0].since) == (2, True, ago(minutes=7))
    assert (places[1].operator, places[1].load, places[1].is_full) == (free, 0, False)


def test_teams_tell_what_waits_for_whom(ask):
    returns, delivery = Team.objects.create(name="Returns"), Team.objects.create(name="Delivery")
    operator("mei").teams.add(returns)
    operator("bob", choice="away").teams.add(returns, delivery)
    ask(team=delivery, waiting_since=ago(minutes=4))
    ask(waiting_since=ago(minutes=1))
    rows = {row.team.name if row.team else "": row for row in floor(NOW).teams}
    assert list(rows) == ["Delivery", "Returns", ""]
    assert (rows["Returns"].members, rows["Returns"].available) == (2, 1)
    assert (rows["Delivery"].available, rows["Delivery"].waiting.count) == (0, 1)
    assert rows[""].waiting.since == ago(minutes=1)


def test_asks_no_more_for_more_people(ask):
    for n in range(12):
        operator(f"o{n}").teams.add(Team.objects.create(name=f"t{n}"))
        ask()
    with CaptureQueriesContext(connection) as asked:
        floor()
    assert len(asked) == 5


@pytest.mark.parametrize(
    ("time", "told"),
    [({"seconds": 45}, "45 s"), ({"seconds": 380}, "6:20"), ({"minutes": 125}, "2 h 5 min"),
     ({"hours": 49}, "2 d 1 h")],
)  # fmt: skip
def test_a_wait_in_words(time, told, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    assert so_long(ago(**time)) == told


class TestPage:
    def test_says_it_and_where_the_tickets_are(self, ask):
        team = Team.objects.create(name="Returns")
        ask(team=team, waiting_since=ago(minutes=4))
        operator("mei", choice="away").teams.add(team)
        client = signed_in(olga())
        answer = client.get(page(FLOOR))
        assert "nobody there" in said(answer)
        link = f"{page('handoff_ticket_changelist')}?operator__isnull=True&team={team.pk}"
        assert link.replace("&", "&amp;") in answer.content.decode()
        assert client.get(link).context["cl"].result_count == 1

    def test_what_changes_is_asked_for_alone(self, site):
        html = signed_in(olga()).get(page(FLOOR), {"part": ""}).content.decode()
        assert "<html" not in html
        assert "There are no operators yet" in html

    def test_is_for_supervisors(self, site):
        assert signed_in(sue()).get(page(FLOOR)).status_code == 200
        assert signed_in(carol()).get(page(FLOOR)).status_code == 403
