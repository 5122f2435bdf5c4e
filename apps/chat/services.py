"""Verbs on visitors and sessions that are not lines: those go through the journal."""

import base64
import contextlib
import hashlib
import re
import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.chat import events, identity
from apps.chat.attachments import files
from apps.chat.codes import Code
from apps.chat.frames import Context
from apps.chat.items import Item, Stored
from apps.chat.journal import append
from apps.chat.models import Attachment, Message, Session, Turn, Visitor, VisitorToken
from apps.engine.types import Author, Rating
from apps.llm.services import drop_answer, forget_sessions, lift_answer
from apps.sites.models import Site
from apps.sites.signing import valid_keys

TOKEN_BYTES = 32
# Successors are a lock and a write each; the rest of a crowd that grew old together waits a round.
SUCCESSORS_AT_ONCE = 200
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


@dataclass(frozen=True, slots=True)
class Identified:
    """`token` is the only one that is left, None when the visitor was this person before.
    `has_ended`: the session was another person's, and ended with all its tokens; `ended` names it."""

    token: str | None = None
    has_ended: bool = False
    ended: tuple[uuid.UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspected:
    """Of tokens in use, those that have ended, with why, and the successors of old ones."""

    ended: dict[str, Code] = field(default_factory=dict)
    successors: dict[str, str] = field(default_factory=dict)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


@transaction.atomic
def start_session(*, site: Site, locale: str) -> Started:
    """A new visitor with an open session and a bearer token that lives `token_life_s`."""
    visitor = Visitor.objects.create(site=site, locale=locale if LOCALE.fullmatch(locale) else "")
    token = _token(secrets.token_bytes(TOKEN_BYTES))
    ends = timezone.now() + timedelta(seconds=settings.CHAT.token_life_s)
    VisitorToken.objects.create(digest=digest(token), visitor=visitor, expires_at=ends)
    return Started(token, _open_session(visitor))


@transaction.atomic
def enter(*, token: str) -> Entered:
    """The visitor's open session, made anew when the last was closed.

    Raises TokenUnknownError or TokenExpiredError.
    """
    kept = _hold(token)
    _retire_predecessors(kept)
    session = kept.visitor.sessions.current().select_related("site").first()
    if session is None:
        _become_stranger(kept)
    return Entered(session or _open_session(kept.visitor), _successor(kept, token))


def recognise(*, token: str) -> Session:
    """The visitor's open session, for a single request: rotates nothing, and opens none, since
    nothing in an answer would tell the client that its lines begin anew.

    Raises TokenUnknownError, for a session that was closed or erased as well, or
    TokenExpiredError.
    """
    session = _find(token).visitor.sessions.current().select_related("site").first()
    if session is None:
        raise TokenUnknownError
    return session


def inspect(*, tokens: Collection[str]) -> Inspected:
    """Looks after the tokens of live sockets: one query, and a transaction for each that has
    grown old."""
    by_digest = {digest(token): token for token in tokens}
    found = Inspected(dict.fromkeys(tokens, Code.TOKEN_UNKNOWN))
    old = []
    for kept in _usable().filter(digest__in=by_digest):
        token = by_digest[kept.digest]
        if kept.expires_at < timezone.now():
            found.ended[token] = Code.TOKEN_EXPIRED
            continue
        del found.ended[token]
        if kept.is_older_than(settings.CHAT.token_rotate_s):
            old.append(token)
    for token in old[:SUCCESSORS_AT_ONCE]:
        # Ended since it was read: the next round tells.
        with contextlib.suppress(TokenUnknownError, TokenExpiredError):
            if successor := _renew(token):
                found.successors[token] = successor
    return found


@transaction.atomic
def log_out(*, token: str) -> tuple[uuid.UUID, ...]:
    """Revokes every token of the visitor and closes the session, so that the next person on
    this browser sees nothing; the sessions that were open."""
    return _end(_hold(token).visitor)


def identify(*, token: str, jwt: str) -> Identified:
    """Makes the visitor of a token the person whom the shop's server has signed.

    Raises IdentityError or IdentityExpiredError, and what `recognise` raises.
    """
    site = recognise(token=token).site
    claims = identity.check(
        jwt,
        keys=valid_keys(site),
        algorithm=site.identity_algorithm,
        audience=site.key,
    )
    return _introduce(token, claims)


def find_line(session: uuid.UUID, cmid: uuid.UUID) -> Stored | None:
    """The visitor's line that is stored under this cmid."""
    line = Message.objects.filter(session_id=session, author=Author.VISITOR, cmid=cmid).first()
    return Stored(line.id, line.seq, cmid, line.text, line.fields) if line else None


@transaction.atomic
def rate(*, session: uuid.UUID, seq: int, value: int, reason: str) -> bool:
    """Keeps the visitor's verdict on one of the bot's or operator's lines; False if none is. A
    model's answer that was of no use is said to nobody else, unless they change their mind."""
    lines = Message.objects.filter(
        session_id=session, seq=seq, author__in=[Author.BOT, Author.OPERATOR]
    )
    # Two verdicts at once: the line is locked, and the later one decides on the answer as well.
    found = bool(lines.update(rating=value, rating_reason=reason))
    said = Turn.objects.select_related("session").filter(
        messages__session_id=session, messages__seq=seq, messages__author=Author.BOT
    )
    if turn := said.first():
        _judge(turn, value)
    return found


class Noted(NamedTuple):
    """`language`: what the session speaks from here on; None when it was not told. `is_new`: the
    visitor has moved on."""

    language: str | None
    is_new: bool


def note_context(*, session: uuid.UUID, context: Context) -> Noted:
    """Where the visitor is and reads; empty values leave what is known. The session speaks the
    page's language from here on."""
    known = {
        "page_url": context.url[:500],
        "page_title": context.title[:200],
        "device": context.device[:200],
        "locale": context.locale[:35],
    }
    told = {name: value for name, value in known.items() if value}
    visitors = Visitor.objects.filter(sessions__id=session)
    is_new = bool(told and visitors.exclude(**told).update(**told))
    found = Session.objects.select_related("site").filter(id=session).first()
    if not context.locale or found is None:
        return Noted(None, is_new)
    language = found.site.language(context.locale)
    Session.objects.filter(id=session).exclude(language=language).update(language=language)
    return Noted(language, is_new)


def mark_read(*, session: uuid.UUID, seq: int) -> None:
    Session.objects.filter(id=session, read_seq__lt=seq, last_seq__gte=seq).update(read_seq=seq)


@transaction.atomic
def erase_sessions(*, sessions: Collection[uuid.UUID]) -> None:
    """With their lines, turns and files. Of models' calls for them only tokens and costs stay."""
    forget_sessions(sessions=sessions)
    paths = list(Attachment.objects.filter(session__in=sessions).values_list("path", flat=True))
    Session.objects.filter(id__in=sessions).delete()
    transaction.on_commit(partial(files.remove_all, paths))


def _judge(turn: Turn, value: int) -> None:
    answered = turn.answered_in
    if answered and value == Rating.DOWN:
        drop_answer(turn=answered, said=turn.id, site_id=turn.session.site_id)
    elif answered:
        lift_answer(said=turn.id)


@transaction.atomic
def _introduce(token: str, claims: identity.Claims) -> Identified:
    kept = _hold(token)
    visitor = kept.visitor
    if visitor.external_id not in {"", claims.sub}:
        return Identified(has_ended=True, ended=_end(visitor))
    was_stranger = not visitor.external_id
    visitor.external_id = claims.sub
    # What a later token leaves out stays as it was.
    visitor.name = claims.name or visitor.name
    visitor.email = claims.email or visitor.email
    visitor.verified_at = timezone.now()
    visitor.save(update_fields=["external_id", "name", "email", "verified_at"])
    if not was_stranger:
        return Identified()
    visitor.sessions.current().update(anonymous_seq=F("last_seq"))
    for session in visitor.sessions.current():
        # Its version moves: who holds it live takes no older row for the newest, and reads this.
        append(Item(session.pk, None))
    return Identified(_only_token(kept))


def _only_token(kept: VisitorToken) -> str:
    """A new token in place of all others, at once: somebody may have put one that they know into
    this browser before its owner signed in."""
    token = _token(secrets.token_bytes(TOKEN_BYTES))
    kept.visitor.tokens.all().delete()
    VisitorToken.objects.create(
        digest=digest(token), visitor=kept.visitor, expires_at=kept.expires_at
    )
    return token


def _become_stranger(kept: VisitorToken) -> None:
    """Who somebody was is proven for one session; in the next the browser is anybody's."""
    if not kept.visitor.external_id:
        return
    known = kept.visitor
    kept.visitor = Visitor.objects.create(site=known.site, locale=known.locale)
    known.tokens.update(visitor=kept.visitor)


def _end(visitor: Visitor) -> tuple[uuid.UUID, ...]:
    ended = tuple(visitor.sessions.current().values_list("id", flat=True))
    visitor.sessions.current().update(closed_at=timezone.now())
    visitor.tokens.all().delete()
    told = [(session, events.ENDED) for session in ended]
    transaction.on_commit(partial(events.announce, told))
    return ended


def _usable() -> QuerySet[VisitorToken]:
    """With a site switched off, its visitors' tokens are as if they were not there."""
    return VisitorToken.objects.filter(visitor__site__is_active=True)


def _find(token: str) -> VisitorToken:
    kept = _usable().select_related("visitor__site").filter(digest=digest(token)).first()
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


def _retire_predecessors(kept: VisitorToken) -> None:
    """The overlap starts when the new token is first used: a client that never received it
    still holds a token that works. A socket that lives for days is given several in a row and
    uses the last one only, so all that came before go."""
    if not kept.replaces:
        return
    overlap = timezone.now() + timedelta(seconds=settings.CHAT.token_overlap_s)
    kept.visitor.tokens.filter(created_at__lt=kept.created_at, expires_at__gt=overlap).update(
        expires_at=overlap
    )
    VisitorToken.objects.filter(digest=kept.digest).update(replaces="")


@transaction.atomic
def _renew(token: str) -> str | None:
    return _successor(_hold(token), token)


def _successor(kept: VisitorToken, token: str) -> str | None:
    """The one successor of an old token, the same for every socket that shows it.

    Derived, since only hashes are kept: a new one at random for each socket would have to replace
    an earlier one that another tab may have stored meanwhile.
    """
    if not kept.is_older_than(settings.CHAT.token_rotate_s):
        return None
    successor = _token(salted_hmac("chat.successor", token, algorithm="sha256").digest())
    VisitorToken.objects.get_or_create(
        digest=digest(successor),
        defaults={
            "visitor": kept.visitor,
            "expires_at": kept.expires_at,
            "replaces": kept.digest,
        },
    )
    return successor


def _token(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()
