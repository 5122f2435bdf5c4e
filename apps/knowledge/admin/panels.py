"""What stands around the form of an entry: what has to be known before writing, and what helps."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from apps.knowledge.admin import compare, prefill
from apps.knowledge.admin.access import may_publish, may_read
from apps.knowledge.admin.columns import badges
from apps.knowledge.admin.forms import FaqForm
from apps.knowledge.contents import Content, phrasings_of
from apps.knowledge.models import Faq, FaqVersion
from apps.sites.models import LANGUAGES


def context(request: HttpRequest, faq: Faq | None, form: Any) -> dict[str, Any]:
    """For the templates before and beside the form; `faq` is None for a new entry."""
    shown: dict[str, Any] = {
        "may_try": may_read(request),
        "may_publish": may_publish(request),
        "source": prefill.translated(request) if faq is None else None,
    }
    if faq is None:
        return shown
    stored = Faq.objects.select_related("proposal", "use").get(pk=faq.pk)
    return shown | {
        "faq": stored,
        "standing": badges(stored),
        "proposal": getattr(stored, "proposal", None),
        "proposes": getattr(form, "proposes", False),
        "use": getattr(stored, "use", None),
        "pairs": [_pair(stored, other) for other in stored.counterparts()],
        "missing": _missing(request, stored),
        "collision": collision(form) if getattr(form, "collided", False) else None,
    }


def collision(form: FaqForm) -> dict[str, Any]:
    """What the other saved since the form was opened, and what saving now would change in that."""
    theirs = form.current()
    stored = theirs.as_json()
    sent = {name: _typed(form, name, stored[name]) for name in stored if name in form.fields}
    yours = Content.from_json(stored | sent)
    opened = str(form.data.get("was_opened_on", "")).partition(".")[0]
    kept = FaqVersion.objects.filter(faq_id=form.instance.pk).select_related("author")
    # An entry without versions was at what became its first.
    number = max(int(opened), 1) if opened.isdecimal() and len(opened) < 10 else 0
    before, last = kept.filter(number=number).first(), kept.first()
    return {
        "by": last.author if last else None,
        "at": last.created_at if last else None,
        "theirs": compare.rows(Content.from_json(before.content), theirs) if before else [],
        "yours": compare.rows(theirs, yours),
    }


def _typed(form: FaqForm, name: str, stored: Any) -> Any:
    """What was sent for a field; what cannot be read as a value counts as not changed."""
    if name not in form.cleaned_data:
        return str(form.data.get(name, "")) if name in ("question", "answer") else stored
    value = form.cleaned_data[name]
    if name in ("category", "translation_of", "site", "owner"):
        return value.pk if value else None
    return value.isoformat() if isinstance(value, datetime) else value


def _pair(faq: Faq, other: Faq) -> dict[str, Any]:
    source = faq.translation_of_id == other.pk
    return {
        "faq": other,
        "standing": badges(other),
        "phrasings": phrasings_of(other),
        "is_source": source,
        "is_older": other.translation_of_id == faq.pk and other.is_older_than_source,
        "makes_older": source and faq.is_older_than_source,
    }


def _missing(request: HttpRequest, faq: Faq) -> list[dict[str, Any]]:
    """The site's languages that the entry is not written in, each with the form to write it."""
    if not request.user.has_perm("knowledge.add_faq"):
        return []
    written = {faq.language, *faq.counterparts().values_list("language", flat=True)}
    add = reverse("admin:knowledge_faq_add")
    return [
        {"language": name, "address": f"{add}?translates={faq.pk}&into={code}"}
        for code, name in LANGUAGES
        if code in faq.site.languages and code not in written
    ]
