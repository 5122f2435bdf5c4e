from django.urls import path, re_path

from apps.widget import api, views

urlpatterns = [
    path("w/1/loader.js", views.loader, name="loader"),
    path("w/1/loader.<slug:digest>.js", views.pinned_loader, name="pinned-loader"),
    path("w/1/app/<slug:digest>/<str:name>", views.asset, name="widget-asset"),
    path("w/1/frame/", views.frame, name="frame"),
    path("api/v1/chat/sessions", api.sessions),
    path("api/v1/chat/team", api.team),
    path("api/v1/chat/messages", api.messages),
    path("api/v1/chat/handoff", api.handoff),
    path("api/v1/chat/contact", api.contact),
    path("api/v1/chat/rate", api.rate),
    path("api/v1/chat/csat", api.csat),
    path("api/v1/chat/transcript", api.transcript),
    path("api/v1/chat/attachments", api.attachments),
    path("api/v1/chat/identify", api.identify),
    path("api/v1/chat/context", api.context),
    path("api/v1/chat/logout", api.logout),
    re_path("^api/v1/chat/", api.unknown),
]
