"""Trying a question out: a page of its own, and the same beside the form of an entry."""

import io
from collections.abc import Callable
from itertools import islice
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from apps.engine.events import Say
from apps.knowledge import trial
from apps.knowledge.admin.access import may_read
from apps.knowledge.answering import POLICY
from apps.knowledge.contents import LENGTHS, PHRASINGS_AT_MOST, Content, as_phrasing
from apps.knowledge.models import IndexState
from apps.sites.models import LANGUAGES, Site

# What stands in the form of an entry and is sent along with the question.
OF_THE_FORM = ("question", "answer", "phrasings", "language", "source_url", "high_risk")
SAYS = {
    Say.ANSWER: _("The bot answers with this entry."),
    Say.NEAR: _("The bot is not sure. It offers these questions, and a person:"),
    Say.UNKNOWN: _("The bot says that it does not know, and offers a person."),
    Say.HANDOFF: _("The bot hands the visitor over to a person."),
    Say.WAITING: _("The visitor is told that a person is on the way."),
    Say.GREETING: _("The bot takes this as a greeting and greets back."),
    Say.THANKS: _("The bot takes this as thanks."),
    Say.FAREWELL: _("The bot takes this as a goodbye."),
    Say.ASSENT: _("The bot takes this as a nod."),
    Say.IDENTITY: _("The bot says that it is an AI assistant."),
}
HIGH_RISK = _("The nearest entry is high risk and the bot is not sure: a person takes over.")

TOO_MANY = _("This site has so many entries that only what is live can be tried.")


class TrialForm(forms.Form):
    site = forms.ModelChoiceField(
        Site.objects.order_by("name"), label=_("Site"), widget=UnfoldAdminSelectWidget
    )
    try_text = forms.CharField(
        label=_("A visitor asks"), max_length=1000, widget=UnfoldAdminTextInputWidget
    )
    drafts = forms.BooleanField(
        label=_("With drafts and changes that wait for review"),
        required=False,
        widget=UnfoldBooleanWidget,
    )
    with_form = forms.BooleanField(required=False)
    entry = forms.IntegerField(required=False, min_value=1, max_value=2**62)

    def unsaved(self) -> Content | None:
        """What stands in the form of an entry, if it shall count."""
        if not self.cleaned_data.get("with_form") or not self.data.get("question", "").strip():
            return None
        sent = (line for line in io.StringIO(self.data.get("phrasings", "")) if line.strip())
        lines = [as_phrasing(line) for line in islice(sent, PHRASINGS_AT_MOST)]
        language = self.data.get("language") or self.cleaned_data["site"].default_language
        return Content(
            question=self._sent("question"),
            answer=self._sent("answer"),
            phrasings=tuple(lines),
            source_url=self._sent("source_url"),
            language=language
            if language in dict(LANGUAGES)
            else self.cleaned_data["site"].default_language,
            high_risk=bool(self.data.get("high_risk")),
        )

    def _sent(self, name: str) -> str:
        return str(self.data.get(name, ""))[: LENGTHS[name]]


class Trials:
    """Mixed into the admin of entries."""

    admin_site: Any
    _shown: Callable[..., HttpResponse]

    def get_urls(self) -> list[URLPattern]:
        page = path("try/", self.admin_site.admin_view(self.try_view), name="knowledge_faq_try")
        return [page, *super().get_urls()]  # type: ignore[misc]  # the admin's, behind us

    @action(  # type: ignore[untyped-decorator]
        description=_("Try it"), icon="experiment", permissions=["read"]
    )
    def try_it_out(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:knowledge_faq_try"))

    def try_view(self, request: HttpRequest) -> HttpResponse:
        """A POST changes nothing: what visitors ask does not belong into addresses."""
        if not may_read(request):
            raise PermissionDenied
        asked = request.method == "POST"
        form = TrialForm(request.POST) if asked else TrialForm(initial=_initial())
        shown: dict[str, Any] = {"title": _("Try it"), "form": form}
        if asked and form.is_valid():
            try:
                shown |= _result(form)
            except trial.TooManyError:
                form.add_error("drafts", TOO_MANY)
        if request.headers.get("HX-Request") == "true":
            return render(request, "admin/knowledge/faq/trial.html", shown)
        if asked and "with_form" in request.POST:
            shown["kept"] = [(name, request.POST.get(name, "")) for name in OF_THE_FORM]
        return self._shown(request, "try", shown)


def _initial() -> dict[str, Any]:
    return {"site": Site.objects.order_by("name").first()}


def _result(form: TrialForm) -> dict[str, Any]:
    site = form.cleaned_data["site"]
    unsaved = form.unsaved()
    made = trial.ask(
        site=site,
        text=form.cleaned_data["try_text"],
        drafts=form.cleaned_data["drafts"],
        unsaved=unsaved,
        entry=form.cleaned_data["entry"],
    )
    state = IndexState.objects.filter(site=site).defer("body").first()
    return {
        "trial": made,
        "site": site,
        "language": dict(LANGUAGES).get(made.language, made.language),
        "outcome": HIGH_RISK
        if made.route == "high_risk"
        else SAYS.get(made.say)
        if made.say
        else "",
        "unsaved": unsaved,
        "late": bool(state and state.built < state.wanted),
        "answers_at": f"{POLICY.answer_at:.0%}",
    }
