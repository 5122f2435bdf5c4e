"""Lines without a word that could be a question: signs, laughter, a nod to nothing, bare digits."""

import re

from apps.engine.courtesies import bare, spelt

# What is longer tells something.
LONGEST = 40
MOST_DIGITS = 12
WORDLESS = re.compile(
    r"""
    \d+
    |a?(?:ha|he|hi|ho)+h?|h{2,}|l+o+l+|lmf?ao|rofl|xd|h*m{2,}h?m*|u+[hm]+|e+[hr]+|a+h+|o+h+|w+o+w+|huh|oops|yay
    |y+e+[sp]+|ye+a+h*|yup|ya|y|n+o+|nope|nah|maybe|really|so|well
    |[哈呵嘿嘻嗯哦噢喔啊额呃唉哎诶欸咦哇呜哼呀嘛呢嗷]+|h*哈+h*|(?:对|是|有|没|没有|不|不是|不对)[的呀啊吗了吧]?|真的[吗么]?|好吧|算了|晕|汗
    """,
    re.VERBOSE,
)


def is_wordless(text: str) -> bool:
    """Whether a whole line says nothing that could be looked up. Beside a card, or to a question, it
    may be an answer: that is heard before."""
    plain = bare(spelt(text))
    if len(plain) > LONGEST or sum(map(str.isdigit, plain)) > MOST_DIGITS:
        return False
    return all(map(WORDLESS.fullmatch, plain.split()))
