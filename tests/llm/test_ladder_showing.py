"""What is shown of an answer while it grows, and what is taken back."""

import pytest

from apps.engine.types import Policy
from apps.llm.judging import Judge
from apps.llm.ladder import climb
from apps.llm.masking import Masked
from apps.llm.prompts import Passage
from apps.llm.showing import Ready, Showing, sentences
from tests.llm.climbs import LONG, Watched, go, ladder, terms, told, whys
from tests.llm.test_ladder import cmd, said


@pytest.mark.parametrize(
    ("text", "ready"),
    [
        ("", ""),
        ("You have 30", ""),
        ("You have 30.", ""),
        ("You have 30. ", "You have 30."),
        ("It costs 3.5 EUR, see shop.example/a?b=1 for", ""),
        ("Sure! It costs 3.", "Sure!"),
        ("可以退货。请在30天", "可以退货。"),
        ("他说：“可以。”然后", "他说：“可以。”"),
        ("- one\n- two", "- one"),
        ("Really?! Yes", "Really?!"),
    ],
)
def test_whole_sentences(text, ready):
    assert sentences(text) == ready


def grown(*texts, check=lambda _text: Ready.SHOW):
    shown = []
    showing = Showing(lambda attempt, text: shown.append((attempt, text)), check)
    for text in texts:
        showing.grow(text)
    return shown, showing


def test_a_sentence_is_shown_once_with_all_before_it():
    shown, _ = grown("One", "One. Tw", "One. Two", "One. Two. ")
    assert shown == [(1, "One."), (1, "One. Two.")]


def test_one_that_may_turn_out_well_waits_for_the_next():
    seen = []

    def check(text):
        seen.append(text)
        return Ready.SHOW if "parcel" in text else Ready.WAIT

    shown, _ = grown("Sorry. ", "Sorry. The parcel. ", check=check)
    assert shown == [(1, "Sorry. The parcel.")]
    assert seen == ["Sorry.", "Sorry. The parcel."]


def test_after_one_that_never_will_nothing_is_shown():
    checked = []

    def check(text):
        checked.append(text)
        return Ready.STOP if "bad" in text else Ready.SHOW

    shown, showing = grown("Good. ", "Good. A bad one. ", "Good. A bad one. More. ", check=check)
    assert shown == [(1, "Good."), (2, "")]
    assert len(checked) == 2
    showing.take_back()
    showing.grow("Another. ")
    assert shown[2:] == [(2, "Another.")]


def test_a_text_that_does_not_go_on_is_another_answer():
    shown, _ = grown("One. ", "Other. ")
    assert shown == [(1, "One."), (2, ""), (2, "Other.")]


def test_what_was_never_shown_is_not_taken_back():
    shown, showing = grown("One")
    showing.take_back()
    assert shown == []


async def test_an_answer_is_shown_by_sentences(gateway, fakellm):
    watched = Watched()
    steps = ladder(fakellm, "one-by-one-5ms")
    found = await go(gateway, steps, watched, about=told(passages=[LONG]))
    assert found.said.reply == LONG.text
    assert watched.shown[0] == (1, "You may return a parcel within 30 days of its arrival.")
    assert len(watched.shown) == 3
    assert all(LONG.text.startswith(text) for _attempt, text in watched.shown)


async def test_in_chinese_too(gateway, fakellm):
    text = "包裹签收后30天内可以退货。退货由我们承担运费。请把包裹装回原来的包装里。"
    about = told("包裹签收后可以退货吗？", language="zh-Hans", passages=[Passage("退货", text)])
    watched = Watched()
    found = await go(gateway, ladder(fakellm, "one-by-one-5ms"), watched, about=about)
    assert found.said.reply == text
    assert watched.shown
    assert all(shown.endswith("。") and text.startswith(shown) for _, shown in watched.shown)


