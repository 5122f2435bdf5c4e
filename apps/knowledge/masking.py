"""Numbers and e-mail addresses in what visitors asked: they are for those alone who may read chats."""

import re

from django.contrib.auth.models import User

HIDDEN = "••••"
# The last digits of a phone prove whose an order is.
PERSONAL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}|\+?\d(?:[\s().-]{0,2}\d){3,}")


def may_see_chats(user: User) -> bool:
    return user.has_perm("chat.view_session")


def masked(text: str) -> str:
    return PERSONAL.sub(HIDDEN, text)
