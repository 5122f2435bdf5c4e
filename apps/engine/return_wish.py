"""The wish to go on with the bot instead of waiting for a person: a button's words, and their like.

Whole lines only. It ends a wait, so nothing that merely mentions the bot may be taken for it.
"""

import re

from apps.engine.commands import Command, WantBot
from apps.engine.text import normalise

LONGEST = 60
WHOLE_LINE = re.compile(
    r"""
    (please\ )?((go|carry)\ on|continue|go\ back|back|return)\ (with|to)\ (the\ )?(ai\ )?(assistant|bot|ai)(\ please)?
    |(please\ )?(cancel|withdraw|drop|forget)\ (my|the)\ request
    |(please\ )?(stop|quit)\ waiting
    |(我)?(要|想)?(继续|接着|回去?|返回|回到)(问|找|用|和|跟)?(ai|智能|机器人)?(助手|机器人|ai)(继续)?(聊|问|对话)?
    |(我)?(不等了|别等了|不想等了|不用等了)|(取消|撤回|撤销)(我的)?(转?人工|请求|排队|等待|转接)
    """,
    re.VERBOSE,
)
MARKS = re.compile(r"[\W_]+")
HAN_GAPS = re.compile(r"(?<=[\u4e00-\u9fff]) | (?=[\u4e00-\u9fff])")


def wants_bot(text: str) -> list[Command]:
    """The command if the line is that wish, else an empty list."""
    if len(text) > LONGEST:
        return []
    plain = HAN_GAPS.sub("", MARKS.sub(" ", normalise(text)).strip())
    return [WantBot()] if WHOLE_LINE.fullmatch(plain) else []
