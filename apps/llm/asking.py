"""One ask of one model: its requests until there is an answer, or a reason why there is none.

There are few: the next way down when a server refuses one, the same without a parameter that it
does not know, one repair, and one more try on a fresh connection when a kept one was closed just
then. All of them share the deadline.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apps.llm import faults, parsing, ways
from apps.llm.clients import Clients, Request, posted, tracked
from apps.llm.parsing import BadOutputError
from apps.llm.quota import Quota
from apps.llm.streams import Clock, Received, read
from apps.llm.values import Answer, Ask, Endpoint, GatewayError, Message, Outcome, Usage, Way
from apps.llm.ways import Ways

logger = logging.getLogger(__name__)

OnText = Callable[[str], None]

# Partial JSON is read again from its beginning each time, so not for every token.
SHOW_EVERY = 16
# So many characters a second are a model that is alive: slow ones at home say some ten tokens.
STEADY_PER_S = 10
# Below this no request is worth its price.
LEAST_S = 0.2
# Every way once, each parameter that may be left out once, a repair.
MOST_REQUESTS = 8
COMPLETIONS = "/chat/completions"
TRUNCATED = "length"
FILTERED = "content_filter"
LATE = "no whole answer within the deadline"


@dataclass(slots=True)
class Tools:
    """What all asks of a gateway share."""

    clients: Clients
    quota: Quota
    ways: Ways


class RefusedError(Exception):
    """A request failed; `told` is what the server said, with which `status` (0 for none), `made`
    what it was asked with."""

    def __init__(self, error: GatewayError, told: str, status: int, made: dict[str, Any]) -> None:
        super().__init__(error)
        self.error = error
        self.told = told
        self.status = status
        self.made = made


class Growing:
    """Passes on what of an answer may be shown, while it grows."""

    def __init__(self, ask: Ask, on_text: OnText | None, said: Received) -> None:
        self._ask = ask
        self._on_text = on_text if ask.stream else None
        self._said = said
        self._seen = 0
        self._told = ""
        self._may: bool | None = None

    def __call__(self) -> None:
        if self._said.length - self._seen >= SHOW_EVERY:
            self.rest()

    def rest(self) -> None:
        """Whatever has come."""
        if self._on_text is None or self._may is False:
            return
        self._seen = self._said.length
        found = parsing.shown(self._said.text, self._ask.schema)
        if found is None:
            return
        head, text = found
        if self._may is None:
            self._may = self._ask.may_show is None or self._ask.may_show(head)
        if self._may and text != self._told:
            self._told = text
            self._show(text, self._on_text)

    def _show(self, text: str, on_text: OnText) -> None:
        """A fault of ours is not the model's: the answer is read on, and nothing more of it shown."""
        try:
            on_text(text)
        except Exception as error:  # noqa: BLE001 see above
            self._may = False
            logger.error("llm: what grows is not shown (%s)", type(error).__name__)  # noqa: TRY400 a traceback holds what the visitor wrote


