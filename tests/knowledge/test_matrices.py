"""What an index is made of: weights, matrices, and its bytes."""

import numpy as np
import pytest

from apps.knowledge import archive, assembly, postings
from apps.knowledge.features import weight
from apps.knowledge.lexical import Document, Hit, LexicalIndex
from apps.knowledge.scoring import Scorer


@pytest.fixture(scope="module")
def shop():
    return LexicalIndex.build(
        [
            Document("refund", "How do I get a refund?", ("I want my money back",), "In 5 days."),
            Document("invoice", "发票怎么开？", ("我要电子发票",), "在订单详情页申请。"),
            Document("warranty", None, (), "保修期为两年，人为损坏不在保修范围内。"),
        ]
    )


def first(index: LexicalIndex, text: str) -> Hit:
    return index.search(text)[0]


def test_an_index_of_only_unreadable_entries_survives_storage():
    index = LexicalIndex.build(
        [Document("mute", "🙂", (), None), Document("blank", None, (), None)]
    )
    again = LexicalIndex.from_bytes(index.to_bytes())
    assert archive.unpack(index.to_bytes())[2].vocabulary.names == []
    assert first(again, "🙂").id == "mute"
    assert again.search("refund") == []


def test_an_index_survives_storage(shop):
    again = LexicalIndex.from_bytes(shop.to_bytes())
    assert len(again) == len(shop)
    for text in ("refund how long", "电子发票", "How do I get a refund?", "保修"):
        assert again.search(text) == shop.search(text)


@pytest.mark.parametrize("data", [b"", b"nothing", b"PK\x03\x04" + b"\0" * 40])
def test_foreign_bytes_are_refused(data):
    with pytest.raises(ValueError, match="lexical index"):
        LexicalIndex.from_bytes(data)


def test_an_archive_of_another_version_is_refused(shop, monkeypatch):
    data = shop.to_bytes()
    monkeypatch.setattr(archive, "VERSION", archive.VERSION + 1)
    with pytest.raises(ValueError, match="lexical index"):
        LexicalIndex.from_bytes(data)


def test_a_torn_archive_is_refused(shop):
    with pytest.raises(ValueError, match="lexical index"):
        LexicalIndex.from_bytes(shop.to_bytes()[:-500])


def test_function_words_weigh_less():
    assert weight("the") < weight("refund")
    assert weight("how do") < weight("order status")
    assert weight("你") < weight("货")


def test_an_entry_is_searched_in_all_its_texts():
    matrices = assembly.assemble([(["apple"], "pear"), (["plum"], "fig")])
    scorer = Scorer(matrices)
    for word in ("apple", "pear"):
        whole = scorer.scores(matrices.vocabulary.read(word)).whole
        assert whole[0] > 0.2
        assert whole[1] == 0


def test_an_answer_stands_in_for_missing_phrasings():
    matrices = assembly.assemble([(["apple"], "pear"), ([], "fig")])
    assert matrices.told.tolist() == [False, True]
    assert Scorer(matrices).scores(matrices.vocabulary.read("fig")).nearest[1] > 0.9


def test_reading_is_bounded_and_keeps_the_rarest_features(monkeypatch):
    rows = np.array([0, 1, 2, 3, 2], np.int32)
    columns = np.array([0, 0, 0, 0, 1], np.int32)
    matrix = postings.Postings.gather(rows, columns, np.ones(5, np.float32), (4, 2))
    both = np.array([0, 1], np.int32)
    assert matrix.scores(both, np.ones(2, np.float32)).tolist() == [1, 1, 2, 1]
    assert matrix.read(both)[1].tolist() == [4, 1]
    for limit in (2, 0):
        monkeypatch.setattr(postings, "READ_AT_MOST", limit)
        at, lengths = matrix.read(both)
        assert lengths.tolist() == [0, 1]
        assert matrix.rows[at].tolist() == [2]
        assert matrix.read(both, exact=True)[1].tolist() == [4, 1]
