"""Which lines wish to go on with the bot, and which only mention it."""

import pytest

from apps.engine.commands import WantBot
from apps.engine.return_wish import wants_bot


@pytest.mark.parametrize(
    "text",
    [
        "go on with the assistant",
        "Continue with AI!",
        "back to the bot, please",
        "please go back to the bot",
        "cancel my request",
        "Stop waiting.",
        "继续问AI助手",
        "繼續問 AI 助手",
        "继续问智能助手",
        "回到机器人",
        "返回 AI",
        "不等了",
        "取消转人工。",
        "撤回请求",
    ],
)
def test_wishes(text):
    assert wants_bot(text) == [WantBot()]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "assistant",
        "AI",
        "助手",
        "cancel my order",
        "取消订单",
        "can I cancel my request for a refund",
        "does the assistant go on without a battery",
        "不要机器人",
        "不要继续问机器人",
        "取消",
        "x" * 100_000,
    ],
)
def test_no_wishes(text):
    assert wants_bot(text) == []
