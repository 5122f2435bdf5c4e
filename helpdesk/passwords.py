"""A forgotten password, by mail. Without a mail server the pages say whom to ask."""

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse_lazy
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk import mail
from helpdesk.policies import no_referrer

logger = logging.getLogger(__name__)

PAUSE_S = 60
WORKERS = 2
WAITING = 100
# Apart from the request: how long an answer takes must not tell whether there is such a user.
posting = ThreadPoolExecutor(WORKERS, thread_name_prefix="reset")
places = BoundedSemaphore(WAITING)


class ResetForm(PasswordResetForm):
    """Sends at most one mail a minute to a user."""

    def save(self, *_arguments: Any, **options: Any) -> None:
        """Returns at once: the user is looked for, and written to, on the pool."""
        if not places.acquire(blocking=False):
            logger.warning("password reset: too many wait, one was dropped")
            return
        del options["request"]
        # Not the host that was asked for: whoever asks chooses that.
        public = urlsplit(settings.PUBLIC_URL)
        options |= {"domain_override": public.netloc, "use_https": public.scheme == "https"}
        posting.submit(self._save, translation.get_language(), options)

    def _save(self, language: str | None, options: dict[str, Any]) -> None:
        try:
            with translation.override(language):
                super().save(**options)
        except Exception:  # nobody waits for it
            logger.exception("password reset: failed")
        finally:
            connection.close()
            places.release()

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
        is_sent = False
        try:
            body = render_to_string(email_template_name, context)
            is_sent = not mail.deliver(subject, body, to_email)
        finally:
            if not is_sent:
                cache.delete(key)
                # Not what the server said: it may repeat the address.
                logger.warning("password reset: the mail to user %s was not sent", user.pk)


class _InAdmin:
    """The look of the admin around Django's views."""

    request: HttpRequest

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_context_data(**more)  # type: ignore[misc]  # of a view
        return {**admin.site.each_context(self.request), **found}


class Reset(_InAdmin, views.PasswordResetView):
    form_class = ResetForm
    template_name = "registration/forgotten.html"
    email_template_name = "registration/forgotten.txt"
    title = gettext_lazy("Forgotten your password?")
    extra_email_context = {"site_name": settings.UNFOLD["SITE_TITLE"]}

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
