"""Numbers that name something: orders, phones, addresses; and those that only look like them.

What a number is follows from the word that announces it, then from its shape. A phone, a date, an
amount, a tracking number or an account is no order, and no digit belongs to two mentions.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date

from apps.engine.flows import SlotKind
from apps.engine.recognise.amounts import amounts
from apps.engine.recognise.dates import numeric_dates
from apps.engine.recognise.mention import Mention
from apps.engine.recognise.patterns import Own, spans

# Between a word that announces a number and the number.
_LINK = (
    r"(?:\s*(?:is|are|was|number|num|no|nr|ids?|#|是|为|叫|号码?|编号|[:.,\-=(【\[「\"'’])){0,4}\s*"
)
_CUES = {
    "parcel": (
        r"tracking|waybill|awb|(?:parcel|shipment)\ (?:number|no|id)"
        r"|快递单?号?|运单|物流单?号?|包裹号?|面单|取件码?"
    ),
    "phone": (
        r"phone|telephone|mobile|cell(?:phone)?|\btel|call(?:\ me)?\ (?:at|on)|text\ me\ (?:at|on)"
        r"|whatsapp|contact\ number|reach\ me\ (?:at|on)|手机号?码?|电话号?码?|联系方式|微信"
    ),
    "other": (
        r"cards?|account|(?:customer|user|member|client|ticket|case|item|product|payment|transaction|serial)\ (?:id|no|number)|user\ ?name|membership"
        r"|coupon|voucher|code|\bzip|postal|invoice|serial|imei|model|sku|passport|\bpin"
        r"|卡号|账号|帐号|用户名|会员号?|优惠码|优惠券码?|验证码|邮编|发票号?码?|税号|序列号|型号"
        r"|货号|商品编?号|款号|身份证号?码?|密码|工号"
    ),
    "order": r"orders?|purchase|confirmation|订单|定单|单号|订购|下单|这单|那单|单子",
}
_CUE = re.compile(
    "(?:" + "|".join(f"(?P<{name}>{words})" for name, words in _CUES.items()) + f"){_LINK}$"
)
# How far before a number the word that announces it may begin.
_CUE_REACH = 28

_EMAIL = re.compile(
    r"(?<![a-z0-9_.+-])[a-z0-9][a-z0-9_%+.-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24}"
    r"(?![a-z0-9_-])"
)
_PHONE = re.compile(
    r"""
    (?<![a-z0-9#_.-])(?:
        (?:\(?(?:\+|00)?86\)?[\ -]?)?1[3-9]\d[\ -]?\d{4}[\ -]?\d{4}(?!\d)   # a Chinese mobile
        |0\d{2,3}-\d{7,8}                                                   # a Chinese land line
        |(?:\+\d{1,3}[\ .-]?|00\d{1,3}[\ .-])(?:\(\d{1,4}\)[\ .-]?)?\d(?:[\ .-]?\d){6,12}
        |(?:1[\ .-]?)?\(\d{3}\)[\ ]?\d{3}[\ .-]?\d{4}                       # (555) 123-4567
        |(?:1[\ .-])?\d{3}(?P<gap>[\ .-])\d{3}(?P=gap)\d{4}                 # 555-123-4567
        |[48]00-?\d{3}-?\d{4}
    )(?![a-z0-9]|-\d)
    """,
    re.VERBOSE,
)
_ORDER = re.compile(
    r"""
    (?<![a-z0-9_@.+-])(?:
        \#[a-z]{0,6}-?\d{3,20}(?:-\d{1,12}){0,3}    # 1: what shops write themselves
        |[a-z]{1,6}-\d{4,20}(?:-\d{1,12}){0,3}
        |[a-z]{1,4}\d{5,20}
        |\d{3}-\d{7}-\d{7}
        |\d{9,24}|\d{7}
    )(?![a-z0-9_@]|[-.]\d)
    """,
    re.VERBOSE,
)
# After a word for an order, or when an order was asked for.
_LOOSE_ORDER = re.compile(
    r"(?<![a-z0-9_@.+-])#?(?=[a-z-]{0,20}\d)[a-z0-9]{1,24}(?:-[a-z0-9]{1,24}){0,3}(?![a-z0-9_@]|[-.]\d)"
)
_LOOSE_DIGITS = 4
_TAIL = re.compile(
    r"""
    (?:尾号|[后末][四4]位|(?:last|final)\ (?:four|4)(?:\ (?:digits?|numbers?))?(?:\ (?:of|for|on)\ (?:(?:my|the)\ )?
        (?:phone|mobile|cell|number)(?:\ number)?)?|(?<!card\ )(?<!order\ )\b(?:ending|ends)\ (?:in|with|on|by)
        |\b(?:phone|mobile|cell|tel)(?:\ number|\ no\.?)?(?:'s)?(?:\ (?:that|which|is))?\ (?:ending|ends|tail|last\ (?:four|4)(?:\ digits)?))
    \s*(?:数字|号码)?\s*(?:(?:is|are|in|with|是|为|[:=])\s*){0,2}(\d{4})(?!\d)
    """,
    re.VERBOSE,
)
_BARE_TAIL = re.compile(r"(?<![a-z0-9_#.+-])(\d{4})(?![a-z0-9_-]|[.:/]\d|[年月日号元块个天件米分])")
# 2026o1o1: letters that look like digits, among six digits at least.
_SLIPPED = re.compile(
    r"(?<![a-z0-9_@.#+-])(?=(?:[oil]*\d){6})\d[\doil]{0,23}[oil][\doil]{0,23}(?![a-z0-9_@]|[-.]\w)"
)
_MEANT = str.maketrans("oil", "011")
_ID_CARD = re.compile(r"[1-9]\d{5}(?:19|20)\d{9}[\dx]")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_NO_DIGIT = re.compile(r"\D")
_NUMBERED = re.compile(r"[\d@]")


def numbers(
    folded: str,
    patterns: tuple[Own, ...] = (),
    *,
    asked: SlotKind | None = None,
    today: date | None = None,
) -> list[Mention]:
    """Every number and address of the line, each digit once, in no order. `patterns` are those of
    the shop's order ids, `asked` is the kind of what the visitor was asked for."""
    if not _NUMBERED.search(folded):
        return []
    reader = _Reader(folded)
    reader.take_emails()
    reader.take_own(patterns)
    reader.spell_digits()
    reader.take_own(patterns)
    reader.take(numeric_dates(reader.rest, today))
    reader.take(amounts(reader.rest, bare=asked is SlotKind.AMOUNT))
    reader.take(_tails(_TAIL, reader.rest))
    reader.take_phones()
    reader.take_orders(own=bool(patterns), asked=asked is SlotKind.ORDER_ID)
    if asked is SlotKind.PHONE_TAIL:
        reader.take(_tails(_BARE_TAIL, reader.rest))
    return reader.mentions


def _tails(pattern: re.Pattern[str], rest: str) -> list[Mention]:
    return [
        Mention(SlotKind.PHONE_TAIL, found[1], found.start(1), found.end(1))
        for found in pattern.finditer(rest)
    ]


class _Reader:
    """The line, and what of it nothing has claimed yet: claimed places become spaces."""

    def __init__(self, folded: str) -> None:
        self.folded = folded
        self.rest = folded
        self.mentions: list[Mention] = []

    def claim(self, mention: Mention) -> None:
        start, end = mention.start, mention.end
        self.rest = f"{self.rest[:start]}{' ' * (end - start)}{self.rest[end:]}"
        self.mentions.append(mention)

    def take(self, mentions: Iterable[Mention]) -> None:
        for mention in mentions:
            self.claim(mention)

    def take_emails(self) -> None:
        for found in _EMAIL.finditer(self.rest) if "@" in self.rest else ():
            self.claim(Mention(SlotKind.EMAIL, found[0], found.start(), found.end()))

    def take_own(self, patterns: tuple[Own, ...]) -> None:
        for start, end in spans(self.rest, patterns):
            if self.cue(start) not in ("parcel", "other"):
                said = self.folded[start:end]
                self.claim(Mention(SlotKind.ORDER_ID, said.upper(), start, end))

    def spell_digits(self) -> None:
        """Reads the letters that stand for digits in what is not claimed yet."""
        spelt = _SLIPPED.sub(lambda found: found[0].translate(_MEANT), self.rest)
        if spelt != self.rest:
            self.folded = "".join(
                meant if meant != was else said
                for said, was, meant in zip(self.folded, self.rest, spelt, strict=True)
            )
            self.rest = spelt

    def cue(self, start: int) -> str:
        """What the words right before a number say that it is; "" when they say nothing."""
        found = _CUE.search(self.folded[max(start - _CUE_REACH, 0) : start])
        return found.lastgroup or "" if found else ""

    def take_phones(self) -> None:
        for found in _PHONE.finditer(self.rest):
            cue = self.cue(found.start())
            if cue == "order" and not set(found[0]) & set("+( "):
                continue
            kind = None if cue in ("parcel", "other") else SlotKind.PHONE
            digits = _NO_DIGIT.sub("", found[0])
            value = f"+{digits}" if found[0].startswith("+") else digits
            self.claim(Mention(kind, value, found.start(), found.end()))

    def take_orders(self, *, own: bool, asked: bool) -> None:
        """`own`: only the shop's patterns make an order; the rest is kept from being a phone."""
        for start, end, is_sure in self._candidates(asked=asked):
            said = self.folded[start:end]
            cue = self.cue(start)
            kind: SlotKind | None = SlotKind.ORDER_ID
            if cue == "phone" and said.isdigit():
                kind = SlotKind.PHONE
            elif cue in ("parcel", "other", "phone") or _is_id_card(said) or own:
                kind = None
            elif not is_sure and not (asked or cue == "order"):
                continue
            value = said if kind is SlotKind.PHONE else said.lstrip("#").upper()
            self.claim(Mention(kind, value, start, end))

    def _candidates(self, *, asked: bool) -> Iterator[tuple[int, int, bool]]:
        sure = {found.span() for found in _ORDER.finditer(self.rest)}
        for start, end in sure:
            yield start, end, True
        for found in _LOOSE_ORDER.finditer(self.rest):
            enough = sum(map(str.isdigit, found[0])) >= _LOOSE_DIGITS
            overlaps = any(start < found.end() and found.start() < end for start, end in sure)
            if enough and not overlaps:
                yield *found.span(), False


def _is_id_card(said: str) -> bool:
    """A Chinese identity number, told by its check digit (GB 11643)."""
    if not _ID_CARD.fullmatch(said):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, said, strict=False))
    return "10x98765432"[total % 11] == said[-1]
