"""How templates say what the ledger keeps in codes."""

from django import template

from apps.llm.models.calls import WHY

register = template.Library()


@register.filter
def in_words(why: str) -> str:
    """Why an answer was not taken."""
    return str(WHY.get(why, why))


@register.filter
def share(chance: float) -> str:
    return f"{chance:.0%}"
