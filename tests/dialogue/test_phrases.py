"""The bot's own sentences, in both languages."""

import pytest

from apps.chat.codes import Code, detail
from apps.dialogue import phrases
from apps.engine.commands import WantBot
from apps.engine.events import Say
from apps.engine.return_wish import wants_bot

SENTENCES = [
    phrases.TALK_TO_A_PERSON,
    phrases.GO_ON_WITH_THE_BOT,
    phrases.CONTACT_LABEL,
    phrases.LEFT,
    phrases.NO_ADDRESS,
    phrases.BAD_EMAIL,
    phrases.BAD_PHONE,
    phrases.LOOKING,
]

WORDED_ELSEWHERE = {Say.ANSWER, Say.COMPOSED}


def is_chinese(text):
    return any("\u4e00" <= character <= "\u9fff" for character in text)


@pytest.mark.parametrize("what", sorted(set(Say) - WORDED_ELSEWHERE))
def test_whatever_the_bot_says_it_says_in_both_languages(what):
    english, chinese = phrases.say(what, "en"), phrases.say(what, "zh-Hans")
    assert english
    assert not is_chinese(english)
    assert is_chinese(chinese)


def test_an_answer_is_the_shops_or_a_models_and_has_no_sentence():
    assert set(phrases.SAID) == set(Say) - WORDED_ELSEWHERE


@pytest.mark.parametrize("sentence", SENTENCES, ids=range(len(SENTENCES)))
def test_the_sentences_around_them_are_in_both_languages(sentence):
    english, chinese = (phrases.in_language(sentence, language) for language in ("en", "zh-Hans"))
    assert not is_chinese(english)
    assert is_chinese(chinese)


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_the_engine_knows_the_words_of_the_way_back(language):
    text = phrases.in_language(phrases.GO_ON_WITH_THE_BOT, language)
    assert wants_bot(text) == [WantBot()]


@pytest.mark.parametrize("language", ["zh-Hans", "ZH-HANS", "zh-hans"])
def test_a_tag_may_come_in_any_case(language):
    assert phrases.say(Say.GREETING, language) == phrases.say(Say.GREETING, "zh-Hans")


def test_one_language_asked_for_leaves_the_other_alone():
    first = phrases.say(Say.THANKS, "en")
    phrases.say(Say.THANKS, "zh-Hans")
    detail(Code.EMPTY, "zh-Hans")
    assert phrases.say(Say.THANKS, "en") == first


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_the_notice_of_a_message_left_takes_its_reference_and_address(language):
    values = {"reference": "AB12CD34", "address": "jo@shop.example"}
    notice = phrases.in_language(phrases.LEFT, language) % values
    assert all(value in notice for value in values.values())
    assert "%" not in notice
