"""Reads entries through LlamaIndex: what has not changed since it was last read is not embedded.

Importing this takes more than a second and a hundred megabytes: only jobs do, within functions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Exists, F, Func, OuterRef
from django.db.models.functions import Cast
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import (
    BaseNode,
    Document,
    NodeRelationship,
    TextNode,
    TransformComponent,
)
from llama_index.core.storage.docstore.keyval_docstore import KVDocumentStore
from llama_index.core.storage.kvstore.types import DEFAULT_COLLECTION, BaseKVStore
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    VectorStoreQuery,
    VectorStoreQueryResult,
)

from apps.knowledge.dense import cache
from apps.knowledge.embedding import Embedder, digest
from apps.knowledge.index import Entries, Entry
from apps.knowledge.models import EmbeddedEntry, Faq, FaqVariant

# An answer is read in pieces of about this many tokens, the first few of them.
PIECE_TOKENS = 160
PIECES_AT_MOST = 3
TEXTS_AT_ONCE = 64
HASH = "doc_hash"
# As JSON no text runs into the next.
MARK = "md5(jsonb_build_array(%(expressions)s)::text)"


def changed(*, site_id: int, embedder: Embedder) -> dict[int, str]:
    """The live entries that differ from what was read, each with the mark of what it says now. The
    database compares: to look at the texts of 120 000 here would take half a minute."""
    variants = FaqVariant.objects.filter(faq=OuterRef("pk")).order_by("pk").values("text")
    mark = Func(F("question"), F("answer"), ArraySubquery(variants), template=MARK)
    read = EmbeddedEntry.objects.of(site_id, embedder.name).filter(
        entry=Cast(OuterRef("pk"), CharField()), hash=OuterRef("mark")
    )
    live = Faq.objects.of(site_id).live().annotate(mark=Cast(mark, CharField()))
    return dict(live.exclude(Exists(read)).order_by("pk").values_list("pk", "mark"))


def read(*, site_id: int, embedder: Embedder, entries: Entries, marks: Mapping[int, str]) -> bool:
    """Stores what is new or has changed; whether anything was. `marks` as `changed` has told them:
    who changes an entry meanwhile makes for one reading too many. Raises EmbedderError; what was
    read before it stays, and so does the index that is in use."""
    pipeline = IngestionPipeline(
        transformations=[_Texts(), _Cached(embedder)],
        docstore=KVDocumentStore(_Hashes(site_id, embedder.name, [e.id for e, _ in entries])),
        vector_store=_Store(site_id=site_id, embedder=embedder.name),
        docstore_strategy=DocstoreStrategy.UPSERTS,
        # The cache of the pipeline is kept in memory, by node; ours is by text.
        disable_cache=True,
    )
    documents = [_document(entry, own, marks[int(entry.id)]) for entry, own in entries]
    return bool(pipeline.run(documents=documents, store_doc_text=False))


class _Marked(Document):
    """What the pipeline compares is the mark."""

    @property
    def hash(self) -> str:
        mark: str = self.metadata["mark"]
        return mark


def _document(entry: Entry, variants: Sequence[str], mark: str) -> _Marked:
    phrasings = [text for text in (entry.question, *variants) if text]
    return _Marked(id_=entry.id, text=entry.answer, metadata={"phrasings": phrasings, "mark": mark})


class _Texts(TransformComponent):
    """An entry as the texts that a question may be near: its phrasings, and pieces of its answer."""

    def __call__(self, nodes: Sequence[BaseNode], **_kwargs: Any) -> Sequence[BaseNode]:
        splitter = SentenceSplitter(chunk_size=PIECE_TOKENS, chunk_overlap=0)
        return [
            _node(document, text, is_phrasing=place < len(phrasings))
            for document in nodes
            for phrasings in [document.metadata["phrasings"]]
            for place, text in enumerate([*phrasings, *_pieces(splitter, document)])
        ]


def _pieces(splitter: SentenceSplitter, document: BaseNode) -> list[str]:
    pieces: list[str] = splitter.split_text(document.get_content())
    return pieces[:PIECES_AT_MOST]


def _node(document: BaseNode, text: str, *, is_phrasing: bool) -> TextNode:
    source = {NodeRelationship.SOURCE: document.as_related_node_info()}
    kept = {"phrasing": is_phrasing}
    node = TextNode(text=text, relationships=source, metadata=kept)
    # Only the text is embedded.
    node.excluded_embed_metadata_keys = list(kept)
    return node


class _Cached(BaseEmbedding):
    """Our embedder behind LlamaIndex's, past the cache."""

    def __init__(self, embedder: Embedder) -> None:
        super().__init__(model_name=embedder.name, embed_batch_size=TEXTS_AT_ONCE)
        self._embedder = embedder

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        found: list[list[float]] = cache.vectors(self._embedder, texts).tolist()
        return found

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        raise NotImplementedError("jobs are not asynchronous")


