"""The first entries of a shop: an answer needs evidence, not only the lack of a rival."""

import pytest

from apps.engine.decide import Answer, Offer, decide
from apps.engine.events import Search
from apps.engine.text import FUNCTION_WORDS, normalise
from apps.knowledge.answering import POLICY, passages
from apps.knowledge.assembly import assemble
from apps.knowledge.background import BACKGROUND, EVERYDAY
from apps.knowledge.confidence import ANSWER_AT, alone
from apps.knowledge.index import Entry, SiteIndex
from apps.knowledge.lexical import Document, LexicalIndex

SHOPS = {
    "one": ("en", {"ship": ("Do you ship to France?", "Yes, we ship to all of the EU.")}),
    "three": (
        "en",
        {
            "ship": ("Do you ship to France?", "Yes, we ship to all of the EU."),
            "decaf": ("Do you sell decaf coffee?", "Yes, two kinds of it."),
            "return": ("How do I return something?", "Send it back within 30 days."),
        },
    ),
    "一条": ("zh-Hans", {"送": ("你们送法国吗？", "送，欧盟各国都可以。")}),
    "三条": (
        "zh-Hans",
        {
            "送": ("你们送法国吗？", "送，欧盟各国都可以。"),
            "咖啡": ("有低因咖啡吗？", "有两种。"),
            "营业": ("几点开门？", "早上九点到晚上六点。"),
        },
    ),
}
ELSEWHERE = {
    "en": [
        "what is the weather today",
        "I have a question about my order",
        "do you have a job for me",
        "how do you do",
        "what do you think",
        "can you help me?",
        "to be or not to be",
        "how are you",
        "who are you",
        "ok thanks",
    ],
    "zh-Hans": [
        "你们老板是谁",
        "可以退货吗",
        "今天天气怎么样",
        "你们有茶吗",
        "我有个问题",
        "你们是谁",
        "能帮我吗",
        "是的",
    ],
}
ASKED = {
    "one": {
        "can you ship to france": "ship",
        "shipping to France please": "ship",
        "do u ship to france": "ship",
        "to france": "ship",
    },
    "three": {
        "is there decaf coffee": "decaf",
        "any decaf?": "decaf",
        "ship to france?": "ship",
        "return something please": "return",
        "how can i return it": "return",
    },
    "一条": {"能送到法国吗": "送", "法国送不送": "送", "送法国的吗": "送"},
    "三条": {"能送法国吗": "送", "有没有低因咖啡": "咖啡", "早上几点开门": "营业"},
}


@pytest.fixture(scope="module")
def sites():
    return {name: site(language, entries) for name, (language, entries) in SHOPS.items()}


def site(language, entries):
    lexical = LexicalIndex.build(
        [Document(key, question, (), answer) for key, (question, answer) in entries.items()]
    )
    held = [
        Entry(key, language, question, answer, "", False, None, None)
        for key, (question, answer) in entries.items()
    ]
    return SiteIndex(1, held, {language: lexical})


def decided(sites, name, text):
    language = SHOPS[name][0]
    return decide(passages(sites[name], language, Search(text, language)), POLICY)


@pytest.mark.parametrize(
    ("name", "text"),
    [(name, text) for name, (language, _) in SHOPS.items() for text in ELSEWHERE[language]],
)
def test_what_shares_only_function_words_is_not_even_offered_anything(sites, name, text):
    assert not isinstance(decided(sites, name, text), (Answer, Offer))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (name, text)
        for name in ("one", "three")
        for text in ("do you sell mugs?", "do you sell tea?")
    ],
)
def test_one_everyday_word_in_common_is_no_answer(sites, name, text):
    assert not isinstance(decided(sites, name, text), Answer)


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [(name, text, key) for name, asked in ASKED.items() for text, key in asked.items()],
)
def test_what_names_what_an_entry_names_is_answered(sites, name, text, key):
    found = decided(sites, name, text)
    assert isinstance(found, Answer)
    assert found.passage.id == key


def test_a_lack_of_rivals_makes_no_entry_likelier():
    """The same words in common: alone the entry is no surer than among others."""
    among = {f"other {n}": (f"What about thing{n} and matter{n}?", "So.") for n in range(30)}
    entries = {"ship": ("Do you ship to France?", "Yes.")}
    lone, many = site("en", entries), site("en", entries | among)
    for text in ("do you sell mugs?", "do you like it", "do you deliver to Spain"):
        sure = [found.confidence for shop in (lone, many) for found in first(shop, text)]
        assert sure[0] <= max(sure[1:], default=0) + 0.1


def first(shop, text):
    return shop.search(text, ["en"], enough=ANSWER_AT, limit=1)


def test_in_a_small_index_a_word_is_as_common_as_it_is_anywhere():
    vocabulary = assemble([([normalise("do you ship to france")], "")]).vocabulary
    columns = vocabulary.columns
    assert vocabulary.bm25[columns["do"]] < vocabulary.bm25[columns["franc"]] / 4
    assert vocabulary.bm25[columns["franc"]] < vocabulary.rarest[1]


def test_an_everyday_word_is_rarer_than_a_function_word_and_commoner_than_another():
    rarity = {
        word: assemble([([word], "")]).vocabulary.cosine.item(0) for word in ("sell", "decaf")
    }
    assert rarity["sell"] < rarity["decaf"]


def test_a_large_index_stands_on_its_own_words():
    entries = [([f"do word{n}"], "") for n in range(BACKGROUND)]
    vocabulary = assemble(entries).vocabulary
    # BM25's rarity of a word that all entries hold, times a function word's weight.
    assert vocabulary.bm25.item(vocabulary.columns["do"]) < 0.01
    assert alone(BACKGROUND) == alone(BACKGROUND * 9) == 0
    assert alone(1) > alone(2) > alone(20) > 0


def test_everyday_words_are_no_function_words():
    assert not EVERYDAY & FUNCTION_WORDS
