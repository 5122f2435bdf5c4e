"""Who may work at a console: the admin's login, a permission and an operator's row, looked at when a
socket comes and again every few seconds."""

from collections.abc import Collection
from dataclasses import dataclass
from io import BytesIO
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session as Login
from django.core.handlers.asgi import ASGIRequest
from django.utils import timezone, translation

from apps.handoff.models import Operator
from apps.sites.models import CHINESE, ENGLISH

WORK = "handoff.work_console"
# The rights a console knows, and the permissions each of which gives it. `take_over` is about
# another operator's chat: what the bot has is anybody's to claim.
RIGHTS = {
    "claim": (WORK,),
    "transfer": (WORK,),
    "edit_slots": (WORK,),
    "take_over": ("handoff.take_over", "handoff.supervise"),
    "supervise": ("handoff.supervise",),
    "draft_faq": ("handoff.draft_entry", "knowledge.add_faq"),
}


class NotSignedInError(Exception):
    """Nobody of the staff is behind this socket."""


class NotAllowedError(Exception):
    """Somebody is who may not work at a console."""


@dataclass(frozen=True, slots=True)
class Person:
    """An operator at a console. No `sites` means all of them."""

    user: int
    login: str
    password: str
    operator: int
    name: str
    language: str
    rights: frozenset[str]
    sites: frozenset[int]

    @property
    def told(self) -> tuple[str, frozenset[str], frozenset[int]]:
        """What a console was told at its start."""
        return self.name, self.rights, self.sites

    def may_see(self, site: int) -> bool:
        return not self.sites or site in self.sites


def request_of(scope: Any) -> ASGIRequest:
    """The handshake of a socket, as the request that it is."""
    return ASGIRequest({**scope, "type": "http", "method": "GET"}, BytesIO())


def enter(request: ASGIRequest) -> Person:
    """Raises NotSignedInError or NotAllowedError."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    request.session = SessionStore(key if "\0" not in key else None)
    user = get_user(request)
    if not isinstance(user, User) or not user.is_active or not user.is_staff:
        raise NotSignedInError
    operator = operator_of(user)
    if operator is None:
        raise NotAllowedError
    return Person(
        user=user.pk,
        login=key,
        password=user.get_session_auth_hash(),
        operator=operator.pk,
        name=operator.name,
        language=translation.get_language_from_request(request),
        rights=rights_of(user),
        sites=sites_of(operator),
    )


def operator_of(user: User) -> Operator | None:
    """The operator that this user is, made at the first visit; None for who may not be one."""
    if not user.has_perm(WORK):
        return None
    name = user.get_full_name() or user.get_username()
    made = {"name": name[: Operator._meta.get_field("name").max_length]}
    operator, _ = Operator.objects.get_or_create(user=user, defaults=made)
    return operator if operator.active else None


def spoken(language: str | None) -> str:
    """The language of the admin, as texts of flows are kept."""
    return CHINESE if (language or "").startswith("zh") else ENGLISH


def rights_of(user: User) -> frozenset[str]:
    return frozenset(right for right, any_of in RIGHTS.items() if any(map(user.has_perm, any_of)))


class Inspected(NamedTuple):
    """Of people at consoles: whose login has ended or who may not work any longer, and whose name,
    rights or sites are others now."""

    revoked: set[Person]
    changed: set[Person]


def inspect(people: Collection[Person]) -> Inspected:
    """Three queries, and two for the rights of each operator."""
    logins = Login.objects.filter(
        session_key__in={person.login for person in people}, expire_date__gt=timezone.now()
    )
    going_on = set(logins.values_list("session_key", flat=True))
    found = Operator.objects.active().filter(pk__in={person.operator for person in people})
    users = {one.pk: one for one in found.select_related("user").prefetch_related("sites")}
    inspected = Inspected(set(), set())
    for person in people:
        operator = users.get(person.operator)
        if operator is None or person.login not in going_on or not _may_stay(person, operator):
            inspected.revoked.add(person)
        elif (operator.name, rights_of(operator.user), sites_of(operator)) != person.told:
            inspected.changed.add(person)
    return inspected


def _may_stay(person: Person, operator: Operator) -> bool:
    user = operator.user
    is_same = user.get_session_auth_hash() == person.password
    return is_same and user.is_staff and user.has_perm(WORK)


def sites_of(operator: Operator) -> frozenset[int]:
    return frozenset(site.pk for site in operator.sites.all())