class _Store(BasePydanticVectorStore):
    """Which texts an entry has, in our table; their vectors stand in the cache."""

    stores_text: bool = False
    site_id: int
    embedder: str

    @property
    def client(self) -> None:
        return None

    def add(self, nodes: Sequence[BaseNode], **_kwargs: Any) -> list[str]:
        rows: dict[str, EmbeddedEntry] = {}
        for node in nodes:
            entry = str(node.ref_doc_id)
            made = EmbeddedEntry(site_id=self.site_id, embedder=self.embedder, entry=entry)
            row = rows.setdefault(entry, made)
            row.texts.append(digest(node.get_content()).hex())
            row.phrasings += node.metadata["phrasing"]
        EmbeddedEntry.objects.bulk_create(
            rows.values(),
            update_conflicts=True,
            unique_fields=["site", "embedder", "entry"],
            update_fields=["texts", "phrasings", "hash"],
        )
        return [node.node_id for node in nodes]

    def delete(self, ref_doc_id: str, **_kwargs: Any) -> None:
        rows = EmbeddedEntry.objects.of(self.site_id, self.embedder)
        rows.filter(entry=ref_doc_id).delete()

    def query(self, query: VectorStoreQuery, **_kwargs: Any) -> VectorStoreQueryResult:
        raise NotImplementedError("questions are answered by one matrix product")


class _Hashes(BaseKVStore):
    """What the pipeline keeps of documents: of all it knows we keep the hash, in our table."""

    def __init__(self, site_id: int, embedder: str, ids: Sequence[str]) -> None:
        self._rows = EmbeddedEntry.objects.of(site_id, embedder).filter(entry__in=ids)
        self._known = dict(self._rows.whole().values_list("entry", "hash"))

    def put(self, key: str, val: dict[str, Any], collection: str = DEFAULT_COLLECTION) -> None:
        if collection.endswith("/metadata") and self._known.get(key) != val[HASH]:
            self._known[key] = val[HASH]
            self._rows.filter(entry=key).update(hash=val[HASH])

    def put_all(
        self,
        kv_pairs: list[tuple[str, dict[str, Any]]],
        collection: str = DEFAULT_COLLECTION,
        batch_size: int = 1,
    ) -> None:
        for key, val in kv_pairs:
            self.put(key, val, collection)

    def get(self, key: str, collection: str = DEFAULT_COLLECTION) -> dict[str, Any] | None:
        if collection.endswith("/metadata") and key in self._known:
            return {HASH: self._known[key]}
        return None

    def get_all(self, collection: str = DEFAULT_COLLECTION) -> dict[str, dict[str, Any]]:
        if not collection.endswith("/metadata"):
            return {}
        return {key: {HASH: value} for key, value in self._known.items()}

    def delete(self, key: str, collection: str = DEFAULT_COLLECTION) -> bool:
        return self._known.pop(key, None) is not None

    async def aput(self, *_args: Any, **_kwargs: Any) -> None:
        raise NotImplementedError("jobs are not asynchronous")

    async def aget(self, *_args: Any, **_kwargs: Any) -> dict[str, Any] | None:
        raise NotImplementedError("jobs are not asynchronous")

    async def aget_all(self, *_args: Any, **_kwargs: Any) -> dict[str, dict[str, Any]]:
        raise NotImplementedError("jobs are not asynchronous")

    async def adelete(self, *_args: Any, **_kwargs: Any) -> bool:
        raise NotImplementedError("jobs are not asynchronous")