class Asking:
    """`until` on the loop's clock."""

    def __init__(
        self, tools: Tools, endpoint: Endpoint, ask: Ask, on_text: OnText | None, until: float
    ) -> None:
        self._tools = tools
        self._endpoint = endpoint
        self._ask = ask
        self._on_text = on_text
        self._until = until
        self._trail = ask.trail
        self._is_repair = False
        self._correction: tuple[Message, ...] = ()
        self._now = asyncio.get_running_loop().time
        self._started = self._now()

    async def run(self) -> Answer:
        """Raises GatewayError."""
        try:
            return await self._run()
        except GatewayError as error:
            error.usage = self._trail.usage
            error.sent = error.sent or bool(self._trail.sent)
            raise

    async def _run(self) -> Answer:
        for _ in range(MOST_REQUESTS):
            way, said, clock = self._way, Received(), self._clock()
            try:
                await self._request(way, said, clock)
                return self._answer(way, said, clock)
            except BadOutputError as error:
                self._repair(error, said)
            except RefusedError as error:
                self._change(error, way)
        raise GatewayError(Outcome.BAD_REQUEST, "the server refuses every way to ask")

    @property
    def _way(self) -> Way:
        return self._tools.ways.of(self._endpoint).way

    def _clock(self) -> Clock:
        left = self._until - self._now()
        if left < LEAST_S:
            raise GatewayError(Outcome.DEADLINE, LATE)
        # An answer in one piece has no first token of its own.
        first = self._endpoint.first_token_s if self._ask.stream else left
        return Clock(self._until, first, self._endpoint.gap_s)

    async def _request(self, way: Way, said: Received, clock: Clock) -> None:
        """Fills `said`. Raises BadOutputError, RefusedError and, before anything is sent,
        GatewayError."""
        messages = (*ways.with_schema(self._ask, way), *self._correction)
        known = self._tools.ways.of(self._endpoint)
        made = ways.parameters(self._endpoint, self._ask, messages, known)
        prompt = ways.tokens_in(messages)
        reserved = await self._tools.quota.reserve(
            self._endpoint.model,
            prompt + self._endpoint.most_tokens,
            self._endpoint.tokens_per_minute,
        )
        request, began = Request(self._endpoint.most_bytes), self._now()
        try:
            await self._exchange(made, said, clock, request)
        except BadOutputError:
            raise
        except Exception as error:
            found, told = faults.fault(error, request), faults.told(error)
            # Whoever has it say more than there is time for does not show that it fails.
            spoke = said.length >= STEADY_PER_S * (self._now() - began)
            found.only_this |= found.outcome is Outcome.DEADLINE and spoke
            raise RefusedError(found, told, request.status, made) from error
        finally:
            used = self._book(said, messages, request)
            self._tools.quota.settle(reserved, used.tokens_in + used.tokens_out)

    def _book(self, said: Received, messages: tuple[Message, ...], request: Request) -> Usage:
        """What the server says, else what can be told from the texts; nothing if it refused."""
        if request.sent:
            self._trail.send(messages)
        if not request.sent or request.status >= 300:
            return Usage()
        written = parsing.estimate(said.text) if said.text else 0
        used = said.usage or Usage(ways.tokens_in(messages), written, measured=False)
        before = self._trail.usage
        self._trail.usage = used if before is None else before + used
        return used

    async def _exchange(
        self, made: dict[str, Any], said: Received, clock: Clock, request: Request
    ) -> None:
        show = Growing(self._ask, self._on_text, said)
        client = self._tools.clients.of(self._endpoint)

        async def once() -> None:
            async with posted(client, COMPLETIONS, made) as response:
                await read(response, said, clock, show)
            show.rest()

        async with clock:
            with tracked(request):
                for is_last in (False, True):
                    try:
                        await once()
                    except Exception:
                        # Once more if a kept connection was closed just when it was used: nobody
                        # has read the request.
                        if is_last or not request.reused or request.status:
                            raise
                    else:
                        return

    def _answer(self, way: Way, said: Received, clock: Clock) -> Answer:
        """Raises BadOutputError, and GatewayError for an answer that the model would not give."""
        if said.refusal or said.finish == FILTERED:
            raise GatewayError(Outcome.BAD_OUTPUT, "the model refuses")
        try:
            value = parsing.read(said.text, self._ask.schema)
        except BadOutputError as error:
            if said.finish == TRUNCATED:
                raise BadOutputError("cut off at its longest", "it is too long") from error
            raise
        self._tools.ways.record(self._endpoint, fits=not self._is_repair)
        return Answer(
            value=value,
            text=said.text,
            usage=self._trail.usage or Usage(measured=False),
            served=said.served or self._endpoint.name,
            way=way,
            first_token_ms=self._ms(clock.first_at or self._now()),
            total_ms=self._ms(self._now()),
            repaired=self._is_repair,
        )

    def _ms(self, moment: float) -> int:
        return round((moment - self._started) * 1000)

    def _repair(self, error: BadOutputError, said: Received) -> None:
        """Lets one bad answer pass. Raises GatewayError for the second."""
        if self._is_repair:
            self._tools.ways.record(self._endpoint, fits=False)
            raise GatewayError(Outcome.BAD_OUTPUT, error.detail) from error
        self._is_repair = True
        self._correction = ways.correction(self._ask, said.text, error.told)

    def _change(self, refused: RefusedError, way: Way) -> None:
        """What the next request does otherwise. Raises the GatewayError if there is nothing."""
        if refused.error.only_this or refused.status not in ways.SAYING_NO:
            raise refused.error
        known = self._tools.ways.of(self._endpoint)
        name = ways.unknown_parameter(refused.told, refused.made)
        if name:
            known.unknown.add(name)
            return
        is_of_way = ways.is_of_format(refused.told, self._endpoint)
        if not is_of_way or not self._tools.ways.give_up(self._endpoint, way):
            raise refused.error
