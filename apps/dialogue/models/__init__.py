"""What staff define: flows with their slots and versions, and the lists around them. What the bot
did with them: the runs of actions. And who runs turns."""

from apps.dialogue.models.drains import Drain
from apps.dialogue.models.flows import Flow, FlowVersion, Slot
from apps.dialogue.models.lists import BookState, Phrase, PolicyRow, Product, SitePolicy
from apps.dialogue.models.runs import ActionRun, Webhook, WebhookDelivery, WrongProof

__all__ = [
    "ActionRun",
    "BookState",
    "Drain",
    "Flow",
    "FlowVersion",
    "Phrase",
    "PolicyRow",
    "Product",
    "SitePolicy",
    "Slot",
    "Webhook",
    "WebhookDelivery",
    "WrongProof",
]
