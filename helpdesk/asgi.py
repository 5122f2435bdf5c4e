"""The ASGI application: pages and HTTP API, chat sockets, and the life of the process."""

import os
from importlib import import_module
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
os.environ.setdefault("HELPDESK_DATABASE_POOL", "on")

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

pages = get_asgi_application()  # sets Django up, which the imports below need

from apps.chat.origins import Origins  # noqa: E402
from apps.console.consumers import OperatorConsumer  # noqa: E402
from apps.widget.consumers import NoSuchSocket, VisitorConsumer  # noqa: E402
from helpdesk import checks  # noqa: E402
from helpdesk.bodies import Bodies  # noqa: E402
from helpdesk.lifespan import Lifespan  # noqa: E402

checks.require()
# Now, and not with the first visitor.
import_module(settings.ROOT_URLCONF)

routes: list[Any] = [  # the stubs know path() for views only
    path("ws/chat/", cast("Any", VisitorConsumer.as_asgi())),
    path("ws/console/", cast("Any", Origins(OperatorConsumer.as_asgi(), listed=False))),
    re_path("", cast("Any", NoSuchSocket.as_asgi())),
]
application = ProtocolTypeRouter(
    {
        "http": Bodies(pages),
        "websocket": Origins(URLRouter(routes), listed=True),
        "lifespan": Lifespan(),
    }
)
