"""The chat beside the form: the draft as it stands there, saved or not, or what is published."""

import json
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from apps.chat.items import BadItemError, check_json
from apps.dialogue.admin import words
from apps.dialogue.admin.access import may_change, may_read
from apps.dialogue.admin.forms import put_at_fields
from apps.dialogue.flows import offered, trial
from apps.dialogue.flows.specs import spec_of
from apps.dialogue.models import Flow, FlowVersion
from apps.engine.book import Book
from apps.engine.events import Ended
from apps.engine.flows import FlowSpec
from apps.sites.faults import Fault, of_forms
from apps.sites.models import LANGUAGES, Site

PUBLISHED = "published"
MOST_FIELDS = 30


class DraftError(Exception):
    """It cannot be tried; the first argument lists the faults."""


class Previews:
    """Mixed into the admin of flows."""

    admin_site: Any
    get_form: Any
    _create_formsets: Any

    def get_urls(self) -> list[URLPattern]:
        page = path("try/", self.admin_site.admin_view(self.try_view), name="dialogue_flow_try")
        return [page, *super().get_urls()]  # type: ignore[misc]  # the admin's, behind us

    def try_view(self, request: HttpRequest) -> HttpResponse:
        """A piece of the page. Changes nothing, and runs no action."""
        if not may_read(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        shown: dict[str, Any] = {}
        try:
            pressed = _pressed(request.POST.get("try_button", ""))
            site, draft = self._subject(request)
        except DraftError as error:
            shown["problems"] = error.args[0]
        else:
            asked = _asked(request, site, pressed)
            talk = trial.Talk.opened(request.POST.get("try_talk", ""))
            book = trial.book_with(site, draft)
            shown |= {"asked": asked, **_shown(trial.go_on(site, book, talk, asked), talk, book)}
        return render(request, "admin/dialogue/flow/said.html", shown)

    def _subject(self, request: HttpRequest) -> tuple[Site, FlowSpec | None]:
        """The site, and the draft to be tried in it: from the form, or for those who may only read
        from the rows."""
        key = request.POST.get("try_flow", "")
        flow = None
        if key:
            rows = Flow.objects.select_related("site")
            known = key.isdecimal() and len(key) < 19
            flow = get_object_or_404(rows, pk=int(key) if known else 0)
        if flow and request.POST.get("try_what") == PUBLISHED:
            return flow.site, None
        if flow and not may_change(request):
            return flow.site, spec_of(flow, list(flow.slots.all()), _next_number(flow))
        if not may_change(request):
            raise PermissionDenied
        return self._draft(request, flow)

    def _draft(self, request: HttpRequest, flow: Flow | None) -> tuple[Site, FlowSpec]:
        """Reads the form as saving would, and stores nothing. Raises DraftError."""
        sent = request.POST.copy()
        # Whether somebody was quicker matters when it is saved.
        sent.pop("opened_on", None)
        form = self.get_form(request, flow, change=bool(flow))(sent, instance=flow)
        is_valid = form.is_valid()
        formset = self._create_formsets(request, form.instance, bool(flow))[0][0]
        if not (formset.is_valid() and is_valid) or formset.spec is None:
            put_at_fields(form, formset)
            incomplete = Fault("", str(_("The form is not complete yet.")))
            raise DraftError(of_forms(form, [formset]) or [incomplete])
        spec: FlowSpec = formset.spec
        number = _next_number(form.instance)
        return form.instance.site, spec.model_copy(update={"version": number})


def _next_number(flow: Flow) -> int:
    versions = FlowVersion.objects.filter(site_id=flow.site_id, key=flow.key)
    return (versions.aggregate(last=Max("number"))["last"] or 0) + 1


def _asked(request: HttpRequest, site: Site, pressed: dict[str, Any]) -> trial.Asked:
    sent = request.POST
    language = sent.get("try_language", "")
    ended = sent.get("try_ended", "")
    return trial.Asked(
        text=pressed.get("text", "") or ("" if pressed else sent.get("try_text", "").strip()),
        fields=_strings(pressed.get("fields")),
        language=language if language in dict(LANGUAGES) else site.default_language,
        is_verified=bool(sent.get("try_verified")),
        ended=Ended(ended) if ended in list(Ended) else None,
    )


def _pressed(text: str) -> dict[str, Any]:
    """What the button of a reply stands for; {} for what is none. Raises DraftError for characters
    that no visitor could send."""
    try:
        found = json.loads(text) if text else {}
        check_json(found)
    except BadItemError as error:
        told = Fault("", str(_("The line holds characters that cannot be sent.")))
        raise DraftError([told]) from error
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or not isinstance(found.get("text", ""), str):
        return {}
    return found


def _strings(found: Any) -> dict[str, str]:
    if not isinstance(found, dict):
        return {}
    pairs = list(found.items())[:MOST_FIELDS]
    return {name[:40]: value[:500] for name, value in pairs if isinstance(value, str)}


def _shown(answered: trial.Answered, before: trial.Talk, book: Book) -> dict[str, Any]:
    meta = (answered.line.meta if answered.line else None) or {}
    buttons = [
        _button(one["label"], one.get("fields", {}), one["text"])
        for one in meta.get("quick_replies", [])
    ]
    form, card = meta.get("form"), meta.get("confirm")
    if form:
        buttons += [
            _button(one["label"], {form["slot"]: one["value"]}) for one in form.get("options", [])
        ]
        buttons += [_button(_("I don't have it"), {"lack": form["slot"]})] if "lack" in form else []
    if card:
        answers = [("yes", _("Yes")), ("no", _("No"))]
        buttons += [
            _button(label, {"confirm": card["id"], "answer": answer}) for answer, label in answers
        ]
    return {
        "answered": answered,
        "talk": answered.talk.sealed(),
        "form": form,
        "card": card,
        "buttons": buttons,
        "sources": meta.get("sources", []),
        "ends": [
            ("done", _("done")),
            ("refused", _("refused by the shop")),
            ("failed", _("failed")),
        ]
        if answered.act
        else [],
        **_why(answered, before, book),
    }


def _why(answered: trial.Answered, before: trial.Talk, book: Book) -> dict[str, Any]:
    """What led to the reply, in words."""
    actives = (answered.talk.memory.active, before.memory.active)
    known = (book.by_version.get((one.flow, one.version)) for one in actives if one)
    flow = next(filter(None, known), None)
    act = answered.act
    return {
        "state": words.state(answered.talk.state),
        "route": words.route(answered.judged),
        "rule": words.rule(answered.judged, book),
        "understood": [words.command(one, flow, book) for one in answered.understood],
        "moves": [words.move(one) for one in answered.moves],
        "action": offered.title_of(act.action) if act else "",
    }


def _button(label: Any, fields: dict[str, str], text: str = "") -> dict[str, str]:
    value = {"text": text or str(label), "fields": fields}
    return {"label": str(label), "value": json.dumps(value, ensure_ascii=False)}
