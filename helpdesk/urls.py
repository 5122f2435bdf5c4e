from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from helpdesk import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("", include("apps.widget.urls")),
]
