"""The visitor's socket: relays frames, owns no rule."""

from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from apps.chat.relays import Relay
from apps.chat.sockets import Socket
from apps.dialogue.running import running
from apps.guard import limits
from apps.widget.conversation import Conversation


class VisitorConsumer(Relay):
    """Speaks wire protocol version 1."""

    conversation: Conversation | None = None

    async def connect(self) -> None:
        socket = await self.begin()
        running().pulse.watched.add(socket)
        self.conversation = Conversation(socket, address_of(self.scope))
        self.conversation.open()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.conversation:
            await self.conversation.hear(text_data)

    def end(self, socket: Socket) -> None:
        running().pulse.watched.discard(socket)
        if self.conversation:
            self.conversation.end()


class NoSuchSocket(AsyncWebsocketConsumer):
    """Refuses the handshake: there is no socket at this path."""

    channel_layer_alias = "none"

    async def connect(self) -> None:
        await self.close()


def address_of(scope: Any) -> str:
    peer = (scope.get("client") or ("",))[0]
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1")
    return limits.client_address(peer, forwarded, settings.TRUSTED_PROXIES)
