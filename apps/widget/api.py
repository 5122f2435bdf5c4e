"""The HTTP twin of the socket, for networks that break WebSockets: same driver, same answers."""

import math

from django.http import HttpRequest, HttpResponse, JsonResponse

from apps.chat import frames, services, transcripts
from apps.chat.codes import SITE_GONE, TOO_MANY_CHATS, Code, words
from apps.chat.satisfaction import score
from apps.chat.threads import in_thread
from apps.dialogue import leaving
from apps.dialogue.running import running
from apps.guard import limits
from apps.sites.models import Site
from apps.widget import attendance, embed
from apps.widget.conversation import take_context
from apps.widget.endpoints import (
    ApiError,
    body_of,
    endpoint,
    frame_of,
    handle_of,
    is_trusted,
    outcome,
    session_of,
    take_turn,
    token_of,
)
from apps.widget.polls import messages_after
from apps.widget.signing_in import NotIdentifiedError, SignIn, sign_in
from apps.widget.uploads import linked_file, uploaded


@endpoint("POST")
async def sessions(request: HttpRequest) -> JsonResponse:
    """Makes a visitor with a session: `{"site", "locale"}` to `{"token", "session", "epoch"}`."""
    body = body_of(request)
    key, locale = body.get("site"), body.get("locale", "")
    if not isinstance(key, str) or not isinstance(locale, str):
        raise ApiError(Code.BAD_FRAME)
    site = await in_thread(_find_site, key, locale)
    if wait := await in_thread(limits.new_sessions.take, limits.address_of(request)):
        # In the page's language: the frame shows it.
        told = words(TOO_MANY_CHATS, site.language(locale)) % {"minutes": math.ceil(wait / 60)}
        raise ApiError(Code.RATE_LIMITED, retry_after=wait, words=told)
    started = await in_thread(services.start_session, site=site, locale=locale)
    return JsonResponse(
        {
            "token": started.token,
            "session": str(started.session.id),
            "epoch": running().epoch,
        }
    )


@endpoint("GET")
async def team(request: HttpRequest) -> JsonResponse:
    """Whether somebody is there: `site`, `locale` and `zone`, the visitor's time zone, to
    `{"absent"}`, a sentence, empty while somebody is."""
    key, locale = request.GET.get("site", ""), request.GET.get("locale", "")
    return JsonResponse(
        {"absent": await in_thread(_absent, key, locale, request.GET.get("zone", ""))}
    )


@endpoint("POST", "GET")
async def messages(request: HttpRequest) -> JsonResponse:
    """POST takes a `send` frame; GET gives the lines after `since`, waiting for them if asked."""
    if request.method == "GET":
        return await messages_after(request)
    frame = frame_of(request, frames.Send)
    async with handle_of(request) as handle:
        return outcome(await running().driver.send(handle, frame, trusted=is_trusted(request)))


@endpoint("POST")
async def handoff(request: HttpRequest) -> JsonResponse:
    frame = frame_of(request, frames.Handoff)
    async with handle_of(request) as handle:
        return outcome(await running().driver.hand_over(handle, frame, trusted=is_trusted(request)))


@endpoint("POST")
async def contact(request: HttpRequest) -> JsonResponse:
    frame = frame_of(request, frames.Contact)
    async with handle_of(request) as handle:
        return outcome(await running().driver.contact(handle, frame, trusted=is_trusted(request)))


@endpoint("POST")
async def rate(request: HttpRequest) -> JsonResponse:
    frame = frame_of(request, frames.Rate)
    take_turn(request)
    session = await session_of(request)
    found = await in_thread(
        services.rate, session=session.id, seq=frame.seq, value=frame.value, reason=frame.reason
    )
    if not found:
        raise ApiError(Code.NOT_FOUND)
    return JsonResponse({})


@endpoint("POST")
async def csat(request: HttpRequest) -> JsonResponse:
    frame = frame_of(request, frames.Csat)
    take_turn(request)
    session = await session_of(request)
    await in_thread(score, session=session.id, value=frame.score, comment=frame.comment)
    return JsonResponse({})


@endpoint("GET")
async def transcript(request: HttpRequest) -> HttpResponse:
    """The conversation as a file: `format` is `txt` or `html`, `zone` the visitor's time zone."""
    take_turn(request)
    kind = request.GET.get("format", "")
    if kind not in transcripts.TYPES:
        raise ApiError(Code.BAD_FRAME)
    session = await session_of(request)
    zone = request.GET.get("zone", "")
    name, text = await in_thread(transcripts.transcript, session, kind, zone)
    response = HttpResponse(text, content_type=transcripts.TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@endpoint("POST", "GET")
async def attachments(request: HttpRequest) -> JsonResponse:
    """POST takes one file, `file` of a form; GET gives a fresh link to the one called `id`."""
    take_turn(request)
    session = await session_of(request)
    if request.method == "GET":
        return JsonResponse(await in_thread(linked_file, session.id, request.GET.get("id", "")))
    return JsonResponse(await uploaded(request, session))


@endpoint("POST")
async def identify(request: HttpRequest) -> JsonResponse:
    frame = frame_of(request, frames.Identify)
    wish = SignIn(token_of(request), frame.jwt, trusted=is_trusted(request))
    async with handle_of(request) as handle:
        try:
            answer = await sign_in(handle, wish)
        except NotIdentifiedError as error:
            raise ApiError(error.code, retry_after=error.retry_after, words=error.words) from error
        return JsonResponse(answer)


@endpoint("POST")
async def context(request: HttpRequest) -> JsonResponse:
    frame = frame_of(request, frames.Context)
    take_turn(request)
    async with handle_of(request) as handle:
        await take_context(handle, frame)
    return JsonResponse({})


@endpoint("POST")
async def logout(request: HttpRequest) -> JsonResponse:
    """Without a limit of its own: nobody can do it twice."""
    frame_of(request, frames.Logout)
    async with handle_of(request) as handle:
        await in_thread(leaving.log_out, token=token_of(request))
        handle.end()
    return JsonResponse({})


@endpoint()
async def unknown(_request: HttpRequest) -> JsonResponse:
    raise ApiError(Code.NOT_FOUND)


def _absent(key: str, locale: str, zone: str) -> str:
    site = _find_site(key, locale)
    return attendance.told(site, site.language(locale), zone[:60])


def _find_site(key: str, locale: str) -> Site:
    site = embed.active_site(key[:50])
    if site is None:
        # A page that was open when its site went away shows it.
        raise ApiError(Code.NOT_FOUND, words=words(SITE_GONE, Site().language(locale)))
    return site
