"""Users and groups in the admin, in its own look.

Nobody gains by these pages: only superusers make superusers or change groups, and others manage
users who may do no more than they themselves.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from helpdesk import roles
from helpdesk.models import Invitation

admin.site.unregister([User, Group])
# In Chinese "group" alone is one of questions. Not stored: migrations read what the class was
# written with.
Group._meta.verbose_name = pgettext_lazy("of users", "group")
Group._meta.verbose_name_plural = pgettext_lazy("of users", "groups")

VERBS = {
    "view": gettext_lazy("View"),
    "add": gettext_lazy("Add"),
    "change": gettext_lazy("Change"),
    "delete": gettext_lazy("Delete"),
}


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("active", gettext_lazy("Active")),
            ("invited", gettext_lazy("Invited, not yet accepted")),
            ("inactive", gettext_lazy("Deactivated")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        invited = Invitation.objects.pending().values("user_id")
        found = {
            "active": queryset.filter(is_active=True),
            "invited": queryset.filter(pk__in=invited),
            "inactive": queryset.filter(is_active=False).exclude(pk__in=invited),
        }
        return found.get(self.value() or "", queryset)


class RoleFilter(admin.RelatedFieldListFilter):
    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        groups = Group.objects.select_related("role").order_by("pk")
        return [(group.pk, roles.title(group)) for group in groups]


class RolesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # as below
    def label_from_instance(self, obj: Group) -> str:
        return roles.with_task(obj)


class PermissionsWidget(UnfoldAdminCheckboxSelectMultipleWidget):  # type: ignore[misc]  # Unfold is untyped
    """A set of boxes for each model."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return render_to_string("admin/permissions.html", self.get_context(name, value, attrs))


class GroupForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripting fails at run time
    permissions = forms.ModelMultipleChoiceField(
        Permission.objects.none(),
        label=gettext_lazy("Permissions"),
        required=False,
        widget=PermissionsWidget,
    )

    class Meta:
        model = Group
        fields = ["name", "permissions"]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if self.instance.pk and "name" in self.fields:
            self.initial["name"] = roles.title(self.instance)
        if "permissions" not in self.fields:
            return
        shown = {one.pk: one for one in roles.shown_permissions()}
        if self.instance.pk:
            # What is given stays on the page, whatever it is: saving must not take it away.
            given = self.instance.permissions.select_related("content_type")
            shown |= {one.pk: one for one in given}
        self.fields["permissions"].queryset = Permission.objects.filter(pk__in=shown)  # type: ignore[attr-defined]  # stubs know no field by its name
        self.fields["permissions"].widget.choices = _by_model(list(shown.values()))

    def clean_name(self) -> str:
        """A name that is shown translated stays what it is while nobody rewrites it."""
        name: str = self.cleaned_data["name"]
        is_shown = self.instance.pk and name == roles.title(self.instance)
        return self.instance.name if is_shown else name


def _by_model(permissions: list[Permission]) -> list[tuple[str, list[tuple[int, str]]]]:
    """Choices in groups, each named for its model, in the reader's language."""
    found: dict[str, list[tuple[int, str]]] = {}
    for one in sorted(permissions, key=lambda one: (one.content_type_id, _rank(one))):
        model = one.content_type.model_class()
        name = capfirst(model._meta.verbose_name_plural) if model else one.content_type.model
        found.setdefault(str(name), []).append((one.pk, _verb(one)))
    return list(found.items())


def _rank(permission: Permission) -> int:
    verb = permission.codename.partition("_")[0]
    return list(VERBS).index(verb) if verb in VERBS else len(VERBS)


