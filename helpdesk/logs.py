"""What must not stand in the logs."""

import logging


class NoHandshakes(logging.Filter):
    """Drops the server's line for each WebSocket handshake: an address and a whole URL."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "WebSocket" not in str(record.msg)
