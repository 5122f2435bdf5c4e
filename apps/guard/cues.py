"""What the words beside a number say that it is."""

import re
from enum import StrEnum

REACH = 28
# Between such a word and the number. A comma ends what was said: "my order, 138...".
LINK = (
    r"(?:\s*(?:is|are|was|at|on|number|num|no\.?|nr|ids?|to|#|是|为|叫|号码?|编号|打|的|都?改成|换成"
    r"|[:=?(\[\"'“‘「【-])){0,4}\s*"
)


class Cue(StrEnum):
    ORDER = "order"  # an order, a parcel, an article: anything that names a thing
    PHONE = "phone"
    CARD = "card"
    HOTLINE = "hotline"  # everybody's number
    ACCOUNT = "account"  # of a person or with a bank: a phone or a card as often as neither


# Words of English, which begin as words do, and of Chinese.
CUES = {
    Cue.ORDER: (
        r"orders?|purchase|confirmation|tracking|waybill|awb|parcels?|shipment|invoice|ticket|case"
        r"|sku|item|product|serial|imei|transaction|reference|ref"
        r"|room|flight|policy|coupon|voucher|isbn|barcode",
        r"订单|定单|单号|单子|这单|那单|订购|运单|快递单?|物流单?|包裹|面单|取件码?|流水|交易|发票"
        r"|工单|货号|款号|商品|编号|编码|条码|型号|序列号|优惠[码券]|券码|税号|批号|房号|会议号|\#",
    ),
    Cue.HOTLINE: (
        r"hotline|customer\ (?:service|care)|helpline",
        r"热线|客服(?:电话|座机|号码)?|官方电话|总机",
    ),
    Cue.ACCOUNT: (r"account|customer|member|client", r"(?!)"),
    Cue.PHONE: (
        r"phones?|telephone|mobile|cell(?:phone)?|tel|mob|fax|call(?:\ me|\ us)?|ring(?:\ me)?"
        r"|text(?:\ me)?|sms|whatsapp|contact|reach(?:\ me)?|(?:desk|office|home|direct)\ ?(?=:)"
        r"|(?:my|his|her|our|their|new)\ number",
        r"手机|电话|座机|固话|我的新?号码?|新号码?|联系方式|联系人?|致电|拨打?|微信",
    ),
    Cue.CARD: (
        r"(?:(?:credit|debit|bank|visa|master|amex|payment)[\ -]?)?cards?|visa|mastercard|amex",
        r"银行卡|信用卡|储蓄卡|借记卡|工资卡|卡号|收款账户|银行账[户号]",
    ),
}
BEFORE = re.compile(
    "(?:"
    + "|".join(
        f"(?P<{name.name}>(?<![a-z])(?:{english})|{chinese})"
        for name, (english, chinese) in CUES.items()
    )
    + f"){LINK}$"
)
# What stands right behind says it only with a verb: "... 订单" may begin another sentence.
AFTER = re.compile(
    r"\s*(?:(?:就?是|为|is)\s*(?:我的|这个|my|the)?|这个|这笔)\s*"
    r"(?:(?P<ORDER>订单|单号|运单|快递单|order)|(?P<PHONE>手机|电话|phone|mobile))"
)
UNIT = re.compile(r"\s?(?:元|块|万|亿|件|积分|分钟?|usd|rmb|eur|dollars|yuan)")
MONEY = "¥$€£￥"


def cue_before(folded: str, start: int) -> Cue | None:
    """What the words right before a number say; None when they say nothing."""
    return _named(BEFORE.search(folded[max(start - REACH, 0) : start]))


def cue_after(folded: str, end: int) -> Cue | None:
    """The same for the words right behind it, which count when those before say nothing."""
    return _named(AFTER.match(folded, end, end + REACH))


def is_amount(folded: str, start: int, end: int) -> bool:
    before = folded[max(start - 2, 0) : start].rstrip()[-1:]
    return (before != "" and before in MONEY) or UNIT.match(folded, end) is not None


def _named(found: re.Match[str] | None) -> Cue | None:
    return Cue[found.lastgroup] if found and found.lastgroup else None
