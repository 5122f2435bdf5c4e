"""The visitor's socket: relays frames, owns no rule."""

from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from apps.dialogue.running import running
from apps.guard import limits
from apps.widget.connections import Connection
from apps.widget.conversation import Conversation
from apps.widget.sockets import Socket


class VisitorConsumer(AsyncWebsocketConsumer):
    """Speaks wire protocol version 1."""

    # Hints reach the driver once a process; a channel for each socket would cost a subscription.
    channel_layer_alias = "none"
    connection: Connection
    socket: Socket | None = None
    conversation: Conversation | None = None

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Channels hops to a thread before every frame to close old database connections;
        ours are opened and given back by `in_thread`."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Gives the socket's places back however it ends: no `disconnect` comes to a consumer
        that an error in the server's send has ended."""
        self.connection = Connection(send)
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.socket and self.conversation:
                running().pulse.watched.discard(self.socket)
                self.socket.drop()
                self.conversation.end()

    async def connect(self) -> None:
        await self.accept()
        self.socket = Socket(self.tell, self.close, self.connection)
        running().pulse.watched.add(self.socket)
        self.conversation = Conversation(self.socket, address_of(self.scope))
        self.conversation.open()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.conversation:
            await self.conversation.hear(text_data)

    async def tell(self, text: str) -> None:
        frame: Any = {"type": "websocket.send", "text": text}
        await self.base_send(frame)


class NoSuchSocket(AsyncWebsocketConsumer):
    """Refuses the handshake: there is no socket at this path."""

    channel_layer_alias = "none"

    async def connect(self) -> None:
        await self.close()


def address_of(scope: Any) -> str:
    peer = (scope.get("client") or ("",))[0]
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1")
    return limits.client_address(peer, forwarded, settings.TRUSTED_PROXIES)
