"""Who is asked when home does not know: providers with their models and prices, what each site
allows, and the ledger of every call."""

from apps.llm.models.answers import AnswerCount, DroppedAnswer
from apps.llm.models.calls import Call
from apps.llm.models.providers import LadderState, Model, Price, Provider
from apps.llm.models.routing import Mode, Routing

__all__ = [
    "AnswerCount",
    "Call",
    "DroppedAnswer",
    "LadderState",
    "Mode",
    "Model",
    "Price",
    "Provider",
    "Routing",
]
