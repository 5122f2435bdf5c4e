"""Invitations: the link works once, for the right person, for its time, and never for others."""

import logging
import re
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse
from django.utils import timezone

from helpdesk import invitations, roles
from helpdesk.invitation_views import InviteForm
from helpdesk.logs import NoLinks
from helpdesk.models import Invitation
from tests.helpdesk.smtp_server import Behaviour, smtp
from tests.staff import form_data, olga, page, signed_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db

FRESH = "blue sky of may"


@pytest.fixture
def groups() -> dict[str, Group]:
    return {role.key: role.group for role in roles.provide_roles() if role.group}


@pytest.fixture
def boss() -> User:
    return olga()


@pytest.fixture
def invited(groups, boss) -> Invitation:
    return invite(groups["operator"], boss)


def invite(group: Group, by: User) -> Invitation:
    return invitations.invite(
        email="Li@Shop.example", name="李雷", group=group, by=by, language="zh-hans"
    )


def link(invitation: Invitation) -> str:
    return reverse("invitation_link", args=[invitation.user_id, invitations.token_of(invitation)])


def join(client, path: str, password: str = FRESH):
    """Opens a link and answers the form."""
    moved = client.get(path)
    return client.post(moved["Location"], {"new_password1": password, "new_password2": password})


def is_dead(answer) -> bool:
    return "registration/dead_link.html" in [template.name for template in answer.templates]


def shown(by: User, user: User) -> str:
    """The state of a user as their row of the list tells it."""
    found = signed_in(by).get(page("auth_user_changelist")).context["cl"]
    return str(found.model_admin.state(found.result_list.get(pk=user.pk))[1])


def listed(by: User, state: str) -> list[int]:
    """Who is in the list with that filter."""
    found = signed_in(by).get(page("auth_user_changelist"), {"state": state})
    return [user.pk for user in found.context["cl"].result_list]


def fill_in(by, group, email, name="Mei"):
    """The form as somebody sends it."""
    sent = {"email": email, "name": name, "group": group.pk, "language": "en"}
    return signed_in(by).post(reverse("invite"), sent, follow=True)


