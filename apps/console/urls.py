from django.contrib import admin
from django.urls import path

from apps.console import views

staff = admin.site.admin_view
app_name = "console"
urlpatterns = [
    path("", staff(views.page), name="page"),
    path("waiting", staff(views.waiting), name="waiting"),
    path("drafts", staff(views.drafts), name="drafts"),
    path("attachments", staff(views.attachments), name="attachments"),
]
