"""What the team's pages say of flows and their details."""

from apps.dialogue.models import Flow, Slot
from apps.handoff.admin.skills import Flows


def flow_names() -> dict[str, str]:
    """By key: sites may have flows of one key, which then are one skill."""
    return {flow.key: str(flow) for flow in Flow.objects.order_by("-site", "-position")}


def slot_names() -> dict[str, str]:
    return {slot.name: str(slot) for slot in Slot.objects.order_by("name", "-pk")}


Flows.names = staticmethod(flow_names)
Flows.slots = staticmethod(slot_names)
