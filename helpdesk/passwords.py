"""A forgotten password, by mail. Without a mail server the pages say whom to ask."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.contrib import admin
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.models import User
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk import mail
from helpdesk.policies import no_referrer

PAUSE_S = 60
# Apart from the request: how long an answer takes must not tell whether there is such a user.
posting = ThreadPoolExecutor(max_workers=2, thread_name_prefix="reset")


class ResetForm(PasswordResetForm):
    """Sends at most one mail a minute to a user."""

    def send_mail(
        self,
        subject_template_name: str,
        email_template_name: str,
        context: dict[str, Any],
        from_email: str | None,
        to_email: str,
        html_email_template_name: str | None = None,
    ) -> None:
        user: User = context["user"]
        key = f"password-reset:{user.pk}"
        # Not `add`, which says "taken" as well while Redis is away.
        if cache.get(key):
            return
        cache.set(key, 1, PAUSE_S)
        subject = _("Your new password for %(site)s") % {"site": context["site_name"]}
        body = render_to_string(email_template_name, context)
        posting.submit(mail.deliver, subject, body, to_email)


class _InAdmin:
    """The look of the admin around Django's views."""

    request: HttpRequest

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_context_data(**more)  # type: ignore[misc]  # of a view
        return {**admin.site.each_context(self.request), **found, "mail": mail.is_configured()}


class Reset(_InAdmin, views.PasswordResetView):
    form_class = ResetForm
    template_name = "registration/forgotten.html"
    email_template_name = "registration/forgotten.txt"
    title = gettext_lazy("Forgotten your password?")
    extra_email_context = {"site_name": "Helpdesk"}

    def post(self, request: HttpRequest, *arguments: Any, **options: Any) -> HttpResponse:
        if not mail.is_configured():
            return self.get(request, *arguments, **options)
        return super().post(request, *arguments, **options)


class Sent(_InAdmin, views.PasswordResetDoneView):
    template_name = "registration/forgotten_sent.html"
    title = gettext_lazy("Look into your mailbox")


class Confirm(_InAdmin, views.PasswordResetConfirmView):
    template_name = "registration/new_password.html"
    success_url = reverse_lazy("password_reset_complete")
    title = gettext_lazy("A new password")

    def dispatch(self, *arguments: Any, **options: Any) -> HttpResponseBase:
        """Django moves the token from the address to the session and redirects to the form."""
        answer = super().dispatch
        has_form = options["token"] == self.reset_url_token
        return (answer if has_form else no_referrer(answer))(*arguments, **options)


class Complete(_InAdmin, views.PasswordResetCompleteView):
    template_name = "registration/new_password_done.html"
    title = gettext_lazy("Your password was changed")
