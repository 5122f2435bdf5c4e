"""The console's page, and the door for its files. All else comes over its socket."""

from contextlib import closing
from typing import Any, cast
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.chat.attachments.making import FileRefusedError, Upload
from apps.chat.codes import Code, detail
from apps.chat.frames import FrameError, shape
from apps.console import crew, frames
from apps.console.files import take_file
from apps.console.people import WORK
from apps.console.verbs import writing
from apps.console.verbs.actors import Actor
from apps.console.words import page_words
from apps.handoff.models import Ticket
from apps.handoff.refusals import RefusalCode, Refused
from apps.handoff.services import reach

# Shows text of strangers to people with a login: nothing runs or loads but our own files.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' blob:; media-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
SOCKET = "/ws/console/"
NOT_FOUND = 404


@require_safe
@never_cache
@permission_required(WORK, raise_exception=True)
def page(request: HttpRequest) -> HttpResponse:
    context = {"words": page_words(_language()), "setup": setup()}
    response = render(request, "console/page.html", context)
    response["Content-Security-Policy"] = POLICY
    return response


@require_safe
@never_cache
@permission_required(WORK, raise_exception=True)
def waiting(request: HttpRequest) -> HttpResponse:
    """How many are in the queue of this operator's sites, for the admin's sidebar."""
    theirs = reach.tickets_for(request.user, Ticket.objects.waiting())
    return JsonResponse({"waiting": theirs.count()})


@require_POST
@never_cache
@permission_required(WORK, raise_exception=True)
def drafts(request: HttpRequest) -> HttpResponse:
    """What a page that goes away has not saved: its socket may close before it is sent. The fields
    are those of the command `draft`, with the CSRF token among them: a beacon has no headers."""
    given: dict[str, Any] = dict(request.POST.items())
    if (stamp := given.get("stamp", "")).isdecimal():
        given["stamp"] = int(stamp)
    try:
        frame = shape(frames.Draft, {**given, "cid": uuid4()})
        writing.draft(frame, Actor.of_user(_user(request)))
    except FrameError:
        return _refused(RefusalCode.BAD_VALUE, Refused(RefusalCode.BAD_VALUE).detail)
    except Refused as refusal:
        is_gone = refusal.code is RefusalCode.NOT_FOUND
        return _refused(refusal.code, refusal.detail, status=NOT_FOUND if is_gone else 400)
    return HttpResponse(status=204)


@require_POST
@never_cache
@permission_required(WORK, raise_exception=True)
def attachments(request: HttpRequest) -> HttpResponse:
    """Takes one file, `file` of a form, for a line to `session`."""
    file = request.FILES.get("file")
    if file is None or len(request.FILES) != 1:
        return _refused(RefusalCode.BAD_VALUE, Refused(RefusalCode.BAD_VALUE).detail)
    try:
        session = UUID(request.POST.get("session", ""))
    except ValueError:
        return _not_found()
    try:
        with closing(file):
            return JsonResponse(
                take_file(cast("Upload", file), session, Actor.of_user(_user(request)))
            )
    except Refused as refusal:
        return _refused(refusal.code, refusal.detail, status=NOT_FOUND)
    except FileRefusedError as error:
        words = str(error.words) or detail(error.code, _language())
        too_big = error.code is Code.FILE_TOO_BIG
        return _refused(error.code, words, status=413 if too_big else 400)


def setup() -> dict[str, Any]:
    """What the page's script has to know before it has heard anything."""
    return {
        "socket": SOCKET,
        "attachments": reverse("console:attachments"),
        "drafts": reverse("console:drafts"),
        "admin": reverse("admin:index"),
        "language": get_language(),
        "limits": crew.limits(),
    }


def _refused(code: str, words: str, status: int = 400) -> JsonResponse:
    return JsonResponse({"code": str(code), "detail": words}, status=status)


def _not_found() -> JsonResponse:
    refusal = Refused(RefusalCode.NOT_FOUND)
    return _refused(refusal.code, refusal.detail, status=NOT_FOUND)


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Refused(RefusalCode.NOT_ALLOWED)
    return request.user


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE
