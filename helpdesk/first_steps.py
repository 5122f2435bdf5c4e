"""From the first login to the first visitor: what is left to do, read from what is there."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.chat.models import Message, Session
from apps.demo import data as demo_data
from apps.demo import fake_models
from apps.demo.models import Order
from apps.dialogue.models import Flow, Product
from apps.handoff.models import Operator, Team, Ticket
from apps.knowledge.models import Category, Faq, UnansweredQuestion
from apps.llm.models import Model, Provider
from apps.llm.values import Purpose
from apps.sites.models import Sighting, Site
from helpdesk import mail
from helpdesk.models import FirstSteps, Invitation

# Of the theme: a site on which one of them differs has been looked at.
THEME = ("accent", "ink", "scheme", "font", "radius", "side", "offset_inline", "offset_block")
SHOWN_SIGHTINGS = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. `part` names what the card shows below the text, over `seen`, and `link`
    where it is done. Its `key` in STEPS, and whether it was `skipped`, the card knows."""

    title: Promise
    text: Promise
    done: bool
    link: str
    action: Promise
    part: str = ""
    seen: Sequence[Sighting] = ()
    key: str = ""
    skipped: bool = False

    @property
    def settled(self) -> bool:
        return self.done or self.skipped


def card(request: HttpRequest) -> dict[str, Any] | None:
    """What the card on the first page shows; None for those who do not set things up."""
    if not may_set_up(request):
        return None
    state = FirstSteps.current()
    site = own_site()
    steps = [
        replace(make(request, site, state), key=key, skipped=key in state.skipped)
        for key, make in STEPS.items()
    ]
    following = next((step.key for step in steps if not step.settled), "")
    return {
        "steps": steps,
        "next": following,
        "settled": sum(step.settled for step in steps),
        "folded": state.folded or not following,
        "site": site,
        "address": settings.PUBLIC_URL,
        "may_clear": request.user.has_perm("sites.delete_site"),
    }


def may_set_up(request: HttpRequest) -> bool:
    return request.user.has_perms(["sites.change_site", "auth.add_user"])


def own_site() -> Site | None:
    """The owner's first site: the demo is not theirs."""
    return Site.objects.exclude(key=demo_data.KEY).order_by("pk").first()


def demo_site() -> Site | None:
    return Site.objects.filter(key=demo_data.KEY).first()


def demo_counts(site: Site) -> list[tuple[Promise, int]]:
    """What goes with the demo."""
    return [
        (_("FAQ entries"), Faq.objects.filter(site=site).count()),
        (_("Categories"), Category.objects.filter(site=site).count()),
        (_("Flows"), Flow.objects.filter(site=site).count()),
        (_("Products"), Product.objects.filter(site=site).count()),
        (_("Orders"), Order.objects.count()),
        (_("Unanswered questions"), UnansweredQuestion.objects.filter(site=site).count()),
        (_("Sessions"), Session.objects.filter(site=site).count()),
        (_("Lines written in them"), Message.objects.filter(session__site=site).count()),
        (_("Tickets"), Ticket.objects.filter(site=site).count()),
    ]


@transaction.atomic
def skip(*, key: str, skipped: bool) -> FirstSteps:
    """Settles a step that is not done, or takes that back. Unknown keys change nothing."""
    state = FirstSteps.locked()
    kept = set(state.skipped) - {key} | ({key} if skipped else set())
    state.skipped = sorted(kept & STEPS.keys())
    state.save(update_fields=["skipped"])
    return state


@transaction.atomic
def fold(*, folded: bool) -> FirstSteps:
    state = FirstSteps.locked()
    state.folded = folded
    state.save(update_fields=["folded"])
    return state


@transaction.atomic
def mail_works() -> FirstSteps:
    """Notes that a test mail has gone out."""
    state = FirstSteps.locked()
    state.email_tested_at = timezone.now()
    state.save(update_fields=["email_tested_at"])
    return state


