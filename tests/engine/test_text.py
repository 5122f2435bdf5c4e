"""One spelling, one language guess, and the terms of a text."""

import unicodedata

import pytest

from apps.engine.text import (
    FUNCTION_WORDS,
    WONDERING,
    detect_language,
    grams,
    normalise,
    stem,
    terms,
)

ODD = [
    "",
    "  ",
    "Ｗｈｅｒｅ is\tmy\r\nPARCEL？",
    "e\u200b\u0301te\u0301",
    "\ufb01ne \u00df \u0130stanbul \u01c5",
    "退貨\u200d要\ufe0f多久\u3000？",
    "\u2028line\u0085end\x00\x1f",
    "½ ① ㎏ ﷺ",
    "👩\u200d👧 👍🏽",
    "\ud800",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Where   IS it \n", "where is it"),
        ("ＷＨ－１０００　多少錢？", "wh-1000 多少钱?"),
        ("退\u200b貨\ufeff", "退货"),
        ("don\u2019t", "don't"),
        ("a\x00b\x1b", "ab"),
        ("one\ntwo\u3000three", "one two three"),
        ("stra\u00dfe", "strasse"),
        ("\uf9b4", "领"),
        ("❤\ufe0f", "❤"),
    ],
)
def test_normalise_gives_one_spelling(text, expected):
    assert normalise(text) == expected


@pytest.mark.parametrize("text", ODD)
def test_normalising_twice_changes_nothing(text):
    assert normalise(normalise(text)) == normalise(text)


def test_every_character_alone_normalises_to_a_stable_text():
    unstable = [
        code for code in range(0x30000) if normalise(normalise(chr(code))) != normalise(chr(code))
    ]
    assert unstable == []


def test_nothing_invisible_is_left():
    everything = "".join(map(chr, range(0x11000)))
    left = {unicodedata.category(char) for char in normalise(everything)}
    assert not left & {"Cc", "Cf"}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How long does it take?", "en"),
        ("多久能到？", "zh-Hans"),
        ("iPhone 15 Pro 怎么退货", "zh-Hans"),
        ("what does 发票 mean on my order", "en"),
        ("ＲＥＦＵＮＤ", "en"),
        ("👍 12345 ?!", "xx"),
        ("", "xx"),
        ("где посылка", "xx"),
    ],
)
def test_language_is_what_carries_most_of_the_text(text, language):
    assert detect_language(text, "xx") == language


@pytest.mark.parametrize("text", ["退货 policy please", "how do I 退货"])
def test_in_a_mixed_line_the_language_of_the_session_stays(text):
    assert detect_language(text, "en") == "en"
    assert detect_language(text, "zh-Hans") == "zh-Hans"


@pytest.mark.parametrize(
    ("text", "language"),
    [("iPhone 15 Pro 怎么退货", "zh-Hans"), ("what does 发票 mean on my order", "en")],
)
def test_a_word_of_the_other_language_makes_no_mixed_line(text, language):
    assert {detect_language(text, session) for session in ("en", "zh-Hans")} == {language}


def test_a_site_is_answered_in_a_language_it_speaks():
    assert detect_language("hello", "zh-Hans", ("zh-Hans",)) == "zh-Hans"
    assert detect_language("你好", "en", ["en"]) == "en"
    assert detect_language("hello", "zh-Hans", ("zh-Hans", "en")) == "en"
    assert detect_language("hello", "fr", ("zh-Hans",)) == "zh-Hans"
    assert detect_language("👍", "fr", ("zh-Hans",)) == "zh-Hans"


def test_what_names_nothing_is_folded_as_terms_are():
    assert {"happen", "today", "哪"} <= WONDERING
    assert not WONDERING & FUNCTION_WORDS


def test_chinese_gives_characters_and_bigrams():
    assert terms("运费险") == ["运", "费", "险", "运费", "费险"]


def test_words_numbers_and_models():
    assert terms("returned 2 wh-1000 cables") == ["return", "2", "wh1000", "wh", "1000", "cabl"]


def test_a_model_name_is_found_in_each_of_its_spellings():
    assert set(terms("wh1000")) <= set(terms("wh-1000")) | {"wh1000"}
    assert "wh1000" in terms("wh-1000")
    assert "wh1000" in terms("wh1000")


def test_mixed_text_keeps_both_languages():
    assert {"pay", "支付", "支"} <= set(terms("用paying支付"))


@pytest.mark.parametrize(
    "family",
    [
        ("charge", "charges", "charged", "charging"),
        ("ship", "ships", "shipped", "shipping"),
        ("delivery", "deliveries"),
        ("address", "addresses"),
        ("box", "boxes"),
    ],
)
def test_forms_of_a_word_fold_to_one(family):
    assert len(set(map(stem, family))) == 1


@pytest.mark.parametrize("word", ["is", "bus", "gas", "this", "status", "was"])
def test_words_that_only_look_plural_keep_their_s(word):
    assert stem(word).endswith("s")


def test_a_typo_shares_most_of_its_grams():
    right, wrong = set(grams("delivery")), set(grams("delivary"))
    assert len(right & wrong) >= len(right) / 3


def test_grams_leave_chinese_and_function_words_alone():
    assert grams("how do you 退款") == []


def test_an_endless_word_has_bounded_pieces():
    assert len(grams("x" * 4000 + "y")) < 100


def test_a_text_of_ligatures_does_not_grow_without_end():
    assert len(normalise("ﷺ" * 4000)) < 9000
    assert normalise("㍿" * 40) == "株式会社" * 40
    assert normalise("x" + "…" * 40) == "x" + "..." * 40
