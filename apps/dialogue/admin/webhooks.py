"""Webhooks in the admin: an address, a secret that is shown once, and a button that tries it."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.dialogue.actions import registry, resending, webhooks
from apps.dialogue.models import Flow, FlowVersion, Webhook
from apps.guard.outbound import OutboundError, Problem, check
from apps.sites.admin.chosen import BeginsWithSite

# What may be mended at the other side without a change here.
PASSING = frozenset({Problem.UNKNOWN_HOST, Problem.TIMEOUT})
WITH_PASSWORD = _(
    "Leave the name and the password out of the address: every call is signed, and the signature "
    "tells your server who calls."
)


class WebhookForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's own takes no argument
    """`doubt` says why an address that is stored would not be called now; "" when it would."""

    doubt = ""

    class Meta:
        model = Webhook
        fields = ["site", "name", "url"]

    def clean_url(self) -> str:
        """What would never be called is not stored."""
        url: str = self.cleaned_data["url"]
        try:
            check(url, settings.OUTBOUND_ALLOW)
        except OutboundError as error:
            reason = str(resending.REASONS[error.problem])
            if error.problem not in PASSING:
                named = error.problem == Problem.BAD_URL and "@" in url
                raise ValidationError(str(WITH_PASSWORD) if named else reason) from error
            self.doubt = reason
        return url


@admin.register(Webhook)
class WebhookAdmin(BeginsWithSite):
    form = WebhookForm
    list_display = ["name", "site", "url", "renewed_at"]
    list_filter = ["site"]
    search_fields = ["name", "url"]
    fields = ["site", "name", "url", "named", "secret"]
    readonly_fields = ["named", "secret"]

    @display(description=_("name for flows"))  # type: ignore[untyped-decorator]
    def named(self, webhook: Webhook) -> str:
        return "–" if webhook._state.adding else f"{registry.WEBHOOK}{webhook.pk}"

    @display(description=_("secret"))  # type: ignore[untyped-decorator]
    def secret(self, webhook: Webhook) -> SafeString:
        """When it was made and what can be done; never what it is."""
        if webhook._state.adding:
            return format_html("{}", _("It is made and shown when you store the webhook."))
        pages = {
            name: reverse(f"admin:dialogue_webhook_{name}", args=[webhook.pk]) for name in VIEWS
        }
        made = _("Made %(time)s.") % {"time": f"{webhook.renewed_at:%Y-%m-%d %H:%M}"}
        return format_html(
            '{} <a class="text-link" href="{}">{}</a> · <a class="text-link" href="{}">{}</a>',
            made,
            pages["renew"],
            _("Make a new secret"),
            pages["try"],
            _("Send a test"),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A flow of another site must not reach it by a change of its site."""
        return [*self.readonly_fields, *(["site"] if obj else [])]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """One that a flow ends in is kept: its visitors would say yes to what cannot be done."""
        found, count, needed, protected = super().get_deleted_objects(objs, request)
        ends = [f"{registry.WEBHOOK}{one.pk}" for one in objs]
        live = FlowVersion.objects.live().filter(spec__action__in=ends).values("flow")
        for flow in Flow.objects.filter(Q(action__in=ends) | Q(pk__in=live)).order_by("pk"):
            address = reverse("admin:dialogue_flow_change", args=[flow.pk])
            said = _("Flow: {flow} (choose under “What is done” what it does instead)")
            link = format_html('<a class="text-link" href="{}">{}</a>', address, flow)
            protected.append(format_html(str(said), flow=link))
        return found, count, needed, protected

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(
                f"<uuid:key>/{name}/",
                self.admin_site.admin_view(getattr(self, view)),
                name=f"dialogue_webhook_{name}",
            )
            for name, view in VIEWS.items()
        ]
        return [*pages, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: Any) -> None:
        if not change:
            # On the request: the admin is one object for everybody.
            request.fresh_secret = webhooks.make_secret(webhook=obj)  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)
        if form.doubt:
            text = _("It is stored, but nothing could be sent to the address now: %s")
            messages.warning(request, text % form.doubt)

    def response_add(
        self, request: HttpRequest, obj: Webhook, post_url_continue: Any = None
    ) -> HttpResponse:
        """The answer to the form is the only page that ever shows the secret."""
        secret = request.fresh_secret  # type: ignore[attr-defined]
        return self._page(request, obj, _("Secret of the webhook"), secret=secret)

    def renew_view(self, request: HttpRequest, key: Any) -> HttpResponse:
        webhook = self._changeable(request, key)
        title = _("New secret of the webhook")
        if request.method != "POST":
            return self._page(request, webhook, title)
        secret = webhooks.make_secret(webhook=webhook)
        webhook.save(update_fields=["sealed", "sealed_previous", "renewed_at"])
        self.log_change(request, webhook, str(_("New secret of the webhook.")))
        return self._page(request, webhook, title, secret=secret)

    def try_view(self, request: HttpRequest, key: Any) -> HttpResponse:
        webhook = self._changeable(request, key)
        if request.method != "POST":
            return self._page(request, webhook, _("Send a test"), trying=True)
        if problem := resending.ping(webhook=webhook):
            messages.error(request, str(problem))
        else:
            messages.success(request, _("The shop has answered as agreed."))
        return HttpResponseRedirect(reverse("admin:dialogue_webhook_change", args=[webhook.pk]))

    def _changeable(self, request: HttpRequest, key: Any) -> Webhook:
        webhook = get_object_or_404(Webhook, pk=key)
        if not self.has_change_permission(request, webhook):
            raise PermissionDenied
        return webhook

    def _page(
        self, request: HttpRequest, webhook: Webhook, title: Any, **more: Any
    ) -> HttpResponse:
        # The admin's pages are kept by no cache.
        context = {**self.admin_site.each_context(request), "title": title, "webhook": webhook}
        return TemplateResponse(request, "admin/dialogue/webhook/secret.html", {**context, **more})


VIEWS = {"renew": "renew_view", "try": "try_view"}
