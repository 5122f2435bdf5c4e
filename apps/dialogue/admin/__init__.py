"""Where staff define what the bot does: flows, the lists around them, and the policy."""

from apps.dialogue.admin import flows, phrases, policies, products, runs, sessions, team, webhooks

__all__ = ["flows", "phrases", "policies", "products", "runs", "sessions", "team", "webhooks"]
