"""Setting up the team in the admin: operators, teams, hours, targets."""

from datetime import date

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError

from apps.dialogue.models import Flow
from apps.handoff.admin.hours import told_week
from apps.handoff.models import Holiday, Hours, Member, Operator, Target, Team
from helpdesk.roles import provide_roles
from tests.staff import form_data, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db


def sue() -> User:
    """A supervisor, with the group that ships."""
    user = User.objects.create(username="sue", is_staff=True)
    [group] = [role.group for role in provide_roles() if role.key == "supervisor"]
    assert group
    user.groups.add(group)
    return user


def li(**values) -> Operator:
    user = User.objects.create(username=values.pop("username", "li"), is_staff=True)
    return Operator.objects.create(**{"user": user, "name": "Li", **values})


def sent(client, name: str, /, *arguments, **changed):
    """The form as it stands with these changes; the answer with the form again if it was refused."""
    path = page(name, *arguments)
    shown = client.get(path)
    form = shown.context["adminform"].form
    ticked = {one.html_name: one.value() for one in form if isinstance(one.value(), list)}
    return client.post(path, form_data(shown) | ticked | changed)


def said(answer) -> str:
    return " ".join(texts(answer.content.decode()))


class TestOperators:
    def test_is_made_of_a_user_under_their_name(self, site):
        user = User.objects.create(username="li", first_name="Lei", last_name="Li", is_staff=True)
        team = Team.objects.create(name="Returns")
        answer = sent(
            signed_in(olga()), "handoff_operator_add", user=user.pk, teams=[team.pk],
            languages=["zh-Hans"],
        )  # fmt: skip
        assert answer.status_code == 302
        made = Operator.objects.get(user=user)
        assert (made.name, made.languages, made.flows) == ("Lei Li", ["zh-Hans"], [])
        assert list(made.teams.all()) == [team]

    def test_only_staff_who_are_none_yet_are_offered(self, site):
        li()
        User.objects.create(username="shopper")
        free = User.objects.create(username="mei", is_staff=True)
        boss = olga()
        form = signed_in(boss).get(page("handoff_operator_add")).context["adminform"].form
        assert set(form.fields["user"].queryset) == {free, boss}

    def test_flows_are_ticked_by_name_and_what_is_gone_stays(self, site):
        Flow.objects.create(site=site, key="return", name_en="Return an item")
        operator = li(flows=["return", "exchange"])
        client = signed_in(olga())
        answer = client.get(page("handoff_operator_change", operator.pk))
        choices = dict(answer.context["adminform"].form.fields["flows"].choices)
        assert choices == {"return": "Return an item", "exchange": "exchange"}
        listed = client.get(page("handoff_operator_changelist"))
        assert "Return an item, exchange" in said(listed)

    def test_what_keeps_one_from_working_is_told(self, site):
        operator = li()
        client = signed_in(olga())
        path = page("handoff_operator_change", operator.pk)
        assert "may not open the console" in said(client.get(path))
        assert "no e-mail address" in said(client.get(path))
        operator.user.email = "li@shop.example"
        operator.user.save()
        operator.user.user_permissions.add(Permission.objects.get(codename="work_console"))
        assert "may not open the console" not in said(client.get(path))
        assert "no e-mail address" not in said(client.get(path))

    def test_leaves_a_team_by_an_empty_box(self, site):
        operator = li()
        team = Team.objects.create(name="Returns")
        Member.objects.create(team=team, operator=operator)
        client = signed_in(olga())
        answer = client.get(page("handoff_operator_change", operator.pk))
        assert answer.context["adminform"].form.initial["teams"] == [team]
        client.post(
            page("handoff_operator_change", operator.pk),
            {"name": "Li", "capacity": 3, "active": "on"},
        )
        assert not operator.teams.exists()

    @pytest.mark.parametrize("capacity", ["0", "51", "many"])
    def test_chats_at_once_are_bounded(self, site, capacity):
        operator = li()
        answer = signed_in(olga()).post(
            page("handoff_operator_change", operator.pk), {"name": "Li", "capacity": capacity}
        )
        assert answer.context["adminform"].form.errors.keys() == {"capacity"}

    def test_skills_that_are_none_are_refused_in_ones_language(self, site):
        operator = li()
        wrong = {"name": "Li", "capacity": 3, "languages": ["kl"], "flows": ["../x"]}
        where, owner = page("handoff_operator_change", operator.pk), olga()
        for language, said in [("en", "Select a valid choice"), ("zh-hans", "选择一个有效的选项")]:
            form = signed_in(owner, language).post(where, wrong).context["adminform"].form
            assert form.errors.keys() == {"languages", "flows"}
            assert said in str(form.errors)
        for languages, flows in [
            ("en", []),
            (["kl"], []),
            ([], ["a b"]),
            ([], ["a", "a"]),
            ([1], {}),
        ]:
            operator.languages, operator.flows = languages, flows
            with pytest.raises(ValidationError):
                operator.full_clean()

    def test_a_supervisor_changes_but_does_not_make_them(self, site):
        operator, client = li(), signed_in(sue())
        assert client.get(page("handoff_operator_add")).status_code == 403
        assert sent(client, "handoff_operator_change", operator.pk, name="Lily").status_code == 302
        operator.refresh_from_db()
        assert operator.name == "Lily"


