"""Who gives a command, and what they may reach with it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User

from apps.chat.models import Session
from apps.console.people import RIGHTS, WORK, Person, operator_of, sites_of
from apps.console.rows import Row
from apps.handoff.models import Operator, Ticket
from apps.handoff.refusals import RefusalCode, Refused


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `done` carries beside its cid, and whose rows or threads may be others now. `rows` go with
    it in the shape that the console knows."""

    facts: dict[str, Any] = field(default_factory=dict)
    sessions: tuple[UUID, ...] = ()
    people: bool = False
    rows: tuple[Row, ...] | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """An operator as they stand now, not as they stood when their console was opened."""

    operator: Operator

    @classmethod
    def of(cls, person: Person) -> "Actor":
        """Raises Refused for one who may not work any longer."""
        found = Operator.objects.active().select_related("user").filter(pk=person.operator).first()
        if found is None or not found.user.is_staff or not found.user.has_perm(WORK):
            raise Refused(RefusalCode.NOT_ALLOWED)
        return cls(found)

    @classmethod
    def of_user(cls, user: User) -> "Actor":
        """The same for a request."""
        found = operator_of(user)
        if found is None:
            raise Refused(RefusalCode.NOT_ALLOWED)
        return cls(found)

    @property
    def sites(self) -> frozenset[int]:
        """None of them: all."""
        return sites_of(self.operator)

    def require(self, right: str) -> None:
        if not any(map(self.operator.user.has_perm, RIGHTS[right])):
            raise Refused(RefusalCode.NOT_ALLOWED)

    def session(self, session: UUID) -> Session:
        """One that the operator may see. Any other is refused like one that never was."""
        found = Session.objects.select_related("site", "visitor").filter(pk=session).first()
        if found is None or not self._may_see(found):
            raise Refused(RefusalCode.NOT_FOUND)
        return found

    def ticket(self, session: UUID) -> Ticket:
        """The open ticket of such a session, else the newest, which the verbs refuse by themselves."""
        tickets = Ticket.objects.filter(session=self.session(session)).order_by("-created_at")
        found = tickets.filter(status=Ticket.Status.OPEN).first() or tickets.first()
        if found is None:
            raise Refused(RefusalCode.NOT_FOUND)
        return found

    def _may_see(self, session: Session) -> bool:
        sites = self.sites
        if not sites or session.site_id in sites:
            return True
        return Ticket.objects.of(self.operator).filter(session=session).exists()
