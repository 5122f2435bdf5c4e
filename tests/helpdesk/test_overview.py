"""The first page and the sidebar show what one may see, and only that."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.knowledge.models import Faq
from helpdesk.roles import provide_roles
from tests.staff import alice, carol, olga, page, signed_in

pytestmark = pytest.mark.django_db


def groups(user) -> dict[str, list[str]]:
    found = signed_in(user).get(page("index")).context["sidebar_navigation"]
    return {
        str(group["title"]): [str(one["title"]) for one in group["items"] if one["has_permission"]]
        for group in found
    }


def test_supervisors_find_their_team_and_what_it_did():
    user = User.objects.create(username="sue", is_staff=True)
    [group] = [role.group for role in provide_roles() if role.key == "supervisor"]
    assert group
    user.groups.add(group)
    found = groups(user)
    assert found["Work"][-2:] == ["Who is on", "Reports"]
    assert found["Team"] == [
        "Operators",
        "Teams",
        "Macros",
        "Business hours",
        "Service targets",
        "E-mails",
    ]
    assert found["Settings"] == []


def figures(user) -> dict[str, int]:
    cards = signed_in(user).get(page("index")).context["cards"]
    return {str(card["title"]): card["figure"] for card in cards}


def test_the_sidebar_goes_by_task():
    assert list(groups(olga())) == ["Work", "Knowledge", "Flows", "Models", "Team", "Settings"]


def test_everyone_sees_their_own_part():
    assert groups(carol()) == {
        "Work": ["Tickets", "Sessions"],
        "Knowledge": [],
        "Flows": [],
        "Models": [],
        "Team": [],
        "Settings": [],
    }
    assert groups(alice())["Knowledge"] == ["FAQ entries", "Waiting for review", "Imports"]


def test_figures_are_of_what_one_may_see(site):
    Faq.objects.create(site=site, language="en", question="q", answer="a", status="live")
    assert figures(carol()) == {"Open tickets": 0, "Sessions going on": 0}
    assert figures(alice())["Live FAQ entries"] == 1
    assert len(figures(olga())) == 4


def test_nothing_is_counted_that_one_may_not_see():
    staff = signed_in(carol())
    with CaptureQueriesContext(connection) as asked:
        staff.get(page("index"))
    assert not [query for query in asked.captured_queries if "knowledge_faq" in query["sql"]]


def test_what_only_the_sidebar_shows_is_counted_once():
    staff = signed_in(olga())
    with CaptureQueriesContext(connection) as asked:
        staff.get(page("index"))
    counted = [query["sql"] for query in asked.captured_queries if "COUNT(*)" in query["sql"]]
    for table in ("knowledge_proposal", "dialogue_webhookdelivery"):
        assert sum(table in sql for sql in counted) == 1


def test_a_figure_opens_its_list():
    html = signed_in(olga()).get(page("index")).content.decode()
    assert f'href="{page("handoff_ticket_changelist")}"' in html


def test_what_waits_for_review_is_counted_and_opens_its_list(site):
    Faq.objects.create(site=site, language="en", question="q", answer="a", status="review")
    staff = signed_in(alice())
    path = f"{page('knowledge_faq_changelist')}?review=waiting"
    [_work, knowledge, *_rest] = staff.get(path).context["sidebar_navigation"]
    found = {str(one["title"]): one for one in knowledge["items"]}
    assert found["Waiting for review"]["badge"] == 1
    assert str(found["Waiting for review"]["link"]) == path
    assert [title for title, one in found.items() if one["active"]] == ["Waiting for review"]


def test_the_sidebar_says_the_time_zone(settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    timezone.deactivate()
    assert "Times are in Asia/Shanghai" in signed_in(olga()).get(page("index")).content.decode()