class TestTeams:
    def test_whoever_stays_keeps_their_turn(self, site):
        stays, goes, comes = li(), li(username="a", name="A"), li(username="b", name="B")
        team = Team.objects.create(name="Returns")
        kept = Member.objects.create(team=team, operator=stays, given_at="2026-03-09T10:00Z")
        Member.objects.create(team=team, operator=goes)
        answer = signed_in(sue()).post(
            page("handoff_team_change", team.pk),
            {
                "name": "Returns",
                "people": [stays.pk, comes.pk],
                "assignment": "least_busy",
                "alert_minutes": "",
            },
        )
        assert answer.status_code == 302
        assert set(team.members.all()) == {stays, comes}
        assert Member.objects.get(pk=kept.pk).given_at is not None
        team.refresh_from_db()
        assert (team.assignment, team.alert_minutes) == ("least_busy", None)


class TestHours:
    def post(self, client, week: dict[str, str], **more):
        pairs = {f"week-{key}": value for key, value in week.items()}
        none = {f"holidays-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL")}
        data = {"name": "Shop", "timezone": "Asia/Shanghai", **none, **pairs, **more}
        return client.post(page("handoff_hours_add"), data)

    def test_begin_with_a_usual_week_where_the_server_stands(self, settings):
        settings.TIME_ZONE = "Europe/Berlin"
        form = signed_in(olga()).get(page("handoff_hours_add")).context["adminform"].form
        assert form["timezone"].value() == "Europe/Berlin"
        html = str(form["week"])
        assert html.count('value="09:00"') == html.count('value="18:00"') == 5

    def test_a_week_is_stored_in_the_order_of_the_clock(self):
        week = {
            "mon-0-from": "13:00", "mon-0-to": "18:00", "mon-1-from": "09:00", "mon-1-to": "12:00",
            "sat-0-from": "22:00", "sat-0-to": "00:00",
        }  # fmt: skip
        assert self.post(signed_in(sue()), week).status_code == 302
        assert Hours.objects.get().week == {
            "mon": [["09:00", "12:00"], ["13:00", "18:00"]],
            "sat": [["22:00", "24:00"]],
        }

    @pytest.mark.parametrize(
        ("week", "told"),
        [
            ({"tue-0-from": "18:00", "tue-0-to": "09:00"}, "Tuesday: 09:00 is not after 18:00."),
            ({"tue-0-from": "09:00", "tue-0-to": ""}, "Tuesday: write both times, or neither."),
            ({"tue-0-from": "9", "tue-0-to": "10"}, "Tuesday: “9” is no time of day, such as 09:00."),
            (
                {"sun-0-from": "09:00", "sun-0-to": "13:00", "sun-1-from": "12:00", "sun-1-to": "18:00"},
                "Sunday: 09:00–13:00 and 12:00–18:00 overlap.",
            ),
        ],
    )  # fmt: skip
    def test_a_day_that_cannot_be_is_named(self, week, told):
        answer = self.post(signed_in(sue()), week)
        assert answer.context["adminform"].form.errors == {"week": [told]}
        assert f'value="{next(iter(week.values()))}"' in answer.content.decode()
        assert not Hours.objects.exists()

    def test_a_stored_week_comes_back_as_it_was(self):
        week = {"mon": [["00:00", "24:00"]], "fri": [["09:00", "12:00"], ["13:00", "18:00"]]}
        hours = Hours.objects.create(name="Shop", timezone="UTC", week=week)
        assert sent(signed_in(sue()), "handoff_hours_change", hours.pk, name="Desk",
                    **self.fields(week)).status_code == 302  # fmt: skip
        hours.refresh_from_db()
        assert (hours.name, hours.week) == ("Desk", week)

    def fields(self, week) -> dict[str, str]:
        return {
            f"week-{day}-{n}-{end}": time
            for day, spans in week.items()
            for n, span in enumerate(spans)
            for end, time in zip(("from", "to"), span, strict=True)
        }

    def test_a_place_that_is_none(self):
        answer = self.post(signed_in(sue()), {}, timezone="Mars/Olympus")
        assert answer.context["adminform"].form.errors.keys() == {"timezone"}

    def test_holidays_come_with_them(self):
        none = {"holidays-INITIAL_FORMS": 0, "holidays-TOTAL_FORMS": 1}
        day = {"holidays-0-day": "2027-02-06", "holidays-0-name": "春节"}
        assert self.post(signed_in(sue()), {}, **none, **day).status_code == 302
        found = Holiday.objects.get()
        assert (found.day, found.opens, found.name) == (date(2027, 2, 6), None, "春节")

    def test_in_words(self):
        shop = [["09:00", "18:00"]]
        week = {
            **dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), shop),
            "sun": [["10:00", "12:00"]],
        }
        assert told_week(week) == "Mon–Fri 09:00–18:00 · Sun 10:00–12:00"
        assert told_week({}) == "Never open"


class TestTargets:
    def test_are_listed_in_whole_hours_where_they_are(self):
        Target.objects.create(
            name="Usual", priority=2, first_response_minutes=5, resolution_minutes=480
        )
        listed = said(signed_in(sue()).get(page("handoff_target_changelist")))
        assert "5 minutes" in listed
        assert "8 hours" in listed

    def test_one_for_each_priority_of_a_team(self):
        Target.objects.create(name="Usual", priority=2)
        data = {
            "name": "Again",
            "priority": 2,
            "first_response_minutes": 5,
            "resolution_minutes": 9,
        }
        answer = signed_in(sue()).post(page("handoff_target_add"), data)
        assert answer.status_code == 200
        assert Target.objects.count() == 1


@pytest.mark.parametrize("kind", ["operator", "team", "macro", "hours", "target"])
def test_an_empty_list_says_what_it_is_for(kind):
    answer = signed_in(olga()).get(page(f"handoff_{kind}_changelist"))
    assert "Nothing here yet" in said(answer)
    assert "What is added will be listed here." not in said(answer)
