"""What the lists around the flows have in common."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.dialogue.flows.services import books_changed
from apps.sites.admin.chosen import BeginsWithSite


class ListOfASite(BeginsWithSite):
    """Rows that the flows of a site read: every change of one has the site's book built anew."""

    def save_model(
        self,
        request: HttpRequest,
        obj: Any,
        form: Any,
        change: bool,  # noqa: FBT001  # Django passes it by place
    ) -> None:
        super().save_model(request, obj, form, change)
        # One that moves to another site is missing in the first.
        books_changed(site_ids={obj.site_id, form.initial.get("site") or obj.site_id})

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        books_changed(site_ids=[obj.site_id])

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        sites = set(queryset.values_list("site", flat=True))
        super().delete_queryset(request, queryset)
        books_changed(site_ids=sites)
