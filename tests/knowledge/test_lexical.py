"""The lexical index over a small bilingual shop of our own."""

import random

import pytest

from apps.knowledge import assembly
from apps.knowledge.confidence import ANSWER_AT, EXACT, OFFER_AT
from apps.knowledge.lexical import Document, Hit, LexicalIndex

SHOP = [
    Document(
        "arrival",
        "How long does delivery take?",
        ("When will my parcel arrive?", "shipping time"),
        "Parcels inside the country take 2 to 4 working days, abroad 7 to 10.",
    ),
    Document(
        "refund",
        "How do I get a refund?",
        ("I want my money back", "refund an order"),
        "Send the item back within 30 days; the money returns to your card in 5 days.",
    ),
    Document(
        "invoice",
        "发票怎么开？",
        ("可以开发票吗", "我要电子发票"),
        "在订单详情页点击“申请发票”，电子发票会发送到您的邮箱。",
    ),
    Document(
        "sending",
        "多久能到货？",
        ("快递几天到", "什么时候发货"),
        "现货订单48小时内发货，一般三到五天送达。",
    ),
    Document(
        "pairing",
        "How do I pair the WH-1000 headphones?",
        ("bluetooth connection",),
        "Hold the power button for 7 seconds until the light blinks blue.",
    ),
    Document("warranty", None, (), "保修期为两年，人为损坏不在保修范围内。"),
]


@pytest.fixture(scope="module")
def shop():
    return LexicalIndex.build(SHOP)


def first(index: LexicalIndex, text: str) -> Hit:
    return index.search(text)[0]


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("refund how long do i have", "refund"),
        ("shipping time abroad", "arrival"),
        ("几天到货", "sending"),
        ("開電子發票", "invoice"),
        ("wh1000 pairing", "pairing"),
        ("how do i get a refnud", "refund"),
        ("bluetooth 连不上", "pairing"),
        ("人为损坏保修吗", "warranty"),
        ("which button blinks", "pairing"),
    ],
)
def test_a_question_finds_its_entry(shop, text, entry):
    assert first(shop, text).id == entry


@pytest.mark.parametrize(
    "text",
    ["HOW DO I GET A REFUND", "how do i get a refund?!", "  How do I\u200b get a refund ? "],
)
def test_a_stored_phrasing_wins_with_confidence_near_1(shop, text):
    hit = first(shop, text)
    assert hit.id == "refund"
    assert hit.confidence == EXACT


def test_punctuation_alone_is_no_stored_phrasing():
    index = LexicalIndex.build(
        [Document("mute", "?", (), None), Document("other", "Refund", (), None)]
    )
    assert first(index, "?").id == "mute"
    assert index.search("!") == []


def test_a_stored_phrasing_wins_over_an_entry_that_says_it_more_often():
    index = LexicalIndex.build(
        [
            Document("long", None, ("order it", "order them", "order that"), "order " * 9),
            Document("short", "Books about a knightly order and its history", ("Order",), None),
        ]
    )
    assert first(index, "order").id == "short"


def test_two_entries_with_one_phrasing_share_the_confidence():
    index = LexicalIndex.build([Document(name, "Opening hours", (), None) for name in "ab"])
    hits = index.search("opening hours")
    assert {hit.id for hit in hits} == {"a", "b"}
    assert all(hit.confidence < ANSWER_AT for hit in hits)


@pytest.mark.parametrize(
    "text",
    [
        "hi",
        "hello there",
        "你好",
        "谢谢",
        "好的",
        "how do I",
        "？",
        "👍",
        "",
        " ",
        "的",
        "a",
        "qzx",
    ],
)
def test_small_talk_and_noise_are_refused(shop, text):
    assert all(hit.confidence < OFFER_AT for hit in shop.search(text))


@pytest.mark.parametrize("text", ["do you sell cats", "今晚的球赛谁赢了", "tell me a joke"])
def test_questions_about_something_else_are_refused(shop, text):
    assert all(hit.confidence < ANSWER_AT for hit in shop.search(text))


@pytest.mark.parametrize("text", ["when will my parcel get here", "可以给我开发票吗", "money back"])
def test_clear_questions_are_answered(shop, text):
    assert first(shop, text).confidence >= ANSWER_AT


def test_confidence_is_a_probability_that_never_rises_down_the_list(shop):
    rng = random.Random(5)
    words = [
        "refund",
        "delivery",
        "发票",
        "到货",
        "the",
        "how",
        "button",
        "money",
        "保修",
        "🙂",
        "wh-1000",
        "7",
        "zzz",
    ]
    for _ in range(200):
        hits = shop.search(" ".join(rng.choices(words, k=rng.randint(1, 8))))
        sure = [hit.confidence for hit in hits]
        assert all(0 <= one <= 1 for one in sure)
        assert sure == sorted(sure, reverse=True)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_what_shares_nothing_with_a_question_is_not_found(shop):
    assert [hit.id for hit in shop.search("人为损坏", limit=len(SHOP))] == ["warranty"]


