"""Words for another order than the one that was spoken of before."""

import re

MAY_NAME = re.compile("other|different|second|[另别其二还]")
# Who names another order means not the one before. What something is exchanged for is none.
ANOTHER = re.compile(
    r"""
    \b(?:another|other|different|second)\ (?:\w+\ )?(?:orders?|parcels?|packages?|purchases?|deliver(?:y|ies)|shipments?)\b
    |(?<!for\ )(?<!with\ )(?<!to\ )\b(?:the\ other|another|a\ different)\ (?:one|item|product)\b
    |(?:另外?[一那的]?|别的|其[他它]的?|第二|还有[一1两2]?)[个单笔份件]?的?(?:订单|单子|包裹|快递|单|笔)
    |(?<![换成为])另外?[一那][个单笔]
    """,
    re.VERBOSE,
)


def names_another(folded: str) -> bool:
    """Whether a folded line is about another order than the one that was spoken of before."""
    # Most lines hold no word of it, which one look tells.
    return MAY_NAME.search(folded) is not None and ANOTHER.search(folded) is not None
