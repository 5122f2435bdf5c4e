"""Where staff say which models there are, what each site allows, and read what was asked and paid."""

from apps.llm.admin import providers, model_pages, routing, ledger  # isort: skip - the sidebar's order

__all__ = ["ledger", "model_pages", "providers", "routing"]
