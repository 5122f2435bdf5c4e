"""What the card of first steps does. Every page checks who asks."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from apps.demo import data as demo_data
from helpdesk import first_steps, mail


class TestMailForm(forms.Form):
    to = forms.EmailField(label=gettext_lazy("Send it to"))


@require_POST
def step(request: HttpRequest) -> HttpResponse:
    """Settles a step or takes that back."""
    _checked(request)
    first_steps.skip(key=request.POST.get("step", ""), skipped="skip" in request.POST)
    return _back()


@require_POST
def card(request: HttpRequest) -> HttpResponse:
    """Folds or opens the card."""
    _checked(request)
    first_steps.fold(folded="fold" in request.POST)
    return _back()


@require_http_methods(["GET", "HEAD", "POST"])
def test_mail(request: HttpRequest) -> HttpResponse:
    by = _checked(request)
    form = TestMailForm(request.POST or None, initial={"to": by.email})
    fault = ""
    if request.method == "POST" and mail.is_configured() and form.is_valid():
        to = form.cleaned_data["to"]
        site = settings.UNFOLD["SITE_TITLE"]
        body = _("This is a test from %(site)s. Mail works.") % {"site": site}
        fault = mail.deliver(_("Test from %(site)s") % {"site": site}, body, to)
        if not fault:
            first_steps.mail_works()
            messages.success(
                request, _("The mail server took the test for %(email)s.") % {"email": to}
            )
            return _back()
    context = {
        "form": form,
        "fault": fault,
        "host": settings.EMAIL_HOST,
        "port": settings.EMAIL_PORT,
        "sender": settings.DEFAULT_FROM_EMAIL,
        "title": _("Send a test e-mail"),
    }
    return _page(request, "admin/first_steps/mail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def clear_demo(request: HttpRequest) -> HttpResponse:
    """Shows what goes; a POST deletes it for good."""
    if not _checked(request).has_perm("sites.delete_site"):
        raise PermissionDenied
    site = first_steps.demo_site()
    if site is None:
        messages.info(request, _("The demo is gone already."))
        return _back()
    if request.method == "POST":
        stranded = demo_data.flows_elsewhere()
        demo_data.delete_demo()
        messages.success(request, _("The demo and everything in it was deleted."))
        if stranded:
            said = _("These flows still end in a function of the demo, which finds no order now: "
                     "%s. Choose what they do instead.")  # fmt: skip
            names = ", ".join(f"{flow} ({flow.site})" for flow in stranded)
            messages.warning(request, said % names)
        return _back()
    context = {
        "name": site.title(site.language(translation.get_language())),
        "stranded": demo_data.flows_elsewhere(),
        "counts": first_steps.demo_counts(site),
        "title": _("Clear the demo away"),
    }
    return _page(request, "admin/first_steps/demo.html", context)


def _checked(request: HttpRequest) -> User:
    if not isinstance(request.user, User) or not first_steps.may_set_up(request):
        raise PermissionDenied
    return request.user


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:index"))


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context})
