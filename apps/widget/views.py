"""Pages: the widget's script and its frame."""

import gzip
import re
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import condition, require_safe

from apps.guard import limits
from apps.sites.models import Site
from apps.widget import assets, attendance, embed, sightings, strings

# JSON holds none.
INDENTS = re.compile(rb"\n\s+")
FOREVER = "public, max-age=31536000, immutable"


class Readable(DjangoJSONEncoder):
    """Leaves Chinese as it is, escaped it takes twice the bytes, and spaces out."""

    def __init__(self, **options: Any) -> None:
        short = {"ensure_ascii": False, "separators": (",", ":")}
        super().__init__(**{**options, **short})


@require_safe
def loader(request: HttpRequest) -> HttpResponse:
    """Served at an address that never changes. Any page may load it, isolated ones as well."""
    sightings.note(request.headers.get("Referer", ""), by=limits.address_of(request))
    return _served(request, assets.loader(), "public, max-age=300")


@require_safe
def pinned_loader(request: HttpRequest, digest: str) -> HttpResponse:
    """The same under its hash, for pages that check it (`integrity`). It is there as long as the
    file stays as it is: afterwards such a page gets no chat, which is what it asked for."""
    asset = assets.loader()
    if digest != asset.digest:
        raise Http404
    sightings.note(request.headers.get("Referer", ""), by=limits.address_of(request))
    return _served(request, asset, FOREVER)


@require_safe
def asset(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """One of the frame's files. While processes of two releases run, the other one's address is
    answered as well, and nobody keeps that answer."""
    release = assets.release()
    if name not in release.files:
        raise Http404
    kept = FOREVER if digest == release.digest else "no-store"
    return _served(request, release.files[name], kept)


def _served(request: HttpRequest, asset: assets.Asset, kept: str) -> HttpResponse:
    def answer(_request: HttpRequest) -> HttpResponse:
        packs = _packs(request)
        response = HttpResponse(
            asset.packed if packs else asset.body, content_type=asset.content_type
        )
        if packs:
            response["Content-Encoding"] = "gzip"
        return response

    response = condition(etag_func=lambda _request: asset.etag)(answer)(request)
    response["Cache-Control"] = kept
    response["Vary"] = "Accept-Encoding"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Access-Control-Allow-Origin"] = "*"
    return response


@require_safe
@xframe_options_exempt
def frame(request: HttpRequest) -> HttpResponse:
    """The widget's own page. The policy decides where it may be shown; an unknown key and a site
    that may be shown nowhere get the same empty answer."""
    site, ancestors = _asked_for(request)
    if site:
        sightings.note(request.GET.get("at", ""), by=limits.address_of(request), site=site)
    if site is None or not ancestors:
        return _framed(request, HttpResponse(status=404), "'none'")
    language = site.language(request.GET.get("locale"))
    words = strings.page_strings(language)
    info = embed.site_info(site, language)
    context = {
        "site": info,
        "locale": language,
        "languages": [(code, strings.LANGUAGE_NAMES[code]) for code in info["locales"]],
        "greeting": info["texts"]["greeting"] or words["greeting"],
        "release": assets.release().digest,
        "words": words,
        "absent": attendance.told(site, language, request.GET.get("zone", "")[:60]),
        "strings": _data("strings", strings.script_strings(language)),
        "config": _data(
            "config",
            {
                "site": {"key": info["key"], "theme": info["theme"]},
                "locale": language,
                "starters": embed.starters(site, language),
                "characters": settings.CHAT.message_characters,
                "file_bytes": settings.ATTACHMENTS.file_bytes,
                "privacy": embed.privacy(site, language),
            },
        ),
    }
    page = render(request, "widget/frame.html", context)
    page.content = INDENTS.sub(b" ", page.content)
    return _framed(request, page, " ".join(ancestors))


def _asked_for(request: HttpRequest) -> tuple[Site | None, list[str]]:
    """The site, and who may show its widget: its own pages; for a preview the staff pages, if
    whoever looks may see the site there."""
    key = request.GET.get("key", "")[:50]
    if "preview" not in request.GET:
        site = embed.active_site(key)
        return site, embed.ancestors(site) if site else []
    may_look = request.user.has_perm("sites.view_site")
    return embed.active_site(key) if may_look else None, ["'self'"]


def _packs(request: HttpRequest) -> bool:
    return "gzip" in request.headers.get("Accept-Encoding", "")


def _data(name: str, value: dict[str, Any]) -> SafeString:
    return json_script(value, name, encoder=Readable)


def _framed(request: HttpRequest, response: HttpResponse, ancestors: str) -> HttpResponse:
    # Django's own packing adds up to 100 random bytes to hide secrets, and there are none in it.
    if _packs(request):
        response.content = gzip.compress(response.content, 9, mtime=0)
        response["Content-Encoding"] = "gzip"
    response["Vary"] = "Accept-Encoding"
    scheme = "wss" if request.is_secure() else "ws"
    # Older Safari does not take 'self' to mean our sockets.
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        f"connect-src 'self' {scheme}://{request.get_host()}; img-src 'self' blob:; "
        f"form-action 'none'; base-uri 'none'; frame-ancestors {ancestors}"
    )
    response["Content-Security-Policy"] = policy
    response["Cross-Origin-Embedder-Policy"] = "require-corp"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response
