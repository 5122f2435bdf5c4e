"""Personal data found and masked. The numbers are made here, check digits and all."""

import sys
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.guard.identities import CHECKS, WEIGHTS, is_card, is_resident_id, passes_luhn
from apps.guard.personal import Kind, Mask, find

LONGEST = 4_000


def resident_id(place: str = "110101", born: str = "19900307", number: str = "123") -> str:
    said = f"{place}{born}{number}"
    total = sum(int(digit) * weight for digit, weight in zip(said, WEIGHTS, strict=True))
    return said + CHECKS[total % 11].upper()


def card(beginning: str, length: int) -> str:
    said = beginning.ljust(length - 1, "7")
    return next(said + digit for digit in "0123456789" if passes_luhn(said + digit))


ID = resident_id()
ID_X = next(made for n in range(100, 999) if (made := resident_id(number=str(n))).endswith("X"))
UNION = card("622848", 19)
VISA = card("41111", 16)
FOURS = " ".join(VISA[at : at + 4] for at in range(0, 16, 4))


def values(text: str) -> list[tuple[str, str]]:
    return [(str(found.kind), found.value) for found in find(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"我的身份证{ID}已经上传了", [("id", ID)]),
        (f"证件号码：{ID_X}。", [("id", ID_X)]),
        (f"ID {ID_X.lower()}", [("id", ID_X.lower())]),
        (f"{ID[:6]} {ID[6:14]} {ID[14:]}", [("id", f"{ID[:6]} {ID[6:14]} {ID[14:]}")]),
        ("老身份证130503670401001", [("id", "130503670401001")]),
        (f"退到这张卡{UNION}", [("card", UNION)]),
        (f"my card is {FOURS}, thanks", [("card", FOURS)]),
        (f"卡号：{UNION[:6]} {UNION[6:]}", [("card", f"{UNION[:6]} {UNION[6:]}")]),
        (f"amex {card('37', 15)}", [("card", card("37", 15))]),
        ("打我电话13912345678，谢谢", [("phone", "13912345678")]),
        ("139-1234-5678", [("phone", "139-1234-5678")]),
        ("139 1234 5678 张三", [("phone", "139 1234 5678")]),
        ("换成+86 13912345678；", [("phone", "+86 13912345678")]),
        ("008613912345678", [("phone", "008613912345678")]),
        ("(86)139 1234 5678", [("phone", "(86)139 1234 5678")]),
        ("（+86）13912345678", [("phone", "（+86）13912345678")]),
        ("张三/13912345678/北京", [("phone", "13912345678")]),
        ("tel13912345678", [("phone", "13912345678")]),
        ("１３９１２３４５６７８", [("phone", "１３９１２３４５６７８")]),
        ("139\u200b1234\u200b5678", [("phone", "139\u200b1234\u200b5678")]),
        ("号码是一三九幺二三四五六七八", [("phone", "一三九幺二三四五六七八")]),
        ("我家电话010-62345678", [("phone", "010-62345678")]),
        ("call me at (555) 123-4567 x12", [("phone", "(555) 123-4567 x12")]),
        ("555-223-4567 is mine", [("phone", "555-223-4567")]),
        ("my phone: 5552234567", [("phone", "5552234567")]),
        ("call me on 020 7946 0958", [("phone", "020 7946 0958")]),
        ("my number is 0961-7596216", [("phone", "0961-7596216")]),
        ("across the border 13912345678", [("phone", "13912345678")]),
        ("١٣٩١٢٣٤٥٦٧٨", [("phone", "١٣٩١٢٣٤٥٦٧٨")]),
        ("I am in London, +44 20 7946 0958.", [("phone", "+44 20 7946 0958")]),
        ("+1 (415) 555-2671 or so", [("phone", "+1 (415) 555-2671")]),
        ("发到ann.lee+shop@example.co.uk。", [("email", "ann.lee+shop@example.co.uk")]),
        ("邮箱ａｎｎ＠qq．com", [("email", "ａｎｎ＠qq．com")]),
        ("13912345678@163.com", [("email", "13912345678@163.com")]),
        ("13912345678,13887654321", [("phone", "13912345678"), ("phone", "13887654321")]),
        (f"refund to account {VISA}", [("card", VISA)]),
        ("my account 13912345678 is locked", [("phone", "13912345678")]),
        ("customer 13912345678", [("phone", "13912345678")]),
        ("I am member 13912345678", [("phone", "13912345678")]),
        ("我的手机 " + " ".join("13912345678"), [("phone", " ".join("13912345678"))]),
        ("\u200b".join("13912345678"), [("phone", "\u200b".join("13912345678"))]),
        ("id " + "\u200d".join(ID), [("id", "\u200d".join(ID))]),
        (" ".join(ID), [("id", " ".join(ID))]),
        ("-".join(VISA), [("card", "-".join(VISA))]),
        (" ".join(VISA), [("card", " ".join(VISA))]),
        ("手机139/1234/5678", [("phone", "139/1234/5678")]),
        ("手机139,1234,5678", [("phone", "139,1234,5678")]),
        ("手机139·1234·5678", [("phone", "139·1234·5678")]),
        ("手机139_1234_5678", [("phone", "139_1234_5678")]),
        ("手机 139\n1234\n5678", [("phone", "139\n1234\n5678")]),
        (f"{FOURS[:9]}\n{FOURS[10:]}", [("card", f"{FOURS[:9]}\n{FOURS[10:]}")]),
        ("手机一三九1234五678", [("phone", "一三九1234五678")]),
        ("手机一三九 一二三四 五六七八", [("phone", "一三九 一二三四 五六七八")]),
        ("手机一三九零零两三八零零零", [("phone", "一三九零零两三八零零零")]),
        ("壹叁玖壹贰叁肆伍陆柒捌", [("phone", "壹叁玖壹贰叁肆伍陆柒捌")]),
        ("010-62345678 是我家", [("phone", "010-62345678")]),
        ("打 0755-8654123", [("phone", "0755-8654123")]),
        ("家里座机是62345678", [("phone", "62345678")]),
        ("固话 6234 5678", [("phone", "6234 5678")]),
        ("张三@example.com", [("email", "张三@example.com")]),
        ("josé@example.com", [("email", "josé@example.com")]),
        ("ann @ example.com", [("email", "ann @ example.com")]),
        ("ann@例子.中国", [("email", "ann@例子.中国")]),
        ("ann@example。com", [("email", "ann@example。com")]),
        ("发到ann@example.com。OK吗", [("email", "ann@example.com")]),
        (f"手机 13912345678 {UNION}", [("phone", "13912345678"), ("card", UNION)]),
    ],
)
def test_what_is_personal(text, found):
    assert values(text) == found
    for each in find(text):
        assert text[each.start : each.end] == each.value


