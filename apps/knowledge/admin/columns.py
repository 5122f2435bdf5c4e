"""The columns of the list of entries."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.knowledge import marks
from apps.knowledge.models import Faq
from apps.sites.models import Site

TONES = {Faq.Status.DRAFT: "", Faq.Status.REVIEW: "warning", Faq.Status.LIVE: "success"}


class Columns:
    @display(description=_("entry"), ordering="question", header=True)  # type: ignore[untyped-decorator]
    def entry(self, faq: Faq) -> list[str]:
        return [faq.question, Truncator(marks.plain(faq.answer)).chars(120)]

    @display(description=_("status"), ordering="status")  # type: ignore[untyped-decorator]
    def state(self, faq: Faq) -> SafeString:
        return badges(faq)

    @display(description=_("language"), ordering="language")  # type: ignore[untyped-decorator]
    def spoken(self, faq: Faq) -> SafeString:
        if not faq.is_older_than_source:
            return format_html("{}", faq.get_language_display())
        older = badge(_("older than its source"), "warning")
        return format_html(
            '<span class="hd-badges">{} {}</span>', faq.get_language_display(), older
        )

    @display(  # type: ignore[untyped-decorator]
        description=_("answered"), ordering=Coalesce(F("use__answered"), 0)
    )
    def answered(self, faq: Faq) -> Any:
        use = getattr(faq, "use", None)
        return use.answered if use else 0


def with_site(columns: Sequence[str]) -> list[str]:
    """The columns, and behind the first that of the site where there are several."""
    several = len(Site.objects.values_list("pk")[:2]) > 1
    return [columns[0], *(["site"] if several else []), *columns[1:]]


def badges(faq: Faq) -> SafeString:
    """The status, and what a reader of the list has to know beside it."""
    found = [badge(faq.get_status_display(), TONES[Faq.Status(faq.status)])]
    proposal = getattr(faq, "proposal", None)
    if proposal and proposal.waiting:
        address = reverse("admin:knowledge_faq_review", args=[faq.pk])
        found.append(badge(_("change waiting for review"), "warning", address))
    elif faq.review_note:
        found.append(badge(_("returned with a note"), "danger"))
    if dates := validity(faq, timezone.now()):
        found.append(badge(*dates))
    return format_html(
        '<span class="hd-badges">{}</span>', format_html_join(" ", "{}", ((one,) for one in found))
    )


def badge(text: Any, tone: str = "", address: str = "") -> SafeString:
    """`tone` is "", "success", "warning" or "danger"; the words say it as well."""
    if address:
        return format_html('<a class="hd-badge hd-{}" href="{}">{}</a>', tone, address, text)
    return format_html('<span class="hd-badge hd-{}">{}</span>', tone, text)


def validity(faq: Faq, now: datetime) -> tuple[Any, str] | None:
    """What the dates mean today, with the badge's tone; None without dates that matter."""
    if faq.valid_until and faq.valid_until <= now:
        return _("ended"), "danger"
    if faq.valid_from and faq.valid_from > now:
        return _from(faq.valid_from, now), "warning"
    if faq.valid_until:
        return _("until %(day)s") % {"day": _day(faq.valid_until, now)}, ""
    return None


def _from(moment: datetime, now: datetime) -> Any:
    begins = timezone.localdate(moment)
    if begins == timezone.localdate(now):
        return _("from today, %(time)s") % {
            "time": date_format(timezone.localtime(moment), "TIME_FORMAT")
        }
    if begins == timezone.localdate(now) + timedelta(days=1):
        return _("from tomorrow")
    return _("from %(day)s") % {"day": _day(moment, now)}


def _day(moment: datetime, now: datetime) -> str:
    day = timezone.localtime(moment)
    same_year = day.year == timezone.localtime(now).year
    return date_format(day, "MONTH_DAY_FORMAT" if same_year else "DATE_FORMAT")
