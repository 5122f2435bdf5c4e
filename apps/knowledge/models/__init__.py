"""What the shop knows: entries with their phrasings, their versions, the index made from them,
and the questions that none of them answered."""

from apps.knowledge.models.dense import (
    DenseIndex,
    EmbeddedEntry,
    Embedding,
    EmbeddingCount,
    VectorTable,
)
from apps.knowledge.models.entries import Category, Faq, FaqUse, FaqVariant, UsesCounted
from apps.knowledge.models.imports import FaqImport, FaqImportPart, FaqImportRow
from apps.knowledge.models.questions import QuestionGroup, UnansweredQuestion
from apps.knowledge.models.search import IndexState
from apps.knowledge.models.versions import FaqVersion, Proposal

__all__ = [
    "Category",
    "DenseIndex",
    "EmbeddedEntry",
    "Embedding",
    "EmbeddingCount",
    "Faq",
    "FaqImport",
    "FaqImportPart",
    "FaqImportRow",
    "FaqUse",
    "FaqVariant",
    "FaqVersion",
    "IndexState",
    "Proposal",
    "QuestionGroup",
    "UnansweredQuestion",
    "UsesCounted",
    "VectorTable",
]
