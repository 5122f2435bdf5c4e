"""E-mails in the admin: which went out, and which did not. To read only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.handoff.models import Mail

BADGES = {
    Mail.State.SENT: "success",
    Mail.State.FAILED: "danger",
    Mail.State.LOST: "danger",
    Mail.State.DUE: "warning",
    Mail.State.SENDING: "warning",
    Mail.State.DROPPED: "info",
}


@admin.register(Mail)
class MailAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    list_display = ["created_at", "kind", "about", "state_shown", "attempts", "fault_shown"]
    list_filter = ["state", "kind", "created_at"]
    list_per_page = 50
    list_before_template = "admin/handoff/mails.html"
    fields = [
        ("kind", "about"),
        ("state", "fault"),
        ("attempts", "due_at"),
        ("created_at", "sent_at"),
    ]
    readonly_fields = ["about"]

    @display(description=_("about"))  # type: ignore[untyped-decorator]
    def about(self, mail: Mail) -> Any:
        """Whom it is to without their address: the chat, or the operator."""
        if mail.session_id:
            link = reverse("admin:chat_session_change", args=[mail.session_id])
            return format_html(
                '<a class="text-link" href="{}">{}</a>', link, str(mail.session_id)[:8]
            )
        return mail.operator.name if mail.operator else "–"

    @display(description=_("state"), ordering="state", label=BADGES)  # type: ignore[untyped-decorator]
    def state_shown(self, mail: Mail) -> tuple[str, Any]:
        return mail.state, mail.get_state_display()

    @display(description=_("fault"))  # type: ignore[untyped-decorator]
    def fault_shown(self, mail: Mail) -> str:
        return mail.fault or "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mail]:
        rows: QuerySet[Mail] = super().get_queryset(request)
        return rows.select_related("operator")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("handoff.view_mail")
