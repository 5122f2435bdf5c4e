"""Invitations: a user without a password, and a link that lets its holder set one, once."""

from datetime import datetime
from uuid import uuid4

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from helpdesk import mail
from helpdesk.models import Invitation
from helpdesk.roles import may_manage

SALT = "helpdesk.invitations"


class NotOpenError(Exception):
    """The user has had a password, or has been let in or locked out since."""


class DeadLinkError(Exception):
    """The link was used, revoked, replaced by a later one, or is past its time."""


@transaction.atomic
def invite(*, email: str, name: str, group: Group, by: User, language: str) -> Invitation:
    """An inactive user in `group` and the open invitation to it. The address is the login.

    Raises IntegrityError if there is a user by this name already.
    """
    user = User(
        username=email.lower(), email=email.lower(), first_name=name, is_staff=True, is_active=False
    )
    user.set_unusable_password()
    user.save()
    user.groups.add(group)
    return Invitation.objects.create(
        user=user, invited_by=by, language=language, sent_at=timezone.now()
    )


@transaction.atomic
def renew(*, user: User, by: User) -> Invitation:
    """A new link with its full time; older ones are dead. Also brings back a revoked invitation.

    Raises NotOpenError: a link must never let in somebody who was locked out.
    """
    invitation = _locked(user)
    invitation.nonce = uuid4()
    invitation.sent_at = timezone.now()
    invitation.invited_by, invitation.revoked_at = by, None
    invitation.save()
    return invitation


@transaction.atomic
def revoke(*, user: User) -> Invitation:
    """The link is dead from now on. Raises NotOpenError."""
    invitation = _locked(user)
    invitation.nonce = uuid4()
    invitation.revoked_at = timezone.now()
    invitation.save()
    return invitation


@transaction.atomic
def accept(*, user_id: int, token: str, password: str) -> User:
    """The user with this password, active. Raises DeadLinkError; of two at once, for the second."""
    found = Invitation.objects.select_related("user").select_for_update(of=("self", "user"))
    invitation = found.filter(user_id=user_id).first()
    if invitation is None or not fits(invitation, token):
        raise DeadLinkError
    user = invitation.user
    user.set_password(password)
    user.is_active = True
    user.save()
    invitation.accepted_at = timezone.now()
    invitation.save()
    return user


def find(*, user_id: int, token: str) -> Invitation | None:
    """The invitation behind a link that still works."""
    found = Invitation.objects.select_related("user").filter(user_id=user_id).first()
    return found if found and fits(found, token) else None


def fits(invitation: Invitation, token: str) -> bool:
    """Whoever invited has seen the link: it ends when they may not manage such an account any
    more, because theirs was closed or the other was given more."""
    host = invitation.invited_by
    return (
        invitation.is_valid
        and host is not None
        and host.is_active
        and may_manage(host, invitation.user)
        and constant_time_compare(token, token_of(invitation))
    )


def token_of(invitation: Invitation) -> str:
    """43 hexadecimal digits. The password is in it, so that any change of it ends the link."""
    stated = f"{invitation.user_id}:{invitation.nonce}:{invitation.user.password}"
    return salted_hmac(SALT, stated, algorithm="sha256").hexdigest()[:43]


def send(*, invitation: Invitation, link: str, site: str) -> str:
    """Sends the link; returns "" or what failed, in the active language. Call it after the commit."""
    with translation.override(invitation.language):
        until = _day(invitation.expires_at)
        context = {"invitation": invitation, "link": link, "site": site, "until": until}
        body = render_to_string("registration/invitation.txt", context)
        subject = _("Your invitation to %(site)s") % {"site": site}
    return mail.deliver(subject, body, invitation.user.email)


def _locked(user: User) -> Invitation:
    found = Invitation.objects.select_related("user").select_for_update(of=("self", "user"))
    invitation = found.filter(user=user).first()
    if invitation is None or not invitation.is_open:
        raise NotOpenError
    return invitation


def _day(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
