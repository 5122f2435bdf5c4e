"""Whose visitors a member of the staff may see: an operator of some sites sees those, at the console
and in the admin, and what is theirs of any site."""

from typing import Any

from django.db.models import Exists, Q, QuerySet

from apps.chat.models import Session
from apps.handoff.models import Operator, Ticket


def tickets_for(user: Any, rows: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Those of `rows` that this user may see."""
    own = Q(status=Ticket.Status.OPEN, operator__user=user.pk)
    return rows.filter(_of_their_sites(user) | own)


def sessions_for(user: Any, rows: QuerySet[Session]) -> QuerySet[Session]:
    """The same of sessions."""
    own = Ticket.objects.open().filter(operator__user=user.pk).values("session")
    return rows.filter(_of_their_sites(user) | Q(pk__in=own))


def _of_their_sites(user: Any) -> Q:
    """Who has no sites, or is no operator, serves all."""
    theirs = Operator.sites.through.objects.filter(operator__user=user.pk)
    return Q(~Exists(theirs)) | Q(site__in=theirs.values("site"))