@pytest.mark.parametrize(("cut", "is_said"), [(0.9, False), (0.78, True)])
async def test_in_another_language_than_the_passages_words_prove_nothing(
    gateway, fakellm, cut, is_said
):
    """Less sure for that, and never shown before its end: a translation shares no words."""
    reply = "Sure, our courier will come. He collects your card and its code there. Bye now."
    fakellm.script("scripted", said(reply=reply))
    about = told("How do I return it?", passages=[Passage("退货", "包裹签收后可以退货。")])
    watched = Watched()
    steps = ladder(fakellm, "scripted")
    policy = Policy(answer_at=cut, offer_at=0.15)
    found = await go(gateway, steps, watched, about=about, policy=policy)
    assert bool(found.said) is is_said
    assert watched.shown == []


async def test_one_that_breaks_off_is_taken_back_before_the_next_is_shown(gateway, fakellm):
    watched = Watched()
    longer = Passage(LONG.title, " ".join([LONG.text] * 4))
    steps = ladder(fakellm, "error-within", "good-20ms")
    await go(gateway, steps, watched, about=told(passages=[longer]))
    attempts = [attempt for attempt, _text in watched.shown]
    assert attempts == sorted(attempts)
    assert set(attempts) == {1, 2}
    back = attempts.index(2)
    assert watched.shown[back] == (2, "")
    assert longer.text.startswith(watched.shown[back + 1][1])


async def test_with_nobody_left_to_ask_it_is_taken_back_as_well(gateway, fakellm):
    watched = Watched()
    longer = Passage(LONG.title, " ".join([LONG.text] * 4))
    await go(gateway, ladder(fakellm, "error-within"), watched, about=told(passages=[longer]))
    assert watched.shown[0][1]
    assert watched.shown[-1] == (2, "")


async def test_a_high_risk_shows_nothing_before_its_end(gateway, fakellm):
    watched = Watched()
    steps = ladder(fakellm, "one-by-one-5ms")
    found = await go(gateway, steps, watched, about=told(passages=[LONG]), high_risk=True)
    assert found.said
    assert watched.shown == []


@pytest.mark.parametrize(
    "answer",
    [
        said(enough=False, reply=LONG.text),
        said(conf="low", reply=LONG.text),
        said(cites=["9"], reply=LONG.text),
        said(cmds=[cmd("human")], reply=LONG.text),
        said(reply=f"It is 60 days. {LONG.text}"),
        said(reply=f"包裹可以退，没有问题。\n{'好的，没问题。' * 20}"),
    ],
)
async def test_what_will_not_be_said_is_not_shown(gateway, fakellm, answer):
    fakellm.script("scripted", answer)
    watched = Watched()
    await go(gateway, ladder(fakellm, "scripted"), watched, about=told(passages=[LONG]))
    assert watched.shown == []


async def test_a_made_up_end_takes_the_beginning_back(gateway, fakellm):
    fakellm.script("scripted", said(reply=f"{LONG.text} It costs 17 EUR. Thanks."))
    watched = Watched()
    found = await go(gateway, ladder(fakellm, "scripted"), watched, about=told(passages=[LONG]))
    assert whys(found) == [("local", "not_grounded")]
    assert watched.shown[-1] == (2, "")
    assert all("17" not in text for _attempt, text in watched.shown)


def test_a_figure_within_a_line_is_no_place_of_a_list_where_a_slice_begins():
    """What is shown next begins with it, and the line does not."""
    judge = Judge(told(passages=[LONG]), terms(), Masked(told(passages=[LONG])))
    shown, _ = grown(f"{LONG.text} ", f"{LONG.text} 77. Enjoy it. ", check=judge.ready)
    assert shown == [(1, LONG.text), (2, "")]


def test_the_places_of_a_list_begin_its_lines():
    judge = Judge(told(passages=[LONG]), terms(), Masked(told(passages=[LONG])))
    first, last = f"1. {LONG.text}\n", f"1. {LONG.text}\n2. {LONG.text}\n"
    shown, _ = grown(first, last, check=judge.ready)
    assert shown == [(1, first.rstrip()), (1, last.rstrip())]


async def test_without_anybody_to_show_it_to(gateway, fakellm):
    watched = Watched()
    ports = watched.ports(show=None)
    assert (await climb(gateway, ladder(fakellm, "good"), told(), terms(), ports)).said