class TestInvite:
    def test_makes_a_user_who_cannot_sign_in_yet(self, invited):
        user = invited.user
        assert (user.username, user.email) == ("li@shop.example", "li@shop.example")
        assert user.is_staff
        assert not user.is_active
        assert not user.has_usable_password()
        assert [group.name for group in user.groups.all()] == ["Operators"]

    def test_from_the_form(self, groups, boss, settings):
        answer = fill_in(boss, groups["editor"], "Mei@shop.example", "韩梅梅")
        made = Invitation.objects.get(user__username="mei@shop.example")
        assert f"{settings.PUBLIC_URL}{link(made)}" in answer.content.decode()
        assert made.invited_by == boss

    def test_the_link_does_not_follow_the_host_that_was_asked(self, invited, boss, settings):
        settings.PUBLIC_URL = "https://desk.example:8443"
        path = reverse("invitation", args=[invited.user_id])
        said = signed_in(boss).get(path, headers={"host": "localhost:9999"}).content.decode()
        assert f"https://desk.example:8443{link(invited)}" in said
        assert "localhost:9999" not in said

    def test_an_address_is_taken_once(self, invited, boss, groups):
        answer = fill_in(boss, groups["editor"], "LI@shop.example", "x")
        assert "There is a user with this address already." in answer.content.decode()
        assert User.objects.count() == 2

    def test_one_that_was_taken_a_moment_ago_is_told(self, invited, boss, groups, monkeypatch):
        """Between the look at the form and the row."""
        monkeypatch.setattr(InviteForm, "clean_email", lambda form: form.cleaned_data["email"])
        answer = fill_in(boss, groups["editor"], "li@shop.example", "x")
        assert "There is a user with this address already." in answer.content.decode()
        assert User.objects.count() == 2

    def test_is_mailed_where_there_is_a_server(self, groups, boss, settings):
        behaviour = Behaviour()
        with smtp(behaviour) as port:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
            settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
            fill_in(boss, groups["editor"], "mei@shop.example")
        made = Invitation.objects.get()
        assert link(made) in behaviour.mails[0].replace("=\n", "")

    def test_a_mail_that_fails_leaves_the_link_to_hand_over(self, groups, boss, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "mail.invalid", 25
        answer = fill_in(boss, groups["editor"], "mei@shop.example")
        said = answer.content.decode()
        assert "could not be sent to mei@shop.example" in said
        assert "no mail server by the name of mail.invalid" in said
        assert link(Invitation.objects.get()) in said


class TestAccept:
    def test_sets_the_password_and_signs_in(self, invited, client):
        answer = join(client, link(invited))
        assert answer["Location"] == page("index")
        assert client.get(page("index")).status_code == 200
        invited.user.refresh_from_db()
        assert invited.user.is_active
        assert invited.user.check_password(FRESH)

    def test_speaks_the_language_of_the_invitation(self, invited, client):
        answer = client.get(link(invited), follow=True)
        assert '<html lang="zh-hans"' in answer.content.decode()

    def test_the_token_leaves_the_address_and_tells_nobody(self, invited, client):
        moved = client.get(link(invited))
        assert moved.status_code == 302
        assert moved["Location"] == reverse("invitation_accept")
        assert moved["Referrer-Policy"] == "no-referrer"
        assert "no-store" in moved["Cache-Control"]

    def test_works_once(self, invited, client):
        path = link(invited)
        join(client, path)
        client.logout()
        assert is_dead(client.get(path, follow=True))
        token = path.split("/")[-2]
        with pytest.raises(invitations.DeadLinkError):
            invitations.accept(user_id=invited.user_id, token=token, password="another one")

    def test_needs_a_good_password(self, invited, client):
        answer = join(client, link(invited), "12345678")
        assert answer.status_code == 200
        invited.user.refresh_from_db()
        assert not invited.user.is_active

    @pytest.mark.parametrize("token", ["x" * 43, "0" * 43])
    def test_needs_the_token(self, invited, client, token):
        path = reverse("invitation_link", args=[invited.user_id, token])
        assert is_dead(client.get(path, follow=True))

    def test_ends_with_its_time(self, invited, client, settings):
        invited.sent_at = timezone.now() - settings.INVITATION_LIFE - timedelta(seconds=1)
        invited.save()
        assert is_dead(client.get(link(invited), follow=True))

    def test_a_link_that_dies_under_the_form_does_nothing(self, invited, client):
        moved = client.get(link(invited))
        invitations.revoke(user=invited.user)
        answer = client.post(moved["Location"], {"new_password1": FRESH, "new_password2": FRESH})
        assert is_dead(answer)
        invited.user.refresh_from_db()
        assert not invited.user.is_active


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_gets_in(groups, boss):
    invited = invite(groups["operator"], boss)
    token = invitations.token_of(invited)

    def accept(password: str) -> bool:
        try:
            invitations.accept(user_id=invited.user_id, token=token, password=password)
        except invitations.DeadLinkError:
            return False
        return True

    let_in = at_once(partial(accept, FRESH), partial(accept, "red sky of june"))
    assert sorted(let_in) == [False, True]


class TestRenewAndRevoke:
    def test_a_new_link_ends_the_old_one(self, invited, boss, client):
        old = link(invited)
        signed_in(boss).post(reverse("invitation_resend", args=[invited.user_id]))
        assert is_dead(client.get(old, follow=True))
        fresh = Invitation.objects.get()
        assert join(client, link(fresh))["Location"] == page("index")

    def test_a_revoked_link_is_dead_until_renewed(self, invited, boss, client):
        old = link(invited)
        staff = signed_in(boss)
        staff.post(reverse("invitation_revoke", args=[invited.user_id]))
        assert is_dead(client.get(old, follow=True))
        assert (
            "link is dead"
            in staff.get(reverse("invitation", args=[invited.user_id])).content.decode()
        )
        staff.post(reverse("invitation_resend", args=[invited.user_id]))
        assert Invitation.objects.get().is_valid

    def test_nobody_who_was_locked_out_comes_back_by_an_invitation(self, invited, boss, client):
        old = link(invited)
        join(client, old)
        User.objects.filter(pk=invited.user_id).update(is_active=False)
        with pytest.raises(invitations.NotOpenError):
            invitations.renew(user=invited.user, by=boss)
        signed_in(boss).post(reverse("invitation_resend", args=[invited.user_id]))
        client.logout()
        assert is_dead(client.get(old, follow=True))
        invited.user.refresh_from_db()
        assert not invited.user.is_active

    def test_nor_after_somebody_set_a_password_for_them(self, invited, boss):
        invited.user.set_password(FRESH)
        invited.user.save()
        invited.refresh_from_db()
        assert not invited.is_valid
        with pytest.raises(invitations.NotOpenError):
            invitations.renew(user=invited.user, by=boss)


class TestStaffPages:
    def test_the_list_tells_who_has_not_come_yet(self, invited, boss):
        assert shown(boss, invited.user) == "Invited, not yet accepted"
        assert listed(boss, "invited") == [invited.user_id]

    def test_the_list_leads_to_the_form(self, boss):
        staff = signed_in(boss)
        html = staff.get(page("auth_user_changelist")).content.decode()
        (path,) = set(
            re.findall(r'href="([^"]+)"[^>]*>(?:(?!</a>).)*Invite a colleague', html, re.S)
        )
        assert staff.get(path, follow=True).redirect_chain[-1][0] == reverse("invite")

    def test_whoever_was_revoked_is_invited_no_more(self, invited, boss):
        invitations.revoke(user=invited.user)
        assert shown(boss, invited.user) == "Deactivated"
        assert listed(boss, "invited") == []
        assert listed(boss, "inactive") == [invited.user_id]

    def test_nor_is_who_was_given_a_password(self, invited, boss):
        invited.user.set_password(FRESH)
        invited.user.save()
        assert shown(boss, invited.user) == "Deactivated"
        assert listed(boss, "invited") == []
        assert listed(boss, "inactive") == [invited.user_id]

    def test_the_user_leads_to_the_invitation_those_who_may_open_it(self, invited, boss):
        path = page("auth_user_change", invited.user_id)
        link = reverse("invitation", args=[invited.user_id])
        assert link in signed_in(boss).get(path).content.decode()
        carol = User.objects.create(username="carol", is_staff=True)
        carol.user_permissions.set(Permission.objects.filter(codename="view_user"))
        html = signed_in(carol).get(path).content.decode()
        assert "Invited, not yet accepted." in html
        assert link not in html

    def test_the_form_of_an_invited_user_cannot_let_them_in(self, invited, boss):
        client = signed_in(boss)
        path = page("auth_user_change", invited.user_id)
        client.post(path, {**form_data(client.get(path)), "is_active": "on"})
        invited.user.refresh_from_db()
        assert not invited.user.is_active

    def test_are_closed_to_those_who_may_not_add_users(self, invited, client):
        carol = User.objects.create(username="carol", is_staff=True)
        staff = signed_in(carol)
        assert staff.get(reverse("invite")).status_code == 403
        assert staff.get(reverse("invitation", args=[invited.user_id])).status_code == 403
        assert staff.post(reverse("invitation_resend", args=[invited.user_id])).status_code == 403
        assert client.get(reverse("invite")).status_code == 302

    def test_nobody_invites_to_more_than_they_may(self, groups, boss):
        hana = User.objects.create(username="hana", is_staff=True)
        adding = Permission.objects.filter(codename__in=("add_user", "view_user"))
        hana.user_permissions.set([*adding, *groups["operator"].permissions.all()])
        staff = signed_in(User.objects.get(pk=hana.pk))
        offered = staff.get(reverse("invite")).context["form"].fields["group"].queryset
        assert [group.name for group in offered] == ["Operators"]
        made = invite(groups["administrator"], boss)
        assert staff.get(reverse("invitation", args=[made.user_id])).status_code == 403


def test_no_link_stands_in_the_logs(invited):
    record = logging.LogRecord(
        "django.request", logging.ERROR, "", 0, "Failed: %s %s", ("GET", link(invited)), None
    )
    NoLinks().filter(record)
    assert record.getMessage() == "Failed: GET /admin/join/..."


class TestRights:
    """Whoever invited has seen the link."""

    def test_it_ends_with_the_account_of_whoever_invited(self, invited, boss, client):
        User.objects.filter(pk=boss.pk).update(is_active=False)
        assert is_dead(client.get(link(invited), follow=True))

    def test_it_ends_when_the_invited_is_given_more_than_the_host_has(self, groups, client):
        host = User.objects.create_user("host", is_staff=True)
        host.groups.add(groups["administrator"])
        invitation = invite(groups["operator"], host)
        User.objects.filter(pk=invitation.user_id).update(is_superuser=True)
        assert is_dead(client.get(link(invitation), follow=True))
