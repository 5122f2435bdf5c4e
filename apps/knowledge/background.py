"""What stands behind a small index: how common a word is in shops' questions anywhere.

One entry says nothing about which of its words are common. An index of fewer than BACKGROUND
entries is weighed as if it were filled up to that many with entries of other shops, which hold
function words and everyday words as often as questions do, and nothing else.
"""

from apps.engine.text import FUNCTION_WORDS, WONDERING, stem

# Flat from 50 to 100 on the development sets; a shop of this many entries stands on its own.
BACKGROUND = 100

# Shares of the entries behind that hold a word: one function word, two next to each other, one
# everyday word. Accuracy is flat around them; everyday words at 0.15 lose the close intents of
# BANKING77 2 points of what is answered right at 90 % precision.
OF_FUNCTION_WORDS = 0.25
OF_FUNCTION_PAIRS = 0.03
OF_EVERYDAY_WORDS = 0.05

# Words of any conversation and of any shop. A single Chinese character stands in so many words
# that it has no frequency of its own.
_EVERYDAY_ENGLISH = (
    "able add again ago allow already although always answer around available away back bad "
    "because become before begin believe best better big both bring business buy call case change "
    "check child choose close come company country course customer date detail different directly "
    "end enough everyone everything expect fact family far feel few file find first follow "
    "form found free friend full general go going gone group guy half hand happy hard head hear "
    "hold home hope hour house idea important inform information inside instead interest issue "
    "item job keep kind large last late later learn least leave left less life line link list "
    "little live long look lot love main man matter mean meet member might minute moment money "
    "month mrs mr name near next nice night nobody normal nothing number offer often old only onto "
    "open option order others outside own part party pay people perhaps person phone picture place "
    "plan play point possibly present price probably problem product provide reach read ready real "
    "reason receive recommend right room run same save school sell send service set shop show "
    "since site small somebody someone something soon sort speak special start state stay stop "
    "store story such suggest support talk team these those thought through time together tried "
    "try type under understand until usual usually various view visit wait walk watch website week "
    "welcome while whole within without woman wonder word world worry worth write wrong year yet "
    "young"
)
_EVERYDAY_CHINESE = (
    "东西 时间 时候 问题 觉得 喜欢 开始 已经 可能 应该 以后 之前 以前 之后 大家 朋友 自己 出来 "
    "地方 先生 公司 工作 商品 产品 客服 电话 手机 网上 订单 有人 价格 推荐 介绍 信息 情况 其他 "
    "比较 一样 一些 多久 几天 收到 不了 直接 支持 服务 使用 人员"
)
EVERYDAY = frozenset(map(stem, f"{_EVERYDAY_ENGLISH} {_EVERYDAY_CHINESE}".split())) | WONDERING


def frequency(feature: str) -> float:
    """The share of other shops' entries that hold the feature (as `features.count` names it)."""
    if feature in FUNCTION_WORDS:
        return OF_FUNCTION_WORDS
    if feature in EVERYDAY:
        return OF_EVERYDAY_WORDS
    first, _, second = feature.partition(" ")
    pair = second and first in FUNCTION_WORDS and second in FUNCTION_WORDS
    return OF_FUNCTION_PAIRS if pair else 0.0
