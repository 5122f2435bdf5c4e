"""Why sessions change their state, in words, by what transitions hold."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CAUSES: dict[str, str | Promise] = {
    "asked": _("Visitor asked for a person"),
    "high_risk": _("High risk and not sure enough"),
    "contact": _("Visitor left a message"),
    "ticket_done": _("Ticket done"),
    "farewell": _("Visitor said goodbye"),
    "visitor_returned": _("Visitor came back"),
    "withdrawn": _("Visitor went back to the assistant"),
    "resumed": _("Visitor went back to the assistant; the request stays"),
    "low_confidence": _("Not sure enough"),
    "no_knowledge": _("No answer found"),
    "slot_failed": _("A detail could not be had"),
    "action_failed": _("An action failed, or its end is not clear"),
    "loop": _("The conversation went in circles"),
    "policy": _("A row of the policy"),
    "missing": _("A detail is missing"),
    "complete": _("Everything is there"),
    "offered": _("The next flow was offered"),
    "abandoned": _("The flow was not taken up again"),
    "cancelled": _("Visitor stopped it"),
    "done": _("It was done"),
    "refused": _("The shop refused it"),
    "failed": _("The action failed"),
    "flow_gone": _("The flow is over"),
    "unanswered": _("No answer came in time"),
    "operator_joined": _("An operator took the chat"),
    "transferred": _("Passed on to a colleague"),
    "requeued": _("Back in the queue"),
    "nobody_there": _("Nobody came; a message was asked for"),
    "returned": _("Returned to the assistant"),
    "reopened": _("Ticket reopened"),
    "undone": _("Closing undone"),
}
