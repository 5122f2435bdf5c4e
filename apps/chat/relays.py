"""What is the same about every socket of ours, whoever sits behind it."""

from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from apps.chat.connections import Connection
from apps.chat.sockets import Socket


class Relay(AsyncWebsocketConsumer):
    """Passes frames on between the server and a `Socket`, which it makes in `begin`."""

    # Hints reach a process once; a channel for each socket would cost a subscription.
    channel_layer_alias = "none"
    socket: Socket | None = None
    _connection: Connection

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Channels hops to a thread before every frame to close old database connections;
        ours are opened and given back by `in_thread`."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Gives the socket's places back however it ends: no `disconnect` comes to a consumer
        that an error in the server's send has ended."""
        self._connection = Connection(send)
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.socket:
                self.end(self.socket)
                self.socket.drop()

    async def begin(self, unsent_bytes: int | None = None) -> Socket:
        """Accepts the handshake."""
        await self.accept()
        self.socket = Socket(self._tell, self.close, self._connection, unsent_bytes)
        return self.socket

    def end(self, socket: Socket) -> None:
        """Called once when it is over."""

    async def _tell(self, text: str) -> None:
        frame: Any = {"type": "websocket.send", "text": text}
        await self.base_send(frame)
