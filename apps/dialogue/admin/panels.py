"""What stands around the form of a flow: how it stands, what is missing, and the preview."""

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from apps.dialogue.admin.access import may_change, may_publish, may_read
from apps.dialogue.admin.forms import about, target_of
from apps.dialogue.flows import offered, review
from apps.dialogue.flows.problems import Level, Problem, at
from apps.dialogue.flows.specs import spec_of
from apps.dialogue.models import Flow
from apps.sites.faults import Fault
from apps.sites.models import CHINESE, LANGUAGES


def context(request: HttpRequest, flow: Flow | None) -> dict[str, Any]:
    """For the templates before and beside the form; `flow` is None for a new one."""
    shown: dict[str, Any] = {
        "may_try": may_read(request),
        "may_publish": may_publish(request),
        "may_change": may_change(request),
        "preview_languages": _languages(None),
    }
    if flow is None:
        return shown
    # A form with errors has changed the row at hand.
    stored: Any = Flow.objects.with_live().select_related("site").get(pk=flow.pk)
    return shown | {
        "flow": stored,
        "standing": badges(stored),
        "preview_languages": _languages(stored.site.languages),
        "lost_ends": lost_ends(stored),
        "is_changed": stored.live_revision not in (None, stored.revision),
        **_problems(stored),
    }


def _languages(spoken: Collection[str] | None) -> list[tuple[str, Any]]:
    """Those of the site; the reader's own comes first."""
    chinese = (get_language() or "").startswith("zh")
    known = [one for one in LANGUAGES if spoken is None or one[0] in spoken]
    return sorted(known, key=lambda one: (one[0] == CHINESE) is not chinese)


def badges(flow: Any) -> SafeString:
    """How the flow stands, of a row that came `with_live()`."""
    found = []
    if flow.live_number is None:
        found.append(badge(_("draft"), "warning"))
    elif flow.enabled:
        found.append(badge(_("published"), "success"))
    if not flow.enabled:
        found.append(badge(_("off"), ""))
    if flow.live_revision not in (None, flow.revision):
        found.append(badge(_("changes not published"), "warning"))
    if lost_ends(flow):
        found.append(badge(_("what it does is not there"), "danger"))
    rows = ((one,) for one in found)
    return format_html('<span class="hd-badges">{}</span>', format_html_join(" ", "{}", rows))


def lost_ends(flow: Any) -> list[str]:
    """What the draft, or the version that visitors meet, ends in and cannot be done on this site;
    of a row that came `with_live()`."""
    ends = {(flow.action, flow.lookup), (flow.live_action or "", bool(flow.live_lookup))}
    return [
        offered.title_of(action)
        for action, lookup in sorted(ends)
        if not offered.can_run(action, lookup=lookup, site=flow.site)
    ]


def badge(text: Any, tone: str) -> SafeString:
    """`tone` is "", "success", "warning" or "danger"; the words say it as well."""
    return format_html('<span class="hd-badge hd-{}">{}</span>', tone, text)


def saved(flow: Flow) -> Any:
    """What the save meant for visitors."""
    live = review.live_version(flow)
    if live is None:
        return _("Saved as a draft. Visitors meet it once it is published.")
    if live.revision == flow.revision:
        return _("Saved.")
    text = _("Saved as a draft. Visitors go on with version %d until it is published.")
    return str(text) % live.number


def left_to_do(flow: Flow) -> SafeString | None:
    """What a draft that was stored still lacks, with the way to the first of it."""
    blocking = _problems(flow)["blocking"]
    if not blocking:
        return None
    text = ngettext(
        "It cannot be published yet: %(count)d thing is missing.",
        "It cannot be published yet: %(count)d things are missing.",
        len(blocking),
    )
    return format_html(
        '{} <a class="text-link" href="{}#{}" data-reveal>{}</a>',
        text % {"count": len(blocking)},
        reverse("admin:dialogue_flow_change", args=[flow.pk]),
        blocking[0].target,
        blocking[0],
    )


def _problems(flow: Flow) -> dict[str, Any]:
    """In faults: what stops it from being published, and what should be looked at."""
    slots = list(flow.slots.all())
    try:
        found = review.problems_of(spec_of(flow, slots), flow.site)
    except ValueError:
        unreadable = Fault("", str(_("The draft cannot be read. Save it again.")))
        return {"blocking": [unreadable], "warnings": []}
    titled = {
        level: [
            Fault(target_of(one), str(one.text), _about(slots, one)) for one in at(level, found)
        ]
        for level in Level
    }
    return {
        "blocking": titled[Level.SAVE] + titled[Level.PUBLISH],
        "warnings": titled[Level.WARNING],
    }


def _about(slots: list[Any], problem: Problem) -> str:
    slot = "" if problem.slot is None else str(slots[problem.slot])
    return " · ".join(filter(None, (slot, about(problem))))
