"""`identify`: the visitor proves who they are. The socket and its HTTP twin do it alike."""

import logging
from dataclasses import dataclass, replace
from typing import Final

from django.utils.functional import Promise

from apps.chat import codes, frames
from apps.chat.codes import CLOSE_RESTART, Code
from apps.chat.identity import IdentityError, IdentityExpiredError
from apps.chat.threads import in_thread
from apps.dialogue import leaving
from apps.dialogue.handles import Feed, Handle
from apps.guard.limits import Buckets

logger = logging.getLogger(__name__)

AT_ONCE: Final = 5
PER_SECOND: Final = 5 / 60
# Long enough for the new token to reach the browser's other tabs through its storage.
OTHERS_WAIT_S: Final = 1

attempts = Buckets()


class NotIdentifiedError(Exception):
    """`code` says why, and `retry_after` in seconds when to try again."""

    def __init__(
        self, code: Code, *, retry_after: float | None = None, words: str | Promise = ""
    ) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after
        self.words = words


@dataclass(frozen=True, slots=True)
class SignIn:
    """`own`: the socket it came by, None for a request."""

    token: str
    jwt: str
    own: Feed | None = None
    trusted: bool = False


async def sign_in(handle: Handle, wish: SignIn) -> frames.Encodable:
    """The `identified` frame, with the token that replaces the one shown if it was replaced.

    Raises NotIdentifiedError, and what `chat.services.recognise` raises.
    """
    if not wish.trusted:
        _take_attempt(handle)
    try:
        found = await in_thread(leaving.identify, token=wish.token, jwt=wish.jwt)
    except IdentityError as error:
        logger.info("identity: refused on site %s: %s", handle.standing.site, error)
        is_old = isinstance(error, IdentityExpiredError)
        raise NotIdentifiedError(
            Code.IDENTITY_EXPIRED if is_old else Code.IDENTITY_REFUSED
        ) from error
    if found.token or found.has_ended:
        _send_others_away(handle, wish.own)
    if found.has_ended:
        raise NotIdentifiedError(Code.IDENTITY_CHANGED)
    # For a line that comes at once. The session's version has moved: elsewhere, and here if a row
    # that was read before is taken over meanwhile, the next look at it tells.
    handle.standing = replace(handle.standing, is_verified=True)
    return frames.identified(found.token)


def send_away(feed: Feed) -> None:
    """Its token is gone. A tab of this browser comes back with the new one; whoever else knew the
    old one cannot."""
    feed.push(frames.encode({"type": "going_away", "retry_after": OTHERS_WAIT_S}))
    feed.shut(CLOSE_RESTART)


def _take_attempt(handle: Handle) -> None:
    """A signature costs more to check than to send."""
    wait = attempts.of(str(handle.standing.session), AT_ONCE, PER_SECOND).take()
    if wait:
        raise NotIdentifiedError(Code.RATE_LIMITED, retry_after=wait, words=codes.TOO_MANY_SIGN_INS)


def _send_others_away(handle: Handle, own: Feed | None) -> None:
    """Sockets only: a request shows its token each time."""
    for feed in tuple(handle.feeds):
        if feed is not own and feed.token:
            send_away(feed)
            handle.feeds.discard(feed)
