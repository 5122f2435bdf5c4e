from django.urls import path

from apps.widget import api

urlpatterns = [
    path("api/v1/chat/sessions", api.sessions),
    path("api/v1/chat/messages", api.messages),
    path("api/v1/chat/handoff", api.handoff),
    path("api/v1/chat/contact", api.contact),
    path("api/v1/chat/rate", api.rate),
    path("api/v1/chat/csat", api.csat),
]
