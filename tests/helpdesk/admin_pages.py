"""Every page of the admin over one row of each kind, for tests that look at all of them."""

import uuid
from collections.abc import Iterator

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from apps.chat.items import Line
from apps.chat.models import Session
from apps.dialogue.flows import services as flows
from apps.dialogue.models import Flow, Phrase, PolicyRow, Slot
from apps.engine.types import Author
from apps.handoff.services import leave_message
from apps.knowledge.models import Category, Faq, FaqVariant, IndexState, UnansweredQuestion
from apps.sites.models import Site
from helpdesk import invitations, roles

Rows = dict[type[Model], Model]


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


def paths(user: User) -> list[str]:
    """Each list with its forms, history and confirmation, as far as `user` may open them, and the
    pages of our own."""
    return [*_own_pages(), *_model_pages(user)]


def reachable(client: Client, user: User) -> Iterator[str]:
    """Those that answer with a page."""
    for path in paths(user):
        if client.get(path).status_code == 200:
            yield path


def _own_pages() -> list[str]:
    invited = User.objects.get(username="li@shop.example")
    names = ("admin:index", "admin:password_change", "invite", "first_steps_demo")
    return [
        *map(reverse, names),
        reverse("first_steps_mail"),
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
