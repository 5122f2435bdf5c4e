"""Where staff keep the knowledge: entries, categories, and the questions nothing answered."""

from apps.knowledge.admin import categories, entries, imports, questions

__all__ = ["categories", "entries", "imports", "questions"]
