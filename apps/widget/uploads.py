"""A visitor's file over HTTP. It is named by a line afterwards, on whichever way that goes."""

import math
from contextlib import closing
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

from apps.chat import frames
from apps.chat.attachments.links import link
from apps.chat.attachments.making import FileRefusedError
from apps.chat.attachments.services import take_in
from apps.chat.codes import MORE_FILES_LATER, Code, words
from apps.chat.models import Attachment, Session
from apps.engine.types import Author
from apps.guard import limits
from apps.widget.endpoints import ApiError


async def uploaded(request: HttpRequest, session: Session) -> frames.Encodable:
    """The file as the `meta` of a line would tell it, with its `url`. Raises ApiError."""
    file = await sync_to_async(_file_of, thread_sensitive=False)(request)
    address = limits.address_of(request)
    try:
        with closing(file):
            kept = await take_in(file, session=session.pk, by=Author.VISITOR, address=address)
    except FileRefusedError as error:
        wait, told = error.retry_after, error.words
        if wait:
            told = words(MORE_FILES_LATER, session.language) % {"minutes": math.ceil(wait / 60)}
        raise ApiError(error.code, retry_after=wait, words=told) from error
    return _told(kept)


def linked_file(session: UUID, name: str) -> frames.Encodable:
    """A file of the session, by its id, with a link that works from now on: a visitor's own, or one
    that was sent to them. Raises ApiError."""
    try:
        shown = Q(uploaded_by=Author.VISITOR) | Q(message__isnull=False)
        kept = Attachment.objects.filter(shown, pk=UUID(name), session_id=session).first()
    except ValueError:
        kept = None
    if kept is None:
        raise ApiError(Code.FILE_UNKNOWN, status=404)
    return _told(kept)


def _file_of(request: HttpRequest) -> "UploadedFile[Any]":
    """Parsing takes as long as the body is large."""
    if request.content_type != "multipart/form-data":
        raise ApiError(Code.BAD_FRAME, status=415)
    try:
        found = request.FILES.getlist("file")
    except MultiPartParserError as error:
        raise ApiError(Code.BAD_FRAME) from error
    if len(found) != 1:
        raise ApiError(Code.BAD_FRAME)
    return found[0]


def _told(kept: Attachment) -> frames.Encodable:
    return {**kept.told(), "url": link(kept.pk)}
