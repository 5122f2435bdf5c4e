"""Where staff keep the knowledge: entries, categories, and the questions nothing answered."""

from apps.knowledge.admin import categories, entries, questions

__all__ = ["categories", "entries", "questions"]