def _verb(permission: Permission) -> str:
    verb, _sep, model = permission.codename.partition("_")
    plain = verb in VERBS and model == permission.content_type.model
    return str(VERBS[verb]) if plain else _(permission.name)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]  # Unfold is untyped
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["person", "state", "in_groups", "last_login"]
    list_filter = [StateFilter, ("groups", RoleFilter)]
    list_select_related = ["invitation"]
    list_filter_submit = False
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined", "invitation_state", "invitation_link"]
    actions_list = ["invite"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (gettext_lazy("Personal info"), {"fields": ["first_name", "last_name", "email"]}),
        (
            gettext_lazy("Permissions"),
            {"fields": ["is_active", "is_staff", "is_superuser", "groups"]},
        ),
        (gettext_lazy("Important dates"), {"fields": ["last_login", "date_joined"]}),
    ]

    @display(description=gettext_lazy("user"), ordering="username", header=True)  # type: ignore[untyped-decorator]
    def person(self, user: User) -> list[str]:
        name = user.get_full_name()
        return [name, user.username] if name else [user.username, user.email]

    @display(  # type: ignore[untyped-decorator]
        description=gettext_lazy("state"),
        ordering="is_active",
        label={"active": "success", "invited": "warning", "inactive": "danger"},
    )
    def state(self, user: User) -> tuple[str, str]:
        if user.is_active:
            return "active", _("Active")
        invitation = _invitation(user)
        if invitation and invitation.is_pending:
            return "invited", _("Invited, not yet accepted")
        return "inactive", _("Deactivated")

    @display(description=gettext_lazy("role"))  # type: ignore[untyped-decorator]
    def in_groups(self, user: User) -> str:
        names = [roles.title(group) for group in user.groups.all()]
        return ", ".join([_("Superuser"), *names] if user.is_superuser else names)

    @display(description=gettext_lazy("state"))  # type: ignore[untyped-decorator]
    def invitation_state(self, user: User) -> str:
        return render_to_string("admin/invitation_state.html", {"invitation": _invitation(user)})

    @display(description=gettext_lazy("state"))  # type: ignore[untyped-decorator]
    def invitation_link(self, user: User) -> str:
        """For those who may open the invitation."""
        return render_to_string("admin/user_invitation.html", {"invitation": _invitation(user)})

    @action(  # type: ignore[untyped-decorator]
        description=gettext_lazy("Invite a colleague"), icon="mail", permissions=["invite"]
    )
    def invite(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("invite"))

    def has_invite_permission(self, request: HttpRequest, _key: str | None = None) -> bool:
        return self.has_add_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        found: QuerySet[User] = super().get_queryset(request)
        return found.prefetch_related("groups__role")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> list[Any]:
        found = list(super().get_fieldsets(request, obj))
        if obj is None or _invitation(obj) is None:
            return found
        may_open = self.has_invite_permission(request) and _may_manage(request, obj)
        field = "invitation_link" if may_open else "invitation_state"
        return [(_("Invitation"), {"fields": [field]}), *found]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """The link makes an invited user active, nothing else should before it."""
        found = [*self.readonly_fields]
        if not request.user.is_superuser:
            found.append("is_superuser")
        invitation = _invitation(obj) if obj else None
        if invitation and invitation.is_open:
            found.append("is_active")
        return found

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name != "groups" or not isinstance(request.user, User):
            return super().formfield_for_manytomany(db_field, request, **options)
        allowed = [group.pk for group in roles.grantable(request.user)]
        return db_field.formfield(
            form_class=RolesField,
            queryset=Group.objects.filter(pk__in=allowed).select_related("role").order_by("pk"),
            widget=UnfoldAdminCheckboxSelectMultipleWidget,
            label=_("Roles"),
            help_text=_("A user may do what any of the roles may."),
        )

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_manage(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_manage(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """The list's action asks once for all, not for each."""
        for user in queryset:
            if self.has_delete_permission(request, user):
                user.delete()


def _may_manage(request: HttpRequest, user: User | None) -> bool:
    return user is None or (isinstance(request.user, User) and roles.may_manage(request.user, user))


def _invitation(user: User) -> Invitation | None:
    found: Invitation | None = getattr(user, "invitation", None)
    return found


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]  # Unfold is untyped
    form = GroupForm
    list_display = ["called", "members"]
    list_select_related = ["role"]
    filter_horizontal = []

    @display(description=gettext_lazy("name"), ordering="name")  # type: ignore[untyped-decorator]
    def called(self, group: Group) -> str:
        return roles.with_task(group)

    @display(description=gettext_lazy("users"))  # type: ignore[untyped-decorator]
    def members(self, group: Any) -> int:
        count: int = group.members
        return count

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        found: QuerySet[Group] = super().get_queryset(request)
        return found.annotate(members=Count("user"))