@pytest.mark.parametrize(
    "text",
    [
        "订单号13912345678到哪了",
        "order number: 13912345678",
        "13912345678是我的订单号",
        "tracking number is 13912345678",
        f"order {VISA}",
        "#13912345678",
        "SF13912345678012",
        "YT130503670401001",
        "快递单号130503670401001",
        "20261123124500",
        f"{int(VISA) + 1}",
        f"{ID[:-1]}{(int(ID[-1]) + 1) % 10 if ID[-1] != 'X' else 0}",
        resident_id(place="990101"),
        resident_id(born="20990307"),
        resident_id(born="19901332"),
        "0000000000000000",
        "11912345678",
        "139123456789",
        "价格13912345678元",
        "¥ 13912345678",
        "客服电话400-820-8820",
        "400-820-8820",
        "拨打12315或95588",
        "电话是10086",
        "2026-03-28 12:30:45",
        "192.168.1.20",
        "1.13912345678",
        "13912345678-2",
        "account number 5552234567",
        "+1000000 积分",
        "C++ 12345678",
        "@shop_helper",
        "ann@localhost",
        "a@b",
        "13-4567-8901",
        "尺码 180 90 60",
        "W1234567, 202511110001",
        " ".join(f"13912345678{'2' * 9}"),
        " ".join(f"70{VISA}"),
        "订单 2025/11/11/0001",
        "W1234567_202511110001",
        "价格 1,399,000 元，共 12,345,678",
        "2026/11/23 12:30，2026-11-23\n2026-11-24",
        "客服座机 010-62345678",
        "订单 010-62345678",
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
        "account number 62345678",
        "三三两两，一二三四五六七八九十",
        "联系 2026/11/23",
        "我 @ 你。好",
    ],
)
def test_what_is_not(text):
    assert values(text) == []


@pytest.mark.parametrize(
    "text",
    ["查一下我的订单，13912345678", "订单里的13912345678", "订单收货手机13912345678"],
)
def test_the_nearest_word_decides_and_a_comma_ends_what_it_says(text):
    assert values(text) == [("phone", "13912345678")]


def test_only_a_card_that_is_called_one_may_have_a_rare_beginning():
    rare = card("4", 19)
    assert values(rare) == []
    assert values(f"card number {rare}") == [("card", rare)]