def generated_login() -> User | None:
    """The account that still has the password which the first start made."""
    for path in sorted((settings.BASE_DIR / "var").glob("operator*.json")):
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            name, password = kept["user"], kept["password"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        user = User.objects.filter(username=name, is_active=True).first()
        if user and _is_password(password, user.password):
            return user
    return None


@lru_cache(maxsize=16)
def _is_password(password: str, stored: str) -> bool:
    """A tenth of a second of hashing, once for each stored hash."""
    return check_password(password, stored)


def _password(request: HttpRequest, _site: Site | None, _state: FirstSteps) -> Step:
    user = generated_login()
    if user is None or user == request.user:
        link = reverse("admin:password_change")
    else:
        link = reverse("admin:auth_user_password_change", args=[user.pk])
    return Step(
        title=_("Change the generated password"),
        text=_("It was printed at the first start and lies in a file on the server."),
        done=user is None,
        link=link,
        action=_("Change password"),
    )


def _own_site(_request: HttpRequest, site: Site | None, _state: FirstSteps) -> Step:
    return Step(
        title=_("Add your own site"),
        text=_("Its name as visitors know it, and the languages that it speaks."),
        done=site is not None,
        link=_site_page(site),
        action=_("Open the site") if site else _("Add a site"),
    )


def _knowledge(_request: HttpRequest, site: Site | None, _state: FirstSteps) -> Step:
    query = f"?site__id__exact={site.pk}" if site else ""
    return Step(
        title=_("Write the first answers"),
        text=_("The bot answers from live FAQ entries of your site, and from nothing else."),
        done=site is not None and Faq.objects.of(site.pk).live().exists(),
        link=reverse("admin:knowledge_faq_changelist") + query,
        action=_("Open the FAQ entries"),
    )


def _model(_request: HttpRequest, _site: Site | None, _state: FirstSteps) -> Step:
    own = Provider.objects.exclude(name=fake_models.NAME)
    page = "admin:llm_model_add" if own.exists() else "admin:llm_provider_add"
    return Step(
        title=_("Connect a language model"),
        text=_(
            "Not needed: the bot answers without one. A model, on your own machine or in the cloud, "
            "understands what is put in other words."
        ),
        done=Model.objects.usable().filter(purpose=Purpose.ANSWER, provider__in=own).exists(),
        link=reverse(page),
        action=_("Connect a model"),
    )


def _theme(_request: HttpRequest, site: Site | None, _state: FirstSteps) -> Step:
    plain = Site()
    changed = site and any(getattr(site, name) != getattr(plain, name) for name in THEME)
    return Step(
        title=_("Make the chat look like yours"),
        text=_(
            "Colour, corners, font and place, with a preview beside them. The defaults will do too."
        ),
        done=bool(changed),
        link=f"{_site_page(site)}#id_accent",
        action=_("Choose the looks"),
    )


def _embed(_request: HttpRequest, site: Site | None, _state: FirstSteps) -> Step:
    return Step(
        title=_("Put the chat on your pages"),
        text=_("Name the pages that may show it, then paste one line into them.")
        if site
        else _("The line to paste is shown here once you have added your site."),
        done=bool(site and site.pages_seen),
        link=f"{_site_page(site)}#id_allowed_pages",
        action=_("Change the pages") if site and site.allowed_pages else _("Name the pages"),
        part="admin/first_steps/embed.html" if site else "",
    )


def _seen(_request: HttpRequest, site: Site | None, _state: FirstSteps) -> Step:
    seen = site.pages_seen if site else []
    return Step(
        title=_("See that it is there"),
        text=_(
            "Open one of your pages in a browser. It is noted here as soon as it asks for the chat."
        ),
        done=bool(seen),
        link=reverse("admin:index"),
        action=_("Look again"),
        part="admin/first_steps/seen.html" if site else "",
        seen=seen[:SHOWN_SIGHTINGS],
    )


def _people(request: HttpRequest, _site: Site | None, _state: FirstSteps) -> Step:
    others = User.objects.filter(is_staff=True, is_active=True).exclude(
        username=request.user.get_username()
    )
    return Step(
        title=_("Invite an operator"),
        text=_("They get a link and choose a password of their own."),
        done=Invitation.objects.exists() or others.exists(),
        link=reverse("invite"),
        action=_("Invite a colleague"),
    )


def _team(_request: HttpRequest, _site: Site | None, _state: FirstSteps) -> Step:
    has_operators = Operator.objects.exists()
    page = "team" if has_operators else "operator"
    return Step(
        title=_("Say who answers, and when"),
        text=_("Make colleagues operators, then put them into a team with its business hours.")
        if not has_operators
        else _("There are operators. A team says what comes to them, and at which hours."),
        done=has_operators and Team.objects.exists(),
        link=reverse(f"admin:handoff_{page}_add"),
        action=_("Add a team") if has_operators else _("Add an operator"),
    )


def _mail(_request: HttpRequest, _site: Site | None, state: FirstSteps) -> Step:
    ready = mail.is_configured()
    return Step(
        title=_("Send a test e-mail"),
        text=_("Invitations and forgotten passwords travel by mail.")
        if ready
        else _(
            "No mail server is set: invitations are links that you hand over yourself. Whoever "
            "looks after the server sets HELPDESK_EMAIL_URL."
        ),
        done=ready and state.email_tested_at is not None,
        link=reverse("first_steps_mail"),
        action=_("Send a test") if ready else _("What to set"),
    )


def _demo(_request: HttpRequest, _site: Site | None, _state: FirstSteps) -> Step:
    return Step(
        title=_("Clear the demo away"),
        text=_("The demo shop with its entries and chats, once you have looked around."),
        done=demo_site() is None,
        link=reverse("first_steps_demo"),
        action=_("See what goes"),
    )


def _site_page(site: Site | None) -> str:
    if site is None:
        return reverse("admin:sites_site_add")
    return reverse("admin:sites_site_change", args=[site.pk])


Maker = Callable[[HttpRequest, Site | None, FirstSteps], Step]
# In the order of the card; the keys are stored.
STEPS: dict[str, Maker] = {
    "password": _password,
    "site": _own_site,
    "knowledge": _knowledge,
    "model": _model,
    "theme": _theme,
    "embed": _embed,
    "seen": _seen,
    "people": _people,
    "team": _team,
    "mail": _mail,
    "demo": _demo,
}
