"""Visitors who go for good, whoever has their chat."""

from django.db import transaction

from apps.chat import services
from apps.chat.services import Identified
from apps.handoff.services import visitor_left


@transaction.atomic
def log_out(*, token: str) -> None:
    """`chat.services.log_out`, and who answers them is told. Raises what it raises."""
    for session in services.log_out(token=token):
        visitor_left(session_id=session)


@transaction.atomic
def identify(*, token: str, jwt: str) -> Identified:
    """`chat.services.identify`, and who answers the person before is told. Raises what it raises."""
    found = services.identify(token=token, jwt=jwt)
    for session in found.ended:
        visitor_left(session_id=session)
    return found