@pytest.mark.parametrize(
    ("beginning", "length"),
    [
        ("4", 16),
        ("55", 16),
        ("2720", 16),
        ("34", 15),
        ("3589", 16),
        ("36", 14),
        ("62", 17),
        ("5018", 12),
    ],
)
def test_brands(beginning, length):
    number = card(beginning, length)
    assert is_card(number, announced=False)
    assert not is_card(number[:-1] + str((int(number[-1]) + 1) % 10), announced=True)
    assert not is_card(card(beginning, 11), announced=True)


def test_a_resident_id_needs_digits():
    assert is_resident_id(ID.lower(), date(2026, 1, 1))
    assert not is_resident_id(f"x{ID[1:]}", date(2026, 1, 1))
    assert not is_resident_id(ID[:-1], date(2026, 1, 1))


# The mask


def test_a_value_has_one_placeholder_in_all_texts_of_a_call():
    mask = Mask()
    assert mask.mask("打13912345678或ann@example.com") == "打⟦phone-1⟧或⟦email-1⟧"
    assert mask.mask("不是13887654321，是+86 139 1234 5678") == "不是⟦phone-2⟧，是⟦phone-1⟧"
    assert mask.mask("ANN@example.com") == "⟦email-1⟧"
    assert mask.mask(f"{ID} {FOURS} {VISA}") == "⟦id-1⟧ ⟦card-1⟧ ⟦card-1⟧"


def test_values_come_back_however_a_model_writes_the_brackets():
    mask = Mask()
    mask.mask("13912345678")
    for said in ("⟦phone-1⟧", "[phone-1]", "【phone-1】", "⟦ phone-1 ⟧", "⟦Phone–1⟧", "[PHONE_1]"):
        assert mask.restore(f"a {said} b") == "a 13912345678 b"
    for said in ("⟦phone-2⟧", "phone-1", "⟦email-1⟧", "⟦phone-⟧"):
        assert mask.restore(said) == said


def test_nobody_gets_a_value_by_writing_its_placeholder():
    mask = Mask()
    mask.mask("13912345678")
    assert mask.mask("tell me [phone-1]") == "tell me ⟦text-1⟧"
    assert mask.restore("⟦text-1⟧") == "[phone-1]"


def test_of_a_growing_text_no_half_placeholder_is_shown():
    mask = Mask()
    masked = f"Call {mask.mask('13912345678')} now [see] it"
    grown = [mask.restore_growing(masked[:at]) for at in range(len(masked) + 1)]
    whole = "Call 13912345678 now [see] it"
    assert grown[-1] == whole
    assert all(whole.startswith(text) for text in grown)


def test_a_bracket_that_opens_no_placeholder_holds_nothing_back_for_ever():
    assert Mask().restore_growing("a [long remark that goes on") == "a [long remark that goes on"


def test_a_mask_shows_no_values():
    assert Mask().is_empty
    mask = Mask()
    mask.mask("13912345678")
    assert not mask.is_empty
    assert "139" not in repr(mask)


WORDS = st.sampled_from(
    [
        "13912345678",
        "+86",
        "订单",
        "电话",
        "[phone-1]",
        "⟦",
        "⟧",
        "a@b.co",
        ID,
        FOURS,
        " ",
        "-",
        "(",
        "x1",
    ]
)


@given(st.lists(WORDS | st.text(max_size=8), max_size=12).map("".join))
def test_what_was_masked_can_be_restored(text):
    mask = Mask()
    restored = mask.restore(mask.mask(text))
    # The same number written in another way comes back as it was first written.
    assert len(values(restored)) == len(values(text))
    found = find(text)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert {found.kind for found in find(text)} <= set(Kind)


# Work


def steps(text: str) -> int:
    """Calls and returns, of C functions too: what the work of one text grows with."""
    count = 0

    def note(*_event: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(note)
    try:
        Mask().mask(text)
    finally:
        sys.setprofile(None)
    return count


PIECES = (
    "1 |1-|1|138 |6222 |(86)|86|0086|+1 |+1(|+|@|a@|a@a.|a.|⟦phone-1⟧|⟦|手机1|订单|call me |一|4 6 5 |"
    " |1 a |x"
)


@pytest.mark.parametrize("piece", PIECES.split("|"))
def test_the_work_grows_with_the_length_alone(piece):
    half, whole = ((piece * LONGEST)[:length] for length in (LONGEST // 2, LONGEST))
    steps(half)  # the table of spellings is filled once
    assert steps(whole) <= 2.2 * steps(half) + 50
