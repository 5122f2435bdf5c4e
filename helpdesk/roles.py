"""Five groups to begin with. They are made once; from then on they belong to the staff."""

from collections.abc import Iterable

from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from helpdesk.apps import discover
from helpdesk.models import Role

NAMES = {
    "operator": gettext_noop("Operators"),
    "supervisor": gettext_noop("Supervisors"),
    "editor": gettext_noop("Editors"),
    "publisher": gettext_noop("Publishers"),
    "administrator": gettext_noop("Administrators"),
}
TASKS: dict[str, Promise] = {
    "operator": gettext_lazy("answer visitors and tend to tickets"),
    "supervisor": gettext_lazy("look after operators, teams and hours, and read reports"),
    "editor": gettext_lazy("write FAQ entries and flows, which others publish"),
    "publisher": gettext_lazy("write FAQ entries and flows and publish them"),
    "administrator": gettext_lazy("everything, sites and users included"),
}
OPERATING = frozenset(
    {
        "chat.view_session",
        "dialogue.view_actionrun",
        "handoff.view_ticket",
        "handoff.change_ticket",
        "handoff.work_console",
        "handoff.draft_entry",
        "handoff.view_macro",
        "knowledge.view_faq",
        "knowledge.view_category",
        "dialogue.view_flow",
    }
)
# Whom a site has as users stays with administrators: an operator is made of one of them.
SUPERVISING = OPERATING | {
    "handoff.take_over",
    "handoff.supervise",
    "handoff.view_operator",
    "handoff.change_operator",
    "handoff.view_mail",
    "insight.view_report",
    "knowledge.view_unansweredquestion",
    *(
        f"handoff.{verb}_{kind}"
        for verb in ("add", "change", "delete", "view")
        for kind in ("team", "macro", "hours", "target")
    ),
}
EDITING = frozenset(
    {
        "knowledge.add_faq",
        "knowledge.change_faq",
        "knowledge.delete_faq",
        "knowledge.view_faq",
        "knowledge.view_category",
        "knowledge.view_unansweredquestion",
        "knowledge.change_unansweredquestion",
        "dialogue.add_flow",
        "dialogue.change_flow",
        "dialogue.delete_flow",
        "dialogue.view_flow",
        "dialogue.view_phrase",
        "dialogue.view_product",
        "dialogue.view_sitepolicy",
    }
)
PUBLISHING = EDITING | {
    "knowledge.publish_faq",
    "knowledge.add_category",
    "knowledge.change_category",
    "knowledge.delete_category",
    "dialogue.publish_flow",
    "dialogue.change_sitepolicy",
    *(
        f"dialogue.{verb}_{kind}"
        for verb in ("add", "change", "delete")
        for kind in ("phrase", "product")
    ),
}
LABELS = {
    "operator": OPERATING,
    "supervisor": SUPERVISING,
    "editor": EDITING,
    "publisher": PUBLISHING,
}
# Whoever may change groups may give everything to everyone: that stays with superusers.
NEVER = frozenset({"auth.add_group", "auth.change_group", "auth.delete_group"})


@transaction.atomic
def provide_roles() -> list[Role]:
    """Makes the groups that were never made, and gives each the permissions it was never given.

    What staff renamed, took away or deleted stays so.
    """
    return [_provide(key) for key in NAMES]


def shown_permissions() -> Iterable[Permission]:
    """Those of models that have a list in the admin."""
    discover()
    models = {(model._meta.app_label, model._meta.model_name) for model in admin.site._registry}
    found = Permission.objects.select_related("content_type").order_by("content_type", "pk")
    return [one for one in found if one.content_type.natural_key() in models]


def title(group: Group) -> str:
    """A group's name for people: translated while it is the one that it came with.

    For many groups at once select their `role` as well.
    """
    role = _role(group)
    return gettext(group.name) if role and NAMES.get(role.key) == group.name else group.name


def with_task(group: Group) -> str:
    """The name, and for those that came with Helpdesk what they may do."""
    role = _role(group)
    task = TASKS.get(role.key) if role else None
    if task is None:
        return title(group)
    return gettext("%(role)s (%(task)s)") % {"role": title(group), "task": task}


def grantable(by: User) -> list[Group]:
    """The groups that a user may put others in: none that could do more than the user can."""
    groups = Group.objects.order_by("name")
    if by.is_superuser:
        return list(groups)
    own = by.get_all_permissions()
    with_permissions = groups.prefetch_related("permissions__content_type")
    return [one for one in with_permissions if set(_labels(one.permissions.all())) <= own]


def may_manage(by: User, user: User) -> bool:
    """Whether `by` may change, invite again or delete `user` without gaining anything by it."""
    if by.is_superuser or user.is_superuser:
        return by.is_superuser
    # Django says that inactive users have none.
    theirs = Permission.objects.filter(Q(group__user=user) | Q(user=user))
    return set(_labels(theirs.select_related("content_type"))) <= by.get_all_permissions()


def _role(group: Group) -> Role | None:
    found: Role | None = getattr(group, "role", None)
    return found


def _provide(key: str) -> Role:
    role, is_new = Role.objects.select_for_update().get_or_create(key=key)
    if is_new:
        role.group = Group.objects.create(name=_free_name(NAMES[key]))
    wanted = {_label(one): one for one in _wanted(key)}
    fresh = wanted.keys() - set(role.given)
    if role.group:
        role.group.permissions.add(*(wanted[label] for label in fresh))
    role.given = sorted(fresh | set(role.given))
    role.save()
    return role


def _wanted(key: str) -> list[Permission]:
    if key == "administrator":
        return [one for one in shown_permissions() if _label(one) not in NEVER]
    labels = LABELS[key]
    return [one for one in shown_permissions() if _label(one) in labels]


def _free_name(name: str) -> str:
    """A group of this name that staff have made is left alone."""
    taken = set(Group.objects.filter(name__startswith=name).values_list("name", flat=True))
    names = [name, *(f"{name} {number}" for number in range(2, len(taken) + 3))]
    return next(one for one in names if one not in taken)


def _label(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"


def _labels(permissions: Iterable[Permission]) -> list[str]:
    return [_label(one) for one in permissions]
