from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from helpdesk import health, invitation_views, passwords, setup_views
from helpdesk.apps import discover

discover()
staff = admin.site.admin_view

# Before the admin's own, whose last one takes every path.
around_the_admin = [
    path("first-steps/step/", staff(setup_views.step), name="first_steps_step"),
    path("first-steps/card/", staff(setup_views.card), name="first_steps_card"),
    path("first-steps/mail/", staff(setup_views.test_mail), name="first_steps_mail"),
    path("first-steps/demo/", staff(setup_views.clear_demo), name="first_steps_demo"),
    path("invite/", staff(invitation_views.invite), name="invite"),
    path("invited/<int:user_id>/", staff(invitation_views.invitation), name="invitation"),
    path("invited/<int:user_id>/resend/", staff(invitation_views.resend), name="invitation_resend"),
    path("invited/<int:user_id>/revoke/", staff(invitation_views.revoke), name="invitation_revoke"),
    path("join/", invitation_views.accept, name="invitation_accept"),
    path("join/<int:user_id>/<str:token>/", invitation_views.open_link, name="invitation_link"),
    path("password_reset/", passwords.Reset.as_view(), name="admin_password_reset"),
    path("password_reset/done/", passwords.Sent.as_view(), name="password_reset_done"),
    path("reset/<uidb64>/<token>/", passwords.Confirm.as_view(), name="password_reset_confirm"),
    path("reset/done/", passwords.Complete.as_view(), name="password_reset_complete"),
]
handler500 = "helpdesk.busy.server_error"
urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("admin/", include(around_the_admin)),
    path("admin/console/", include("apps.console.urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("", include("apps.chat.urls")),
    path("", include("apps.widget.urls")),
    path("", include("apps.demo.urls")),
]
