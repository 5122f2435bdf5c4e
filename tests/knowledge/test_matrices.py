"""What an index is made of: weights, matrices, and its bytes."""

import math

import numpy as np
import pytest

from apps.engine.text import normalise
from apps.knowledge import archive, assembly, postings
from apps.knowledge import vocabulary as vocabulary_module
from apps.knowledge.features import count, is_content, weight
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


def read_cells(matrix, features):
    return matrix.read(features)["row"].tolist(), matrix.read(features)["value"].tolist()


def test_reading_gives_the_cells_of_each_feature_in_turn():
    rows, columns = np.array([1, 0, 2, 1], np.int32), np.array([2, 0, 0, 0], np.int32)
    values = np.array([0.5, 1, 2, 3], np.float32)
    matrix = postings.Postings.gather(rows, columns, values, (3, 3))
    assert read_cells(matrix, [2, 1, 0]) == ([1, 0, 2, 1], [0.5, 1, 2, 3])
    assert read_cells(matrix, []) == ([], [])
    assert matrix.scores([0, 2], np.array([1, 2], np.float32)).tolist() == [1, 4, 2]


@pytest.mark.parametrize(
    ("limit", "kept"), [(6, [0, 1, 2]), (5, [1, 2]), (3, [1, 2]), (2, [2]), (0, [2])]
)
def test_reading_is_bounded_and_keeps_the_rarest_features(monkeypatch, limit, kept):
    """Three texts hold the first feature, two the second and one the third."""
    rows = np.array([0, 1, 2, 0, 1, 2], np.int32)
    columns = np.array([0, 0, 0, 1, 1, 2], np.int32)
    matrix = postings.Postings.gather(rows, columns, np.ones(6, np.float32), (3, 3))
    assert matrix.within_bounds([0, 1, 2]) == [0, 1, 2]
    monkeypatch.setattr(postings, "READ_AT_MOST", limit)
    assert sorted(matrix.within_bounds([0, 1, 2])) == kept
    assert matrix.scores([0, 2], np.ones(2, np.float32)).tolist() == [1, 1, 2]


def test_a_query_holds_the_features_that_the_index_counts():
    texts = [
        "how do I pay, pay and repay by card?",
        "可以用paying支付吗 支付",
        "wh-1000 wh1000 's it's",
    ]
    matrices = assembly.assemble([([normalise(text)], "") for text in texts[:2]])
    vocabulary = matrices.vocabulary
    for text in (*texts, *texts):
        counts = count(normalise(text))
        query = vocabulary.read(normalise(text))
        assert [vocabulary.names[column] for column in query.columns] == [
            name for name in counts if name in vocabulary.columns
        ]
        assert {vocabulary.names[column]: more for column, more in query.repeated.items()} == {
            name: math.log(often)
            for name, often in counts.items()
            if often > 1 and name in vocabulary.columns
        }
        assert query.content == sum(map(is_content, counts))
        assert query.length == pytest.approx(length_of(vocabulary, counts), rel=1e-6)


def length_of(vocabulary, counts):
    def part(name):
        if name in vocabulary.columns:
            return vocabulary.cosine[vocabulary.columns[name]] * (1 + math.log(counts[name]))
        return vocabulary.rarest[0] * weight(name)

    return math.hypot(*map(part, counts))


def test_a_vocabulary_forgets_words_rather_than_grow(monkeypatch):
    monkeypatch.setattr(vocabulary_module, "REMEMBERED", 2)
    known = assembly.assemble([(["refund my order"], "")]).vocabulary
    before = known.read("refund my order please now")
    assert len(known._words) <= 2
    assert known.read("refund my order please now") == before
