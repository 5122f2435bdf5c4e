"""How satisfied a visitor was, 1 to 5: asked for by a line, answered once for each such line.

Whoever ends a request stores a line with `ASKED` in its `meta`; the widget does the rest. Once it is
answered, `{"score": 4}` stands there instead.
"""

import uuid
from typing import Any, Final

from django.db import transaction

from apps.chat.models import Message, Session

KEY: Final = "csat"
ASKED: Final[dict[str, Any]] = {KEY: True}


@transaction.atomic
def score(*, session: uuid.UUID, value: int, comment: str) -> bool:
    """Keeps the visitor's word on the session; False when it was given since they were asked last,
    or, where nobody has asked, before."""
    row = Session.objects.select_for_update(no_key=True).filter(id=session).first()
    if row is None:
        return False
    asked = row.messages.filter(meta__has_key=KEY).order_by("-seq").first()
    if asked.meta[KEY] is not True if asked else row.csat:
        return False
    if asked:
        given = {**asked.meta, KEY: {"score": value}}
        Message.objects.filter(pk=asked.pk).update(meta=given)
    Session.objects.filter(pk=row.pk).update(csat=value, csat_comment=comment)
    return True
