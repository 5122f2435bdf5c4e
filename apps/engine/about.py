"""Questions about what a flow does, which are no wish for it: "how do I return something".

Where the same words may be either, an own order, or a wish in words of its own ("I want to return
this, how does it work"), makes it a wish.
"""

import re

LONGEST = 200
_ASKS = re.compile(
    r"""
    \bhow\ (?:do|does|can|could|should|would|must|may|might|is|are|to|long|much|many|soon|late)\b
    |\bhow\s+(?:the\ )?(?:\w+\ )?(?:works?|go(?:es)?)\b
    |\bwhat\ (?:do|does|must|should|can|would)\ (?:i|we|one|you)\ (?:(?:have|need)\ to\ )?do\b
    |\b(?:the|your|an?|any|what|returns?|exchanges?|cancell?ation|refund)\ (?:process|procedure|steps|polic(?:y|ies)|rules?|conditions|deadline|requirements|instructions)\b
    |\bwhat\ (?:happens|if)\b
    |\b(?:can|could|may|are)\ (?!the\ |my\ |this\ |that\ |those\ |these\ )(?:\w+\ )?(?:items|orders|products|goods|things|purchases|returns|exchanges)\ (?:be|\w+ed)\b
    |\b(?:explain|tell\ me|know|wondering|understand)\ (?:about\ |to\ me\ )?(?:how|whether|if)\b
    |(?:怎么|咋)(?!还|就|又|没|不|会|是|回|这|那|老|一直|总|办|都|才|了)|如何|怎样
    |流程|步骤|手续|政策|规则|规定|条件|期限|教程|多久|多长时间|几天[之以]?内|多少天
    """,
    re.VERBOSE,
)
# What would be, and is not said to be so: "can I cancel after it has shipped", 发货以后还能取消吗.
_SUPPOSES = re.compile(
    r"""
    \b(?:can|could|may|might|am|is|are|will|would|do|does)\ (?:i|we|one|it|they|there|orders?|items?|people|customers?|my\ \w+|the\ \w+|an?\ \w+)\b
        [^,.;!?]{0,80}\b(?:after|once|when|if|even\ though|while|unless|without)\b
    |\b(?:after|once|when|if)\b.{2,60}\b(?:can|could|may)\ (?:i|we|one|it|orders?)\b
    |了\W{0,2}(?:还|也)(?:能|可以?|行).{0,12}[吗么嘛不没]
    |(?:以后|之后|(?<![然最售今背先])后|如果|要是|假如|万一|的时候|的情况下|的话).{0,10}(?:能|可以?|行|支持|让).{0,12}(?:[吗么嘛不没]|$)
    """,
    re.VERBOSE,
)
_HYPOTHESIS = r"(?<!if\ )(?<!if\ we\ )(?<!when\ )(?<!in\ case\ )"
_WISHES = re.compile(
    rf"""
    {_HYPOTHESIS}\b(?:i|we)(?:'d|\ would)?\ (?:really\ |just\ |also\ |do\ )?(?:want|wanna|need|like|wish)\b
        (?!\ (?:to\ |some\ |more\ )?(?:know|ask|understand|find\ out|learn|see|check|hear|information|info))
    |\bplease\ (?!tell|explain|let\ me\ know|advise|inform|help|describe|show)[a-z]+
    |(?<![不没别果是如们])(?<!如果我)(?<!要是我)(?:想|(?<!需)要)
        (?!问|知道|了解|咨询|请教|看|查|确认|打听|怎|如何|什么|多|几|哪|是|不要|花|交|付|收|等|求|问问|办)
    |帮[我忙]|给我|替我|麻烦|拜托|(?<!申)请(?!问|教)|[退换消]了?吧
    """,
    re.VERBOSE,
)


def asks_about(folded: str) -> bool:
    """Whether a folded line asks how something is done, or whether it would be, and wishes
    nothing."""
    if len(folded) > LONGEST or _WISHES.search(folded):
        return False
    return bool(_ASKS.search(folded) or _SUPPOSES.search(folded))
