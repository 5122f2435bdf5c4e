"""A visitor's file over HTTP. It is named by a line afterwards, on whichever way that goes."""

from contextlib import closing
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

from apps.chat import frames
from apps.chat.attachments.links import link
from apps.chat.attachments.making import FileRefusedError
from apps.chat.attachments.services import take_in
from apps.chat.codes import Code
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
        wait = error.retry_after
        raise ApiError(error.code, retry_after=wait, words=error.words) from error
    return _told(kept)


def linked_file(session: UUID, name: str) -> frames.Encodable:
    """A file of the session, by its id, with a link that works from now on. Raises ApiError."""
    try:
        kept = Attachment.objects.filter(pk=UUID(name), session_id=session).first()
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
