"""The operator's socket: relays frames, owns no rule."""

import logging

from django.db import Error as DatabaseError

from apps.chat.codes import CLOSE_RESTART
from apps.chat.relays import Relay
from apps.chat.sockets import Socket
from apps.chat.threads import in_thread
from apps.console import people
from apps.console.desk import Desk
from apps.console.hub import CLOSE_REVOKED
from apps.console.running import hub
from apps.dialogue.running import running

logger = logging.getLogger(__name__)

CLOSE_NOT_SIGNED_IN = 4401
# The full queues of some sites, at 2 kB a row, and the threads that are opened meanwhile.
UNSENT_BYTES = 16 * 2**20


class OperatorConsumer(Relay):
    """Speaks the protocol of docs/console.md."""

    desk: Desk | None = None

    async def connect(self) -> None:
        socket = await self.begin(UNSENT_BYTES)
        running().pulse.watched.add(socket)
        try:
            person = await in_thread(people.enter, people.request_of(self.scope))
        except people.NotSignedInError:
            socket.shut(CLOSE_NOT_SIGNED_IN)
        except people.NotAllowedError:
            socket.shut(CLOSE_REVOKED)
        except (DatabaseError, TimeoutError) as error:
            logger.warning("console: no database (%s)", type(error).__name__)
            socket.shut(CLOSE_RESTART)
        else:
            self.desk = Desk(hub(), socket, person)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.desk:
            self.desk.hear(text_data)

    def end(self, socket: Socket) -> None:
        running().pulse.watched.discard(socket)
        if self.desk:
            self.desk.end()
