"""What a stretch of turns used of one entry."""

from dataclasses import dataclass
from datetime import datetime

from apps.knowledge.models import FaqUse


@dataclass(slots=True)
class Use:
    """Times an entry answered, the last of them, and what visitors thought of earlier answers."""

    entry: int
    answered: int = 0
    helpful: int = 0
    unhelpful: int = 0
    used_at: datetime | None = None

    def add_to(self, row: FaqUse) -> None:
        row.answered += self.answered
        row.helpful += self.helpful
        row.unhelpful += self.unhelpful
        if self.used_at and (row.used_at is None or row.used_at < self.used_at):
            row.used_at = self.used_at
