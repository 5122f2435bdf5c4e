from django.urls import path

from apps.chat import views

urlpatterns = [path("files/<str:token>/", views.attachment, name="attachment")]
