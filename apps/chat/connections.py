"""What lies below a socket's frames."""

import socket
import struct
from typing import Any

# Without it the kernel goes on to offer megabytes to a reader that takes none.
RESET = struct.pack("ii", 1, 0)


class Connection:
    """The connection behind an ASGI `send`.

    ASGI has no word for it, but uvicorn's `send` is a method of the protocol that holds the
    transport. With another server nothing is known of it and nothing is done to it.
    """

    def __init__(self, send: Any) -> None:
        self._transport: Any = getattr(getattr(send, "__self__", None), "transport", None)

    def unread(self) -> int:
        """Bytes that the server holds because the other side does not take them."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    def reset(self) -> None:
        """Ends it without a word, also one that has ended already."""
        if self._transport is None:
            return
        ours = self._transport.get_extra_info("socket")
        if ours.fileno() >= 0:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self._transport.abort()
