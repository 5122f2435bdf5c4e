"""What must not stand in the logs."""

import logging
import re

# What any client can make the server say as often as it likes: lines for each handshake, one of
# them with an address and a whole URL, and a traceback for a frame that is no UTF-8.
UNWANTED = ("WebSocket", "connection open", "connection rejected", "Invalid UTF-8 sequence")


class NoHandshakes(logging.Filter):
    """Drops the server's lines about WebSocket handshakes and broken frames."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not any(words in str(record.msg) for words in UNWANTED)


class NoTracebacks(logging.Filter):
    """Of a request that was refused its line is enough: nothing has failed here."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True


# Invitations, forgotten passwords and files: what follows lets somebody in.
LINK = re.compile(r"(/(?:admin/(?:join|reset)|files)/)[^\s?]+")


class NoLinks(logging.Filter):
    """Cuts the address of a failed request where a link with a secret in it begins."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                LINK.sub(r"\1...", one) if isinstance(one, str) else one for one in record.args
            )
        return True
