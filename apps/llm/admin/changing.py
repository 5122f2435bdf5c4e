"""What all lists have in common on which the ladder depends."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.llm.services import ladder_changed


class MovesLadder:
    """Mixed into an admin: every process reads the models again after a change."""

    def save_related(
        self,
        request: HttpRequest,
        form: Any,
        formsets: Any,
        change: bool,  # noqa: FBT001 Django's own
    ) -> None:
        super().save_related(request, form, formsets, change)  # type: ignore[misc]  # the admin's
        ladder_changed()

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)  # type: ignore[misc]  # the admin's, behind us
        ladder_changed()

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        super().delete_queryset(request, queryset)  # type: ignore[misc]  # the admin's, behind us
        ladder_changed()
