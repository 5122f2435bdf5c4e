"""Text as the search sees it: one spelling, one language guess, and the terms in it.

Everything here is pure and works in microseconds on a chat line. Costs grow with the length
of the text, so callers cut it first.
"""

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache
from importlib.resources import files
from itertools import chain
from operator import add

HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f"
_LATIN = "a-zA-Z\u00c0-\u024f\uff21-\uff3a\uff41-\uff5a"
_HAN_CHAR = re.compile(f"[{HAN}\uf900-\ufaff]")
_LATIN_WORD = re.compile(f"[{_LATIN}]+")
_PIECE = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+(?:[-./_'][^\W_{HAN}]+)*")
_PART = re.compile(r"[^\W\d_]+|\d+")
_IS_HAN = re.compile(f"[{HAN}]")
_FIRST_HAN = HAN[0]

# Every sign whose name speaks of a question is spelt as the plain one; the two that NFKC would make
# something else of come first.
_ASKING_FIRST = str.maketrans(dict.fromkeys("\u037e\u3244", "?"))
_ASKING = (
    "\u00bf\u055e\u061f\u1367\u1945\u203d\u225f\u2370\u2753\u2754\u2a7b\u2a7c\u2cfa\u2cfb\u2e18\u2e2e\u2e54"
    "\ua60f\ua6f7\U00011143\U0001e95f\U0001f679\U0001f67a\U0001f67b\U0001fbc4"
)

# What a text may grow by when it is spelt out, beside its own length.
LONGEST_GROWTH = 200
# A word longer than this is an identifier or noise: its pieces would only cost memory.
LONGEST_WORD = 40

# Words that ask, greet or join but name nothing. They help to rank, seldom to decide, so the
# index counts them for less. General function words of the two languages, not of any shop.
_EMPTY_ENGLISH = (
    "a about actually all am an and any are as at be been but by can could day did do does doing "
    "for from get give good got had has have hello help hey hi how i if im in into is it its ive "
    "just know let like me morning my no now of off oh ok okay on one or our out please pls sir so "
    "some sure tell thank thanks that the their them then there they this to too up us use using "
    "very want was way we well were what when where which who why will with would yes you your "
    "afternoon evening bye cool great id ill need should dont doesnt isnt whats"
)
_EMPTY_CHINESE = (
    "的 了 吗 呢 吧 啊 呀 哦 嗯 哈 嘛 我 你 您 他 她 它 们 是 在 有 和 与 就 都 也 还 很 这 那 个 "
    "一 要 想 会 能 可 以 怎 么 什 为 请 问 好 谢 把 被 给 让 到 对 得 地 着 过 不 没 去 来 说 看 "
    "我们 你们 您们 他们 这个 那个 一个 什么 怎么 怎样 为什 请问 你好 您好 可以 如何 多少 哪里 "
    "哪个 哪些 是否 是不 不是 能不 不能 有没 没有 想要 我想 我要 帮我 谢谢 好的 感谢 知道 一下 "
    "麻烦 告诉 还是 就是 但是 然后 如果 因为 所以 需要 的话 了吗 的吗 么样 这样 那样 么办"
)


def _table() -> dict[int, str | None]:
    """What one pass of `str.translate` changes: characters dropped, spaces, simplified forms."""
    table: dict[int, str | None] = {}
    ranges = (range(0x3000), range(0xFE00, 0x10000), range(0x11000, 0x1D200))
    for code in chain(*ranges):
        if unicodedata.category(chr(code)) in ("Cc", "Cf"):
            table[code] = None
    selectors, tags, surrogates = (
        range(0xFE00, 0xFE10),
        range(0xE0000, 0xE01F0),
        range(0xD800, 0xE000),
    )
    table |= dict.fromkeys(chain(selectors, tags, surrogates))
    table |= dict.fromkeys((*range(0x09, 0x0E), *range(0x1C, 0x20), 0x85), " ")
    table |= {ord("\u2019"): "'", ord("\u2018"): "'", ord("\u201b"): "'"}
    table |= dict.fromkeys(map(ord, _ASKING), "?")
    lines = files("apps.engine").joinpath("traditional.txt").read_text("utf-8").splitlines()
    table.update(zip(map(ord, lines[1]), lines[2], strict=True))
    return table


_TABLE = _table()


# A turn asks several times for the same line, to understand it and to search each language.
@lru_cache(maxsize=4)
def normalise(text: str) -> str:
    """`text` in its one spelling: NFKC, folded case, simplified Chinese, single spaces.

    Format, zero-width and control characters are dropped (a line end counts as a space). The
    result is stable: normalising it again changes nothing.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().split())
    asking = text.translate(_ASKING_FIRST)
    # One sign may stand for 18 letters.
    spelt = unicodedata.normalize("NFKC", asking)[: 2 * len(text) + LONGEST_GROWTH]
    folded = spelt.translate(_TABLE).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).translate(_TABLE).split())


def detect_language(text: str, fallback: str, among: Collection[str] = ()) -> str:
    """ "zh-Hans" or "en", whichever carries more of `text`; `fallback` when neither clearly does.

    One Chinese character counts as much as one Latin word, so that a product name does not turn
    a Chinese question into an English one. Where neither language carries twice as much as the
    other, a `fallback` of the two decides. A language that is not `among` those given, if any
    are, gives way to `fallback`, or to the first of them.
    """
    chinese = len(_HAN_CHAR.findall(text))
    english = len(_LATIN_WORD.findall(text))
    if (not chinese and not english) or (
        2 * min(chinese, english) > max(chinese, english) and fallback in ("zh-Hans", "en")
    ):
        language = fallback
    else:
        language = "zh-Hans" if chinese >= english else "en"
    if not among or language in among:
        return language
    return fallback if fallback in among else next(iter(among))


@lru_cache(maxsize=1 << 14)
def stem(word: str) -> str:
    """A light English folding: plural, -ing, -ed and a silent final e; other words pass.

    In the spirit of the S-stemmer (Harman 1991), a little further; it never needs a dictionary
    and both sides of a comparison fold the same way.
    """
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "sl":
                word = word[:-1]
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


# As `terms` gives them: folded.
FUNCTION_WORDS = frozenset(map(stem, f"{_EMPTY_ENGLISH} {_EMPTY_CHINESE}".split()))

# Words that wonder, hurry or point but name nothing either. They are kept apart from the above,
# which the search's fitted weights count on: here they only say what a question is not about.
_WONDERING_ENGLISH = (
    "also another anything bit else every gonna hm hmm make many maybe much must "
    "never new only possible put quick really rather say shall something still take than thing "
    "today tomorrow yesterday u ur r wanna wondering question ask asking ever explain happen "
    "happens work works"
)
_WONDERING_CHINESE = (
    "哪 谁 啥 咋 几 呗 嘞 呃 哎 唉 喂 办 弄 搞 多 少 下 里 些 样 该 应 再 又 才 只 更 最 太 挺 嗨 "
    "并 而 且 或 者 之 于 及 其 此 每 某 后 前 时 候 现 真 呐 噢 亲 用 做 点 行 成 啦 咱 今天 昨天 "
    "明天 现在"
)
WONDERING = frozenset(map(stem, f"{_WONDERING_ENGLISH} {_WONDERING_CHINESE}".split()))


def pieces(normalised: str) -> list[str]:
    """Runs of Chinese, words, numbers and model names, in order of appearance."""
    return _PIECE.findall(normalised)


def is_han(piece: str) -> bool:
    """Whether a piece is a run of Chinese characters."""
    return piece >= _FIRST_HAN and _IS_HAN.match(piece) is not None


def han_terms(run: str) -> list[str]:
    """The characters of a Chinese run, then its bigrams."""
    return [*run, *map(add, run, run[1:])]


@lru_cache(maxsize=1 << 14)
def word_terms(piece: str) -> tuple[str, ...]:
    """The terms of one word, number or model name: "wh-1000" gives it joined, then its parts."""
    word = piece.replace("'", "")[:LONGEST_WORD]
    if word.isalpha():
        return (stem(word),)
    parts = _PART.findall(word)
    if len(parts) < 2:
        return (word,)
    return ("".join(parts), *map(stem, parts))


@lru_cache(maxsize=1 << 14)
def word_grams(piece: str) -> tuple[str, ...]:
    """Runs of 3 and 4 characters of one word, its edges marked by a space.

    Function words have none: a typo in them costs nothing and they are half of every question.
    """
    word = piece.replace("'", "")[:LONGEST_WORD]
    if stem(word) in FUNCTION_WORDS:
        return ()
    edged = f" {word} "
    return tuple(edged[i : i + n] for n in (3, 4) for i in range(len(edged) - n + 1))


def terms(normalised: str) -> list[str]:
    """What the index counts: Chinese characters and bigrams, folded words, numbers, models."""
    found: list[str] = []
    for piece in pieces(normalised):
        found += han_terms(piece) if is_han(piece) else word_terms(piece)
    return found


def grams(normalised: str) -> list[str]:
    """Character n-grams of the words that are not Chinese: a typo spoils only some of them."""
    return [gram for piece in pieces(normalised) if not is_han(piece) for gram in word_grams(piece)]
