"""What an entry says at one moment, as a value that versions, proposals and reviews compare."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any, Self

from apps.knowledge.models import Category, Faq, FaqVariant

# Characters that a text may have.
LENGTHS = {
    "question": Faq._meta.get_field("question").max_length or 0,
    "answer": Faq._meta.get_field("answer").max_length or 0,
    "phrasings": FaqVariant._meta.get_field("text").max_length or 0,
    "source_url": Faq._meta.get_field("source_url").max_length or 0,
}
PHRASINGS_AT_MOST = 200
# What answering reads: a change to anything else needs no new index.
SEARCHED = frozenset(
    {
        "question", "answer", "phrasings", "source_url", "status", "high_risk", "valid_from",
        "valid_until", "language", "site",
    }
)  # fmt: skip
TEXT = frozenset({"question", "answer"})
# A restored version brings back what was written, not who owns it or whether it is public.
RESTORED = frozenset(
    {
        "question", "answer", "phrasings", "source_url", "category", "high_risk", "valid_from",
        "valid_until", "translation_of",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Content:
    """Rows are named by their keys, moments are ISO 8601 texts: the value goes through JSON."""

    question: str = ""
    answer: str = ""
    phrasings: tuple[str, ...] = ()
    source_url: str = ""
    status: str = Faq.Status.DRAFT
    high_risk: bool = False
    valid_from: str | None = None
    valid_until: str | None = None
    category: int | None = None
    translation_of: int | None = None
    language: str = ""
    site: int = 0
    owner: int | None = None

    @classmethod
    def of(cls, faq: Faq, phrasings: Iterable[str]) -> Self:
        return cls(
            question=faq.question,
            answer=faq.answer,
            phrasings=tuple(phrasings),
            source_url=faq.source_url,
            status=faq.status,
            high_risk=faq.high_risk,
            valid_from=_moment(faq.valid_from),
            valid_until=_moment(faq.valid_until),
            category=faq.category_id,
            translation_of=faq.translation_of_id,
            language=faq.language,
            site=faq.site_id,
            owner=faq.owner_id,
        )

    @classmethod
    def stored(cls, faq: Faq) -> Self:
        """Of an entry as it is, with its phrasings; prefetch `variants` for many."""
        return cls.of(faq, phrasings_of(faq))

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """What `as_json` gave, by this release or an earlier one."""
        known = {field.name for field in fields(cls)} & set(value)
        found = cls(**{name: value[name] for name in known})
        return replace(found, phrasings=tuple(found.phrasings))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def changed_from(self, before: "Content") -> list[str]:
        """The fields that differ. The order of phrasings means nothing."""
        return [
            field.name
            for field in fields(self)
            if _plain(getattr(self, field.name)) != _plain(getattr(before, field.name))
        ]

    def over(self, current: "Content", base: "Content") -> "Content":
        """`current` with what this one moved away from `base`; phrasings one by one."""
        moved = set(self.changed_from(base)) - {"phrasings"}
        merged = replace(current, **{name: getattr(self, name) for name in moved})
        gone = set(base.phrasings) - set(self.phrasings)
        kept = [text for text in current.phrasings if text not in gone]
        added = [text for text in self.phrasings if text not in base.phrasings]
        return replace(merged, phrasings=tuple(dict.fromkeys([*kept, *added])))

    def write_to(self, faq: Faq, names: Iterable[str]) -> Faq:
        """Sets these fields of the entry but `phrasings`, which are rows of their own. Rows that
        are gone meanwhile are left out."""
        for name in names:
            value = getattr(self, name)
            if name == "category":
                faq.category = Category.objects.filter(pk=value, site=faq.site_id).first()
            elif name == "translation_of":
                faq.translation_of = Faq.objects.filter(pk=value, site=faq.site_id).first()
            elif name in ("valid_from", "valid_until"):
                setattr(faq, name, datetime.fromisoformat(value) if value else None)
            elif name in ("site", "owner"):
                setattr(faq, f"{name}_id", value)
            elif name != "phrasings":
                setattr(faq, name, value)
        return faq


def as_phrasing(text: str) -> str:
    """What a visitor wrote, in one line and no longer than a phrasing may be."""
    return " ".join(text.split())[: LENGTHS["phrasings"]]


def phrasings_of(faq: Faq) -> tuple[str, ...]:
    rows = sorted(faq.variants.all(), key=lambda variant: variant.pk) if faq.pk else ()
    return tuple(variant.text for variant in rows)


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _plain(value: Any) -> Any:
    return frozenset(value) if isinstance(value, tuple) else value
