"""Files of a conversation, for whoever holds a link to one."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from apps.chat.attachments import files, links
from apps.chat.models import Attachment


@require_safe
def attachment(_request: HttpRequest, token: str) -> HttpResponse:
    """Saved, never opened as a page of ours; a page of ours may show a picture. It asks for no login
    and reads no cookie: the link is what lets somebody in, and it ends."""
    opened = links.opened(token)
    kept = Attachment.objects.filter(pk=opened).first() if opened else None
    try:
        body = files.read(kept.path) if kept else None
    except FileNotFoundError:
        body = None
    if kept is None or body is None:
        raise Http404
    response = HttpResponse(body, content_type=kept.type)
    response["Content-Disposition"] = content_disposition_header(True, kept.name) or ""  # noqa: FBT003 Django's own order
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = f"private, max-age={settings.ATTACHMENTS.link_s}"
    return response
