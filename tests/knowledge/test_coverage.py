"""What of a question an entry's phrasings name, and which near questions that brings forward."""

import pytest

from apps.engine.decide import Answer, Offer, decide
from apps.engine.events import Search
from apps.engine.text import normalise
from apps.knowledge.answering import POLICY, passages
from apps.knowledge.assembly import assemble
from apps.knowledge.confidence import ANSWER_AT, COVERED_AT
from apps.knowledge.coverage import AT_MOST, Covering
from apps.knowledge.index import Entry, SiteIndex
from apps.knowledge.lexical import Document, LexicalIndex

TEXTS = {
    "send": ("How do I send a parcel back?", "start a return"),
    "refund": ("When will my refund arrive?", "money on my card"),
    "guarantee": ("How long is the warranty?", "guarantee period"),
    "change": ("Can I change the address?", "edit the street"),
    "退货": ("多少天内可以退货？", "不满意能退吗"),
    "退款": ("退款多久到账？", "钱什么时候回来"),
    "保修": ("保修多长时间？", "质保几年"),
}


@pytest.fixture(scope="module")
def covering():
    return Covering(assemble([(list(map(normalise, texts)), "") for texts in TEXTS.values()]))


def shares(covering, text):
    return dict(zip(TEXTS, covering.shares(normalise(text)).tolist(), strict=True))


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("return", "send"),
        ("can I return my ... please?", "send"),
        ("what is the warranty", "guarantee"),
        ("returning parcels", "send"),
        ("怎么退货啊", "退货"),
        ("退款的", "退款"),
        ("有没有保修呢", "保修"),
    ],
)
def test_all_that_is_named_stands_in_the_entry(covering, text, entry):
    assert shares(covering, text)[entry] == pytest.approx(1)


def test_words_of_one_entry_may_stand_in_several_phrasings(covering):
    assert shares(covering, "return parcel")["send"] == pytest.approx(1)


def test_a_share_is_weighed_by_rarity(covering):
    found = shares(covering, "refund elephant")
    assert 0 < found["refund"] < 0.5
    assert not any(found[other] for other in ("send", "guarantee", "退款"))


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("waranty", "guarantee"),
        ("warrranty", "guarantee"),
        ("warrenty", "guarantee"),
        ("chnage adress", "change"),
        ("refnud", "refund"),
    ],
)
def test_a_slip_in_each_word_is_forgiven(covering, text, entry):
    found = shares(covering, text)
    assert COVERED_AT < found[entry] < 1
    assert max(found, key=found.__getitem__) == entry


@pytest.mark.parametrize("text", ["harranty", "wntyr", "crd", "hone", "xx"])
def test_what_is_further_away_is_another_word(covering, text):
    assert not any(shares(covering, text).values())


def test_a_character_of_another_word_counts_half(covering):
    found = shares(covering, "退票")
    assert 0 < found["退货"] < 0.5


def test_a_text_that_names_nothing_is_covered_by_nothing(covering):
    for text in ("how can I do that", "怎么弄", "", "？", "what about it then", "可以吗"):
        assert not any(shares(covering, text).values())


@pytest.mark.parametrize(
    "text", ["refund " * (AT_MOST + 1), "退货" * AT_MOST, "wh-1000 " * AT_MOST]
)
def test_a_long_text_is_not_measured(covering, text):
    assert covering.shares(normalise(text)) is None


def test_a_word_is_looked_for_once(covering, monkeypatch):
    shares(covering, "guarrantee")
    monkeypatch.setattr(covering._slips, "near", lambda word: pytest.fail("looked for again"))
    assert shares(covering, "guarrantee")["guarantee"] > COVERED_AT


@pytest.fixture(scope="module")
def index():
    return LexicalIndex.build(
        [Document(name, texts[0], texts[1:], None) for name, texts in TEXTS.items()]
    )


def test_a_search_for_near_ones_adds_what_covers_the_text(index):
    (alone,) = index.search("return refund card warranty", limit=1)
    assert alone.coverage is None
    best, *more = index.search("return refund card warranty", limit=1, near=2)
    assert best[:3] == alone[:3]
    assert all(hit.coverage >= COVERED_AT for hit in more)
    assert best.id not in {hit.id for hit in more}
    assert [hit.confidence for hit in more] == sorted(
        (min(hit.confidence, best.confidence) for hit in more), reverse=True
    )


def test_a_sure_search_is_not_measured(index):
    hits = index.search("when will my refund arrive", near=2)
    assert hits[0].confidence >= ANSWER_AT
    assert {hit.coverage for hit in hits} == {None}


def test_near_ones_are_as_many_as_asked_for():
    names = "abcdef"
    index = LexicalIndex.build(
        [Document(name, f"the parcel {name * 3}", (), None) for name in names]
    )
    assert len(index.search("parcel", limit=1, near=3)) == 4
    assert len({hit.id for hit in index.search("parcel", limit=2, near=9)}) == len(names)


def shown(text, **risky):
    """What a site with TEXTS answers or offers for a question."""
    entries = [
        Entry(name, "en", texts[0], "", "", risky.get(name, False), None, None)
        for name, texts in TEXTS.items()
    ]
    lexical = LexicalIndex.build(
        [Document(name, texts[0], texts[1:], None) for name, texts in TEXTS.items()]
    )
    site = SiteIndex(1, entries, {"en": lexical})
    match decide(passages(site, "en", Search(text, "en")), POLICY):
        case Answer(passage):
            return [passage.id]
        case Offer(near):
            return [one.id for one in near]
    return []


@pytest.mark.parametrize(
    ("text", "entry"),
    [("return", "send"), ("waranty", "guarantee"), ("chnage adress", "change"), ("退货的", "退货")],
)
def test_a_keyword_brings_its_question(text, entry):
    assert entry in shown(text)


def test_a_question_that_shares_nothing_is_not_offered_beside_one_that_does(index):
    text = "what about the elephant of my refund"
    found = {hit.id: hit.coverage for hit in index.search(text, near=3)}
    assert (found["guarantee"], found["refund"] > 0) == (0, True)
    assert "refund" in shown(text)
    assert "guarantee" not in shown(text)


def test_what_covers_the_question_but_is_of_high_risk_is_not_offered():
    assert shown("chnage adress") == ["change"]
    assert shown("chnage adress", change=True) == []
