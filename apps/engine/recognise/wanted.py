"""What somebody wants instead: the part of an exchange that comes after "for" or 换成.

A text slot called "wanted" is read so in a line that says more. Nothing vague is taken: 换个颜色
leaves open which.
"""

import re
from typing import NamedTuple

_END = r"[^,.;:!?…~、。\n]"
_COUNTED = r"(?:[一1两2三3]?(?:个|件|双|台|条|只|款|种|套|部|瓶|盒|把|张|本))"
_CHINESE = re.compile(
    rf"""
    (?:换|调|改)(?:成|为|做|到)换?(?P<into>{_END}{{1,60}})
    |换(?P<sized>(?:大|小|长|短|宽|窄)(?:[一1两2半]|几)?(?:个)?(?:点|些|号|码|尺码)(?:儿)?的?)
    |换{_COUNTED}?(?P<other>(?:新|好|没(?:有)?(?:坏|问题)|完好|大|小|长|短|宽|窄|黑|白|红|蓝|绿|灰|黄|紫|粉|米|棕|[a-z0-9]){_END}{{0,40}})
    """,
    re.VERBOSE,
)
_ENGLISH = re.compile(
    rf"""
    \b(?:exchang|swap|chang|trad|replac|switch)\w*\b{_END}{{0,80}}?\b(?:for|to|with|into)\ (?P<into>(?:an?|the|one|two|another|size|something|some)\b{_END}{{2,80}})
    |\b(?:get|have|want|need|prefer|like|take|send\ me)\ (?P<instead>(?:an?|the|size|another)\ {_END}{{1,60}}?)\ instead\b
    |\b(?:send|get|give)\ me\ (?P<sent>an?\ (?:new|working|different|bigger|smaller|larger|undamaged)\ {_END}{{2,60}})
    |\bone\ (?P<sized>size\ (?:up|down|bigger|smaller|larger))
    """,
    re.VERBOSE,
)
_TRAIL = re.compile(
    r"(?:可以|行|好|能|成)?(?:吗|么|吧|呢|呀|啊|嘛|哈|不|行不行|可以不|谢谢|给我|好了|就行|就好|就可以)+$|\s*(?:please|thanks|instead|if\ possible|is\ that\ (?:ok|possible))*\s*$"
)
# Bounded: 一个 can be read as one part or as two, and a long row of them in exponentially many ways.
_VAGUE = re.compile(
    rf"{_COUNTED}?(?:别|其他|其它|另外?|不同)?(?:一|的|{_COUNTED}){{0,4}}(?:颜色|尺码|尺寸|款式?|型号|大小|码数?|鞋码|货|样式)?的?|(?:换|退|调)(?:货|换|款)?"
    r"|(?:an?other|a\ different|the\ other|something|an?|the|one)(?:\ (?:one|colou?r|size|model|item|product|style|thing|else|exchange|swap|replacement|return|refund|cancell?ation))*"
)


class Wanted(NamedTuple):
    """folded[start:end] says what is wanted instead."""

    start: int
    end: int


def wanted(folded: str) -> Wanted | None:
    for pattern in (_CHINESE, _ENGLISH):
        for found in pattern.finditer(folded):
            start, end = found.span(found.lastgroup or 0)
            trail = _TRAIL.search(folded, start, end)
            end = trail.start() if trail else end
            said = folded[start:end].strip()
            if said and not _VAGUE.fullmatch(said):
                start += len(folded[start:end]) - len(folded[start:end].lstrip())
                return Wanted(start, start + len(said))
    return None
