"""How sure an answer is: a small table over signals, never a raw score."""

from itertools import product

import pytest

from apps.llm.confidence import BELOW, DEFAULT, Ground, Opinion, ground_of
from apps.llm.support import Support, content
from tests.llm.climbs import POLICY, terms

OPINIONS: tuple[Opinion, ...] = ("low", "mid", "high")


@pytest.mark.parametrize(
    ("chances", "cited", "has_facts", "stands", "ground"),
    [
        ([0.6, 0.1], [0], False, True, Ground.STRONG),
        ([0.6, 0.1], [1, 0], False, True, Ground.STRONG),
        ([0.6, 0.4], [1], False, True, Ground.FAINT),
        ([0.6, 0.55], [1], False, True, Ground.FAIR),
        ([0.49], [0], False, True, Ground.FAIR),
        ([0.14], [0], False, True, Ground.FAINT),
        ([0.6], [], False, True, Ground.FAINT),
        ([], [0], False, True, Ground.FAINT),
        ([0.6], [], True, True, Ground.FAIR),
        ([], [], True, True, Ground.FAIR),
        ([0.6], [0], True, True, Ground.STRONG),
        ([0.6], [0], True, False, Ground.FAINT),
        ([0.6], [0], False, None, Ground.FAIR),
        ([0.3], [0], False, None, Ground.FAINT),
    ],
)
def test_what_an_answer_rests_on(chances, cited, has_facts, stands, ground):
    assert ground_of(chances, cited, has_facts=has_facts, stands=stands) is ground


def test_better_signals_never_make_an_answer_less_likely():
    for ground in Ground:
        chances = [DEFAULT.probability(opinion, ground) for opinion in OPINIONS]
        assert chances == sorted(chances)
        assert all(0 < chance < 1 for chance in chances)
    for opinion, (ground, below) in product(OPINIONS, BELOW.items()):
        assert DEFAULT.probability(opinion, ground) >= DEFAULT.probability(opinion, below)


def test_what_rests_on_little_is_not_answered():
    assert max(DEFAULT.table[Ground.FAINT].values()) < POLICY.answer_at
    assert all(row["low"] < POLICY.answer_at for row in DEFAULT.table.values())


def test_it_says_that_it_is_fitted_on_nothing():
    assert DEFAULT.badge == "default"
    assert "fitted on nothing" in DEFAULT.source


def test_a_high_risk_never_lowers_a_cut():
    assert terms().answer_at == POLICY.answer_at
    assert terms(high_risk=True).answer_at == POLICY.high_risk_at


ENGLISH = ["You may return a parcel within 30 days of its arrival, free of charge."]
CHINESE = ["包裹签收后30天内可以免费退货，请保留原包装。"]


@pytest.mark.parametrize(
    ("texts", "reply", "language", "stands"),
    [
        (ENGLISH, "Yes, a return is free: send the parcel back within 30 days.", "en", True),
        (ENGLISH, "Your gift is a golden watch and a silver spoon.", "en", False),
        (ENGLISH, "Of course!", "en", True),
        (ENGLISH, "No problem, within 30 days.", "en", True),
        (ENGLISH, "It is free.", "en", True),
        (ENGLISH, "Return denied.", "en", False),
        (ENGLISH, "Return approved: the parcel may be on its way, free of charge.", "en", False),
        (ENGLISH, "Pay evil.", "en", False),
        (ENGLISH, "Pay evil.", "zh-Hans", None),
        (CHINESE, "可以的，30天内。", "zh-Hans", True),
        (CHINESE, "没问题！", "zh-Hans", True),
        (CHINESE, "可以免费的。", "zh-Hans", True),
        (CHINESE, "拒绝。", "zh-Hans", False),
        (CHINESE, "退货已批准，请保留原包装。", "zh-Hans", False),
        (ENGLISH, "签收后30天内可以免费退货。", "zh-Hans", None),
        (CHINESE, "收到包裹后 30 天内都能免费退货哦。", "zh-Hans", True),
        (CHINESE, "恭喜您获得一部全新手机和现金红包。", "zh-Hans", False),
        (CHINESE, "Within 30 days of arrival, free of charge.", "en", None),
        ([], "Your gift is a golden watch and a silver spoon.", "en", False),
    ],
)
def test_a_reply_speaks_of_what_it_was_given(texts, reply, language, stands):
    assert Support(texts).of(content(reply), language) is stands
