"""How far operators have read."""

from django.db import models

from apps.chat.models import Session
from apps.handoff.models.people import Operator


class Reading(models.Model):
    """The last line of a session that an operator has had in view."""

    operator = models.ForeignKey(Operator, models.CASCADE, related_name="+")
    session = models.ForeignKey(Session, models.CASCADE, related_name="+")
    seq = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "session"], name="reading_one_for_operator_and_session"
            )
        ]

    def __str__(self) -> str:
        return f"{self.operator_id} {self.session_id} {self.seq}"
