"""What the project itself keeps: roles that were given out, invitations, how far setting up is."""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import Group, User
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Role(models.Model):
    """A group that came with Helpdesk. Staff may change, rename or delete the group: `given` tells
    which permissions it once got, so that a later release only adds what is new."""

    key = models.SlugField(primary_key=True)
    group = models.OneToOneField(Group, models.SET_NULL, null=True, related_name="role")
    given = ArrayField(models.CharField(max_length=200), default=list)

    class Meta:
        default_permissions = ()
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return self.key


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def pending(self) -> Self:
        """Those that are `is_pending`."""
        return self.filter(
            accepted_at=None,
            revoked_at=None,
            user__is_active=False,
            user__password__startswith=UNUSABLE_PASSWORD_PREFIX,
        )


class Invitation(models.Model):
    """How a user who has no password yet gets one. The user is inactive until it is accepted."""

    user = models.OneToOneField(User, models.CASCADE, related_name="invitation")
    # Part of the link's signature: a new one makes every older link useless.
    nonce = models.UUIDField(default=uuid.uuid4)
    invited_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="invitations_sent"
    )
    language = models.CharField(max_length=12)
    sent_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return str(self.user)

    @property
    def expires_at(self) -> datetime:
        return self.sent_at + settings.INVITATION_LIFE

    @property
    def is_open(self) -> bool:
        """Whether it may be sent again. Once the user had a password or was let in by other means,
        never: whoever was locked out since then must stay out."""
        untouched = not self.user.is_active and not self.user.has_usable_password()
        return self.accepted_at is None and untouched

    @property
    def is_pending(self) -> bool:
        """Neither accepted nor revoked; it may be past its time. As `pending` says it in SQL."""
        return self.is_open and self.revoked_at is None

    @property
    def is_valid(self) -> bool:
        return self.is_pending and timezone.now() < self.expires_at


class FirstSteps(models.Model):
    """One row: what of setting up cannot be read from other tables."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    folded = models.BooleanField(default=False)
    skipped = ArrayField(models.CharField(max_length=30), default=list)
    email_tested_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        verbose_name = _("first steps")
        verbose_name_plural = _("first steps")
        constraints = [
            models.CheckConstraint(condition=models.Q(only=True), name="first_steps_one_row")
        ]

    def __str__(self) -> str:
        return str(self.skipped)

    @classmethod
    def current(cls) -> "FirstSteps":
        return cls.objects.get_or_create(only=True)[0]

    @classmethod
    def locked(cls) -> "FirstSteps":
        """For a change of it, within a transaction."""
        return cls.objects.select_for_update().get_or_create(only=True)[0]
