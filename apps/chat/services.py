"""Verbs on visitors and sessions that are not lines: those go through the journal."""

import hashlib
import re
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.chat import events
from apps.chat.frames import Context
from apps.chat.items import Stored
from apps.chat.models import Message, Session, Visitor, VisitorToken
from apps.engine.types import Author
from apps.sites.models import Site

TOKEN_BYTES = 32
LOCALE = re.compile(r"[A-Za-z0-9]{1,8}([-_][A-Za-z0-9]{1,8}){0,3}")


class TokenUnknownError(Exception):
    """No such token, or it was revoked."""


class TokenExpiredError(Exception):
    """The token is past its end."""


@dataclass(frozen=True, slots=True)
class Started:
    token: str
    session: Session


@dataclass(frozen=True, slots=True)
class Entered:
    """`token` is a new one that replaces the one shown, when that has grown old."""

    session: Session
    token: str | None


def digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


@transaction.atomic
def start_session(*, site: Site, locale: str) -> Started:
    """A new visitor with an open session and a bearer token that lives `token_life_s`."""
    visitor = Visitor.objects.create(site=site, locale=locale if LOCALE.fullmatch(locale) else "")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    ends = timezone.now() + timedelta(seconds=settings.CHAT.token_life_s)
    VisitorToken.objects.create(digest=digest(token), visitor=visitor, expires_at=ends)
    return Started(token, _open_session(visitor))


@transaction.atomic
def enter(*, token: str) -> Entered:
    """The visitor's open session, made anew when the last was closed.

    Raises TokenUnknownError or TokenExpiredError.
    """
    kept = _hold(token)
    _retire_predecessor(kept)
    session = kept.visitor.sessions.current().select_related("site").first()
    return Entered(session or _open_session(kept.visitor), _successor(kept))


def recognise(*, token: str) -> Session:
    """Like `enter`, for a single request: rotates nothing."""
    kept = _find(token)
    session = kept.visitor.sessions.current().select_related("site").first()
    return session or _open_session(kept.visitor)


@transaction.atomic
def log_out(*, token: str) -> None:
    """Revokes every token of the visitor and closes the session, so that the next person on
    this browser sees nothing."""
    visitor = _hold(token).visitor
    ended = [
        (session, events.ENDED)
        for session in visitor.sessions.current().values_list("id", flat=True)
    ]
    visitor.sessions.current().update(closed_at=timezone.now())
    visitor.tokens.all().delete()
    transaction.on_commit(partial(events.announce, ended))


def find_line(session: uuid.UUID, cmid: uuid.UUID) -> Stored | None:
    """The visitor's line that is stored under this cmid."""
    line = Message.objects.filter(session_id=session, author=Author.VISITOR, cmid=cmid).first()
    return Stored(line.id, line.seq, cmid, line.text, line.fields) if line else None


def rate(*, session: uuid.UUID, seq: int, value: int, reason: str) -> bool:
    """Keeps the visitor's verdict on one of the bot's or operator's lines; False if none is."""
    lines = Message.objects.filter(
        session_id=session, seq=seq, author__in=[Author.BOT, Author.OPERATOR]
    )
    return bool(lines.update(rating=value, rating_reason=reason))


def score(*, session: uuid.UUID, value: int, comment: str) -> None:
    Session.objects.filter(id=session).update(csat=value, csat_comment=comment)


def note_context(*, session: uuid.UUID, context: Context) -> str | None:
    """Where the visitor is and reads; empty values leave what is known. The session speaks the
    page's language from here on, which is returned; None when it was not told."""
    known = {
        "page_url": context.url[:500],
        "page_title": context.title[:200],
        "device": context.device[:200],
        "locale": context.locale[:35],
    }
    if changed := {name: value for name, value in known.items() if value}:
        Visitor.objects.filter(sessions__id=session).update(**changed)
    found = Session.objects.select_related("site").filter(id=session).first()
    if not context.locale or found is None:
        return None
    language = found.site.language(context.locale)
    Session.objects.filter(id=session).exclude(language=language).update(language=language)
    return language


def mark_read(*, session: uuid.UUID, seq: int) -> None:
    Session.objects.filter(id=session, read_seq__lt=seq, last_seq__gte=seq).update(read_seq=seq)


def _find(token: str) -> VisitorToken:
    kept = (
        VisitorToken.objects.select_related("visitor__site")
        .filter(digest=digest(token), visitor__site__is_active=True)
        .first()
    )
    if kept is None:
        raise TokenUnknownError
    if kept.expires_at < timezone.now():
        raise TokenExpiredError
    return kept


def _hold(token: str) -> VisitorToken:
    """The token, with its visitor locked: a hello and a logout at once must not leave a new token
    or an open session behind."""
    Visitor.objects.select_for_update(no_key=True).get(pk=_find(token).visitor_id)
    return _find(token)


def _open_session(visitor: Visitor) -> Session:
    """Two sockets may come at once; the unique open session decides, and both get it."""
    session, _ = Session.objects.get_or_create(
        visitor=visitor,
        closed_at=None,
        defaults={"site": visitor.site, "language": visitor.site.language(visitor.locale)},
    )
    return session


def _retire_predecessor(kept: VisitorToken) -> None:
    """The overlap starts when the new token is first used: a client that never received it
    still holds a token that works."""
    if not kept.replaces:
        return
    overlap = timezone.now() + timedelta(seconds=settings.CHAT.token_overlap_s)
    VisitorToken.objects.filter(digest=kept.replaces, expires_at__gt=overlap).update(
        expires_at=overlap
    )
    VisitorToken.objects.filter(digest=kept.digest).update(replaces="")


def _successor(kept: VisitorToken) -> str | None:
    if not kept.is_older_than(settings.CHAT.token_rotate_s):
        return None
    token = secrets.token_urlsafe(TOKEN_BYTES)
    VisitorToken.objects.create(
        digest=digest(token),
        visitor=kept.visitor,
        expires_at=kept.expires_at,
        replaces=kept.digest,
    )
    return token
