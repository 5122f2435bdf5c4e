from django.contrib import admin
from django.urls import path

from apps.console import views

staff = admin.site.admin_view
app_name = "console"
urlpatterns = [
    path("", staff(views.page), name="page"),
    path("attachments", staff(views.attachments), name="attachments"),
]
