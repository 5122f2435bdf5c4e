"""Every page of the admin over one row of each kind, for tests that look at all of them."""

import uuid
from collections.abc import Iterator

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from apps.chat.items import Line
from apps.chat.models import Session
from apps.dialogue.flows import services as flows
from apps.dialogue.models import Flow, Phrase, PolicyRow, Slot
from apps.engine.types import Author
from apps.handoff.models import (
    Holiday,
    Hours,
    Macro,
    Mail,
    Operator,
    Presence,
    Target,
    Team,
)
from apps.handoff.services import leave_message
from apps.knowledge.models import Category, Faq, FaqVariant, IndexState, UnansweredQuestion
from apps.llm.endpoints import endpoint_of
from apps.llm.findings import Code, Finding
from apps.llm.models import Model, Price, Provider, Routing
from apps.llm.services import Attempt, keep_findings, save_calls
from apps.llm.values import Outcome
from apps.sites.models import Site
from helpdesk import invitations, roles

FINDING_VALUES = {"first": 1, "whole": 2, "way": "tool", "seconds": 3, "seen": 4, "wanted": 5}
Rows = dict[type[models.Model], models.Model]


def fill(site: Site, session: Session, by: User) -> None:
    """Rows whose own text is Chinese, so that what is English came from us."""
    Site.objects.filter(pk=site.pk).update(name="店", greeting_en="您好")
    category = Category.objects.create(site=site, slug="lei", name_en="类", name_zh_hans="类")
    live = Faq.objects.create(
        site=site, language="zh-Hans", category=category, question="问", answer="答", status="live"
    )
    FaqVariant.objects.create(faq=live, text="问法")
    IndexState.objects.create(site=site, wanted=2, built=1, built_at=timezone.now())
    UnansweredQuestion.objects.create(
        turn=uuid.uuid4(),
        session=session.pk,
        site=site,
        language="zh-Hans",
        text="问",
        best=live,
        confidence=0.4,
        asked_at=timezone.now(),
    )
    _fill_flows(site, by)
    _fill_models(site, session)
    _fill_team(site, session, by)
    leave_message(
        session_id=session.pk,
        line=Line(Author.VISITOR, "留言"),
        notice=Line(Author.SYSTEM, "好的"),
        name="",
        email="",
        phone="1380000",
    )
    made = {role.key: role.group for role in roles.provide_roles()}
    group = made["operator"]
    assert group is not None
    invitations.invite(email="li@shop.example", name="李雷", group=group, by=by, language="zh-hans")
    for row in (live, site):
        LogEntry.objects.create(
            user=by,
            content_type=ContentType.objects.get_for_model(row),
            object_id=str(row.pk),
            object_repr="问",
            action_flag=CHANGE,
            change_message='[{"changed": {"fields": ["Question"]}}]',
        )


def _fill_flows(site: Site, by: User) -> None:
    """One flow with an older version, and the lists around it."""
    flow = Flow.objects.create(site=site, key="tui", name_zh_hans="退", examples_zh_hans="我要退")
    Slot.objects.create(
        flow=flow, name="dan", kind="order_id", label_zh_hans="单", prompt_zh_hans="单号？"
    )
    flows.publish(flow=flow, author=by, note="一")
    Flow.objects.filter(pk=flow.pk).update(name_zh_hans="退货")
    flows.draft_changed(flow=flow)
    flows.publish(flow=flow, author=by)
    flows.set_products(site=site, products=[flows.Listed("b1", name_zh_hans="耳机")])
    Phrase.objects.create(site=site, kind="affirm", language="zh-Hans", text="中")
    for row in flows.copy_default_policy(site=site):
        PolicyRow.objects.filter(pk=row.pk).update(name=f"p{row.position}")


def _fill_models(site: Site, session: Session) -> None:
    """A cloud model that was asked, with a price, and what a check has found."""
    provider = Provider.objects.create(name="云", base_url="https://models.example/v1")
    found = [Finding(code, "m", values=FINDING_VALUES) for code in Code]
    keep_findings(provider=provider, findings=[one.stored() for one in found], seen={})
    model = Model.objects.create(provider=provider, name="m", label="大", tier="cloud", rank=1)
    price = Price.objects.create(
        model=model, valid_from="2026-01-01", price_in=1, price_out=2, currency="CNY"
    )
    Routing.objects.create(site=site, mode="local_then_cloud")
    asked = Attempt(
        endpoint_of(model, "", price),
        Outcome.OK,
        session=session.pk,
        site_id=site.pk,
        why=Outcome.BAD_OUTPUT,
        sent=[{"role": "user", "content": "问"}],
        way="tool",
    )
    save_calls(attempts=[asked])


def _fill_team(site: Site, session: Session, by: User) -> None:
    """One operator in one team, with what belongs to them, and a chat that was rated."""
    week = {"mon": [["09:00", "12:00"], ["13:00", "24:00"]]}
    hours = Hours.objects.create(name="店", timezone="Asia/Shanghai", week=week)
    Holiday.objects.create(hours=hours, day="2027-02-06", name="春节")
    team = Team.objects.create(name="售后", hours=hours, languages=["zh-Hans"], flows=["tui"])
    operator = Operator.objects.create(user=by, name="李", languages=["zh-Hans"])
    operator.teams.add(team)
    Presence.objects.create(operator=operator, choice="away")
    Target.objects.create(name="急", priority=0, team=team)
    Macro.objects.create(name="问", text_zh="您好，{visitor.name}", shortcut="w")
    Mail.objects.create(kind="waiting", operator=operator, state="lost")
    Session.objects.filter(pk=session.pk).update(csat=4)


def paths(user: User) -> list[str]:
    """Each list with its forms, history and confirmation, as far as `user` may open them, and the
    pages of our own."""
    return [*_own_pages(), *_model_pages(user)]


def reachable(client: Client, user: User) -> Iterator[tuple[str, str]]:
    """Those that answer with a page, and what it says."""
    for path in paths(user):
        answer = client.get(path)
        if answer.status_code == 200:
            yield path, answer.content.decode()


def _own_pages() -> list[str]:
    invited = User.objects.get(username="li@shop.example")
    names = ("admin:index", "admin:password_change", "invite", "first_steps_demo")
    return [
        *map(reverse, names),
        reverse("first_steps_mail"),
        reverse("admin:handoff_floor"),
        *(reverse(f"admin:dialogue_flow_{name}") for name in ("import", "standard")),
        reverse("admin:dialogue_flow_publish", args=[Flow.objects.get(key="tui").pk]),
        reverse("admin:dialogue_product_many"),
        reverse("invitation", args=[invited.pk]),
        reverse("admin:auth_user_password_change", args=[invited.pk]),
        reverse("admin:auth_user_changelist") + "?q=nobody-of-this-name",
    ]


def _model_pages(user: User) -> Iterator[str]:
    request = RequestFactory().get("/")
    request.user = user
    for model, shown in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        if shown.has_add_permission(request):
            yield reverse(f"{name}_add")
        row = shown.get_queryset(request).order_by("-pk").first()
        if row is None:
            continue
        yield reverse(f"{name}_change", args=[row.pk])
        yield reverse(f"{name}_history", args=[row.pk])
        if shown.has_delete_permission(request, row):
            yield reverse(f"{name}_delete", args=[row.pk])
