"""Pages around invitations: for staff who send them, and for those who accept one."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import login
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk import invitations, mail, roles
from helpdesk.models import Invitation
from helpdesk.policies import no_referrer

KEPT = "invitation"
BACKEND = "django.contrib.auth.backends.ModelBackend"
SENT = gettext_noop("The invitation was sent to %(email)s.")
NOT_SENT = gettext_noop("The invitation could not be sent to %(email)s. Give them the link below.")


class RoleField(forms.ModelChoiceField):  # type: ignore[type-arg]  # fails at run time
    def label_from_instance(self, obj: Group) -> str:
        return roles.with_task(obj)


class InviteForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=150,
        help_text=gettext_lazy("It is their user name as well."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=150)
    group = RoleField(Group.objects.none(), label=gettext_lazy("Role"), empty_label=None)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)

    def __init__(self, *arguments: Any, by: User, **options: Any) -> None:
        super().__init__(*arguments, **options)
        allowed = [group.pk for group in roles.grantable(by)]
        groups = Group.objects.filter(pk__in=allowed).select_related("role").order_by("pk")
        self.fields["group"].queryset = groups  # type: ignore[attr-defined]  # stubs know no field by its name

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        User.username_validator(email)
        if User.objects.filter(username__iexact=email).exists():
            raise forms.ValidationError(_("There is a user with this address already."))
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("Another user has this address already."))
        return email


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    by = _inviter(request)
    form = InviteForm(request.POST or None, by=by, initial={"language": translation.get_language()})
    if request.method == "POST" and form.is_valid():
        try:
            made = invitations.invite(by=by, **form.cleaned_data)
        except IntegrityError:
            form.add_error("email", _("There is a user with this address already."))
        else:
            _send(request, made)
            return HttpResponseRedirect(reverse("invitation", args=[made.user_id]))
    context = {"form": form, "title": _("Invite a colleague")}
    return _page(request, "admin/invite.html", context)


@never_cache
def invitation(request: HttpRequest, user_id: int) -> HttpResponse:
    """Where an invitation stands, with its link while it works."""
    found = _found(request, user_id)
    context = {
        "title": _("Invitation"),
        "invitation": found,
        "user_page": reverse("admin:auth_user_change", args=[user_id]),
        "link": _link(found) if found.is_valid else "",
    }
    return _page(request, "admin/invitation.html", context)


@require_POST
def resend(request: HttpRequest, user_id: int) -> HttpResponse:
    found = _found(request, user_id)
    try:
        _send(request, invitations.renew(user=found.user, by=_inviter(request)))
    except invitations.NotOpenError:
        messages.error(request, _("This user had a way in already: there is nothing to invite to."))
    return HttpResponseRedirect(reverse("invitation", args=[user_id]))


@require_POST
def revoke(request: HttpRequest, user_id: int) -> HttpResponse:
    found = _found(request, user_id)
    try:
        invitations.revoke(user=found.user)
        messages.success(request, _("The link is dead: the invitation was revoked."))
    except invitations.NotOpenError:
        messages.error(
            request, _("The invitation was accepted already. Deactivate the user instead.")
        )
    return HttpResponseRedirect(reverse("invitation", args=[user_id]))


@never_cache
@no_referrer
def open_link(request: HttpRequest, user_id: int, token: str) -> HttpResponse:
    """Moves the token from the address to the session, before anything else is loaded."""
    response = HttpResponseRedirect(reverse("invitation_accept"))
    found = invitations.find(user_id=user_id, token=token)
    if found:
        request.session[KEPT] = {"user": user_id, "token": token}
    else:
        request.session.pop(KEPT, None)
    if found and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, found.language, samesite="Lax")
    return response


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest) -> HttpResponse:
    """Sets the password and signs in."""
    kept = request.session.get(KEPT) or {"user": 0, "token": ""}
    found = invitations.find(user_id=kept["user"], token=kept["token"])
    if found is None:
        return _dead(request)
    form = SetPasswordForm(found.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = invitations.accept(
                user_id=kept["user"],
                token=kept["token"],
                password=form.cleaned_data["new_password1"],
            )
        except invitations.DeadLinkError:
            return _dead(request)
        del request.session[KEPT]
        login(request, user, BACKEND)
        return HttpResponseRedirect(reverse("admin:index"))
    context = {"form": form, "title": _("Welcome"), "invited": found.user}
    return _page(request, "registration/accept.html", context)


def _inviter(request: HttpRequest) -> User:
    if not isinstance(request.user, User) or not request.user.has_perm("auth.add_user"):
        raise PermissionDenied
    return request.user


def _found(request: HttpRequest, user_id: int) -> Invitation:
    by = _inviter(request)
    found = get_object_or_404(Invitation.objects.select_related("user"), user_id=user_id)
    if not roles.may_manage(by, found.user):
        raise PermissionDenied
    return found


def _send(request: HttpRequest, made: Invitation) -> None:
    """By mail where there is a server for it; the page with the link comes next anyway."""
    if not mail.is_configured():
        return
    fault = invitations.send(
        invitation=made, link=_link(made), site=str(settings.UNFOLD["SITE_TITLE"])
    )
    told = {"email": made.user.email}
    if fault:
        messages.warning(request, f"{_(NOT_SENT) % told} {fault}")
    else:
        messages.success(request, _(SENT) % told)


def _link(found: Invitation) -> str:
    token = invitations.token_of(found)
    return settings.PUBLIC_URL + reverse("invitation_link", args=[found.user_id, token])


def _dead(request: HttpRequest) -> HttpResponse:
    return _page(request, "registration/dead_link.html", {"title": _("This link does not work")})


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context})
