"""The list of entries when there are none."""

import re
from typing import Any

from django.http import HttpRequest
from unfold.views import ChangeList

from apps.knowledge.admin.imports import may_import
from apps.sites.models import Site

OF_SITE = "site__id__exact"


class EntryList(ChangeList):  # type: ignore[misc]  # Unfold ships no types
    """What is shown in place of rows knows the list and nothing else of the page."""

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(request, *args)
        self.may_import = may_import(request)

    @property
    def site_without(self) -> Site | None:
        """The site that the list was narrowed to, and by nothing else, if it has no entries yet."""
        if self.result_count or set(self.params) != {OF_SITE}:
            return None
        key = str(self.params[OF_SITE])
        return Site.objects.filter(pk=key).first() if re.fullmatch("[0-9]{1,18}", key) else None