def test_limit_bounds_the_hits(shop):
    assert len(shop.search("how do i get money, a parcel and headphones", limit=2)) == 2
    assert shop.search("refund", limit=0) == []
    assert shop.search("refund", limit=-1) == []


def test_an_empty_index_finds_nothing():
    index = LexicalIndex.build([])
    assert len(index) == 0
    assert index.search("refund") == []
    assert LexicalIndex.from_bytes(index.to_bytes()).search("refund") == []


@pytest.mark.parametrize(
    "document",
    [
        Document("only", "退货运费谁出", (), None),
        Document("only", None, ("退货运费谁出",), None),
        Document("only", None, (), "退货运费由卖家承担。"),
    ],
)
def test_one_entry_of_any_shape_is_found(document):
    assert first(LexicalIndex.build([document]), "退货的运费").id == "only"


def test_entries_without_any_text_do_no_harm():
    index = LexicalIndex.build(
        [Document("blank", None, (), None), Document("mute", "?", (), ""), *SHOP]
    )
    assert first(index, "i want my money back").id == "refund"
    assert first(index, "?").id == "mute"


def test_two_documents_with_one_id_are_refused():
    with pytest.raises(ValueError, match="same id"):
        LexicalIndex.build([SHOP[0], SHOP[0]])


@pytest.mark.parametrize(
    ("text", "entries"),
    [("refund " * 570, ["refund"]), ("发票" * 2000, ["invoice"]), ("x" * 4000, [])],
)
def test_the_longest_message_is_searched(shop, text, entries):
    assert [hit.id for hit in shop.search(text, limit=1)] == entries


def test_the_middle_of_a_very_long_message_is_not_read(shop):
    start, end = "my parcel is late " * 17, " where is the parcel" * 16
    assert shop.search(start + "发票 " * 900 + end) == shop.search(start + "x" * 2000 + end)


def test_a_question_at_the_end_of_a_long_story_is_found(shop):
    story = "I was walking along the river with Anna and it was a sunny morning. " * 40
    assert first(shop, story + "Now the bluetooth headphones do not connect.").id == "pairing"


def test_the_same_build_gives_the_same_hits(shop):
    other = LexicalIndex.build(SHOP)
    assert other.search("refund my parcel") == shop.search("refund my parcel")


def test_the_classifier_weighs_what_all_phrasings_of_an_entry_say(monkeypatch):
    """The nearest phrasing is of "change", but "cancel" stands in each phrasing of the other."""
    documents = [
        Document(
            "cancel",
            None,
            (
                "cancel the hotel room for next friday",
                "i need to cancel flights to rome",
                "cancel four concert tickets",
            ),
            None,
        ),
        Document(
            "change", None, ("move the booking to another date", "booking for another day"), None
        ),
        Document("pay", None, ("pay the booking by card", "card was refused"), None),
    ]
    assert first(LexicalIndex.build(documents), "cancel booking date").id == "cancel"
    monkeypatch.setattr(assembly, "TRAIN_AT_MOST", 0)
    assert first(LexicalIndex.build(documents), "cancel booking date").id == "change"


def test_a_typo_alone_finds_the_word(shop):
    assert first(shop, "delivary").id == "arrival"


def test_entries_with_only_an_answer_have_their_own_scale():
    texts = ["退货运费由谁承担", "商品保修两年", "发票寄到邮箱"]
    asked = LexicalIndex.build([Document(text, text, (), None) for text in texts])
    told = LexicalIndex.build([Document(text, None, (), text) for text in texts])
    query = "运费谁出"
    assert first(asked, query).score == first(told, query).score
    assert first(asked, query).confidence != first(told, query).confidence


@pytest.mark.parametrize("limit", ["TRAIN_AT_MOST", "COMPARE_AT_MOST"])
def test_a_shop_too_large_to_train_still_answers(monkeypatch, limit):
    matrices = assembly.assemble([(["refund"], ""), (["parcel"], "")])
    assert len(matrices.dual) == 2
    monkeypatch.setattr(assembly, limit, 1)
    assert len(assembly.assemble([(["refund"], ""), (["parcel"], "")]).dual) == 0
    index = LexicalIndex.build(SHOP)
    assert first(index, "how do i get a refnud").id == "refund"
    assert first(index, "when will my parcel get here").confidence > OFFER_AT
