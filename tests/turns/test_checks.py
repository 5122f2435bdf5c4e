"""What must hold before anything starts, of turns."""

from dataclasses import replace

import pytest

from helpdesk import checks


@pytest.fixture
def _usual(settings):
    settings.TURNS = replace(settings.TURNS, lease_s=10, renew_s=3)


def found(check):
    return [message.id for message in check(None)]


@pytest.mark.usefixtures("_usual")
@pytest.mark.parametrize(
    ("check", "change", "id_"),
    [
        (checks.leases_are_renewed_in_time, {"renew_s": 3.4}, "helpdesk.E007"),
        (checks.a_lost_turn_has_time_left, {"deadline_s": 14.9}, "helpdesk.E008"),
        (checks.limits_of_tasks_stand_in_order, {"hold_s": 190}, "helpdesk.E009"),
        (checks.limits_of_tasks_stand_in_order, {"claim_s": 100}, "helpdesk.E009"),
        (checks.a_drain_holds_turns_to_their_deadlines, {"hold_s": 119}, "helpdesk.E010"),
    ],
)
def test_a_check_names_what_is_out_of_order(settings, check, change, id_):
    assert check in checks.ALL
    assert found(check) == []
    settings.TURNS = replace(settings.TURNS, **change)
    assert found(check) == [id_]


def test_the_broker_gives_no_task_to_another_before_its_hard_limit(settings):
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 230}
    assert found(checks.limits_of_tasks_stand_in_order) == ["helpdesk.E009"]


@pytest.mark.usefixtures("_usual")
def test_a_drain_may_claim_as_long_as_can_be_set(settings):
    settings.TURNS = replace(settings.TURNS, claim_s=80)
    assert found(checks.limits_of_tasks_stand_in_order) == []
