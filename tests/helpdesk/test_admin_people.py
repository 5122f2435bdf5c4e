"""Roles and users: staff shape them, and nobody gains rights by the pages that do."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from helpdesk import roles
from helpdesk.models import Role
from tests.staff import form_data, olga, page, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def groups() -> dict[str, Group]:
    return {role.key: role.group for role in roles.provide_roles() if role.group}


def member(name: str, *of: Group) -> User:
    user = User.objects.create(username=name, is_staff=True)
    user.groups.set(of)
    return User.objects.get(pk=user.pk)


def codes(group: Group) -> set[str]:
    return set(group.permissions.values_list("codename", flat=True))


class TestRoles:
    def test_each_may_do_its_work(self, groups):
        assert codes(groups["operator"]) >= {"view_session", "change_ticket", "view_faq"}
        assert "change_faq" not in codes(groups["operator"])
        assert "publish_faq" not in codes(groups["editor"])
        assert codes(groups["publisher"]) > codes(groups["editor"])
        assert codes(groups["administrator"]) > codes(groups["publisher"])
        assert codes(groups["administrator"]) >= {"change_site", "add_user"}

    def test_supervisors_look_after_the_team_and_not_after_users(self, groups):
        may = codes(groups["supervisor"])
        assert may > codes(groups["operator"]) >= {"work_console", "view_macro"}
        assert may >= {"supervise", "take_over", "change_team", "add_hours", "view_report"}
        assert not may & {"add_operator", "add_user", "change_user", "change_site", "add_faq"}
        assert not codes(groups["operator"]) & {"supervise", "take_over", "view_report"}

    def test_only_superusers_change_what_groups_may(self, groups):
        assert not codes(groups["administrator"]) & {"add_group", "change_group", "delete_group"}

    def test_what_staff_changed_stays(self, groups):
        groups["operator"].permissions.clear()
        groups["operator"].name = "Front desk"
        groups["operator"].save()
        groups["editor"].delete()
        roles.provide_roles()
        assert set(Group.objects.values_list("name", flat=True)) == {
            "Front desk",
            "Supervisors",
            "Publishers",
            "Administrators",
        }
        assert codes(Group.objects.get(name="Front desk")) == set()

    def test_what_a_later_release_adds_is_given_once(self, groups):
        role = Role.objects.get(key="operator")
        role.given.remove("handoff.change_ticket")
        role.save()
        groups["operator"].permissions.clear()
        roles.provide_roles()
        assert codes(groups["operator"]) == {"change_ticket"}

    def test_a_group_of_the_staffs_own_is_left_alone(self):
        own = Group.objects.create(name="Operators")
        roles.provide_roles()
        assert codes(own) == set()
        assert Role.objects.get(key="operator").group.name == "Operators 2"


class TestEscalation:
    """Hana is an administrator, and no superuser."""

    @pytest.fixture
    def hana(self, groups) -> User:
        return member("hana", groups["administrator"])

    def change(self, by: User, user: User, **values: object):
        client = signed_in(by)
        path = page("auth_user_change", user.pk)
        return client.post(path, {**form_data(client.get(path)), **values})

    def test_she_makes_nobody_a_superuser(self, hana):
        user = member("li")
        for one in (user, hana):
            self.change(hana, one, is_superuser="on")
            one.refresh_from_db()
            assert not one.is_superuser

    def test_superusers_are_out_of_reach(self, hana):
        boss = olga()
        staff = signed_in(hana)
        before = User.objects.get(pk=boss.pk).password
        assert staff.post(page("auth_user_change", boss.pk), {"username": "x"}).status_code == 403
        assert staff.get(page("auth_user_password_change", boss.pk)).status_code == 403
        assert staff.post(page("auth_user_delete", boss.pk), {"post": "yes"}).status_code == 403
        staff.post(
            page("auth_user_changelist"),
            {"action": "delete_selected", "_selected_action": [boss.pk], "post": "yes"},
        )
        assert User.objects.get(pk=boss.pk).password == before

    def test_she_gives_only_what_she_has(self, hana):
        more = Group.objects.create(name="Everything")
        more.permissions.set(Permission.objects.all())
        user = member("li")
        self.change(hana, user, groups=[more.pk])
        assert list(user.groups.all()) == []

    def test_she_puts_others_in_roles(self, hana, groups):
        user = member("li")
        self.change(hana, user, groups=[groups["publisher"].pk])
        assert list(user.groups.all()) == [groups["publisher"]]

    def test_whoever_may_do_more_is_out_of_reach(self, hana, groups):
        user = member("li")
        user.user_permissions.add(Permission.objects.get(codename="change_group"))
        staff = signed_in(hana)
        assert staff.get(page("auth_user_password_change", user.pk)).status_code == 403


class TestQueries:
    """They do not grow with the rows."""

    @pytest.mark.parametrize(
        ("name", "row"),
        [
            ("auth_user_changelist", "user"),
            ("auth_user_changelist", "group"),
            ("auth_group_changelist", "group"),
            ("auth_user_change", "group"),
            ("invite", "group"),
        ],
    )
    def test_of_a_page(self, groups, name, row):
        staff = signed_in(olga())
        arguments = [member("li").pk] if name == "auth_user_change" else []
        path = reverse("invite") if name == "invite" else page(name, *arguments)
        counts = []
        for number in range(2):
            self.make(row, groups, number)
            with CaptureQueriesContext(connection) as queries:
                assert staff.get(path).status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def make(self, row: str, groups: dict[str, Group], number: int) -> None:
        for one in range(5):
            name = f"{row} {number} {one}"
            if row == "user":
                member(name, *groups.values())
            else:
                Role.objects.create(key=f"{number}-{one}", group=Group.objects.create(name=name))


class TestGroupForm:
    def test_saving_keeps_what_the_form_shows_for_no_other(self, groups):
        hidden = Permission.objects.get(codename="view_turn")
        groups["operator"].permissions.add(hidden)
        client = signed_in(olga())
        path = page("auth_group_change", groups["operator"].pk)
        shown = client.get(path)
        assert f'value="{hidden.pk}"' in shown.content.decode()
        before = codes(groups["operator"])
        kept = list(groups["operator"].permissions.values_list("pk", flat=True))
        client.post(path, {"name": "Operators", "permissions": kept})
        assert codes(groups["operator"]) == before

    def test_permissions_speak_the_readers_language(self, groups):
        html = (
            signed_in(olga(), "zh-hans")
            .get(page("auth_group_change", groups["operator"].pk))
            .content.decode()
        )
        assert "<legend>工单</legend>" in html
        assert "Can view" not in html

    def test_roles_speak_the_readers_language(self, groups):
        html = signed_in(olga(), "zh-hans").get(page("auth_group_changelist")).content.decode()
        assert "Operators" not in html
