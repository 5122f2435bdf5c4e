from django.contrib import admin
from django.urls import path

from apps.console import views

app_name = "console"
urlpatterns = [path("", admin.site.admin_view(views.page), name="page")]
