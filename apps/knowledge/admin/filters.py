"""What the list of entries can be narrowed to."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.knowledge.models import Faq
from apps.sites.models import LANGUAGES

Narrow = Callable[[Any], QuerySet[Faq]]


class _Filter(admin.SimpleListFilter):
    """Narrows by name; a name that is none leaves the list as it is."""

    def options(self) -> dict[str, tuple[Any, Narrow]]:
        """Name -> (what it is called, how it narrows)."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, title) for name, (title, _narrow) in self.options().items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Faq]) -> QuerySet[Faq]:
        found = self.options().get(self.value() or "")
        return found[1](queryset) if found else queryset


class ReviewFilter(_Filter):
    title = _("review")
    parameter_name = "review"

    def options(self) -> dict[str, tuple[Any, Narrow]]:
        return {
            "waiting": (_("Waiting for review"), lambda rows: rows.waiting()),
            "returned": (_("Returned with a note"), lambda rows: rows.exclude(review_note="")),
        }


class ValidityFilter(_Filter):
    title = _("validity")
    parameter_name = "validity"

    def options(self) -> dict[str, tuple[Any, Narrow]]:
        now = timezone.now()
        return {
            "now": (_("Valid now"), lambda rows: rows.valid_at(now)),
            "later": (_("Begins later"), lambda rows: rows.filter(valid_from__gt=now)),
            "ended": (_("Ended"), lambda rows: rows.filter(valid_until__lte=now)),
        }


class TranslationFilter(_Filter):
    title = _("translation")
    parameter_name = "translation"

    def options(self) -> dict[str, tuple[Any, Narrow]]:
        older = {"older": (_("Older than its source"), lambda rows: rows.older_than_source())}
        return older | {
            f"without-{code}": (_missing(name), _without(code)) for code, name in LANGUAGES
        }


def _missing(name: Any) -> str:
    return _("Not in %(language)s yet") % {"language": name}


def _without(code: str) -> Narrow:
    return lambda rows: rows.without(code)
