"""Yeses to a card as people type them every day, and what sounds like one and may be meant otherwise."""

import pytest

from tests.engine.test_consent import acts, card, played


def lines(text: str) -> list[str]:
    """Those of a table, with `|` between them."""
    return [line.strip() for line in text.split("|")]


@pytest.mark.parametrize(
    "line",
    lines("""
        yes sir | Yes, ma’am | ok sir | yess | yesss | yeees | yeahh | yepp | okk | okie | okey dokey | yesyes
        |yes indeed | aye | roger | roger that | for sure | yes, for sure | by all means | totally | totally agree
        |yes totally | go for it | yep go for it | ok let's go | you can proceed | you may proceed | yes you can
        |yes you can proceed | yes, you may go ahead | works for me | yes, works for me | fine by me | fine with me
        |hi yes | hi, yes | hello yes please | hey there, ok | yes thanks for your help | yes, thank you for the help!
        |yes 🎉 | 🎉 yes 🎉 | yes 👏🏽 | yes 🙆 | yes 🙆‍♀️ | yes 🙆🏽‍♂ | ok 👍🎉 | the details are correct | all the details are correct
        |all details correct | the info is correct | yes the details are right | yes, that's my order | yes that is the order
        |yes that's the right order | yes it's the correct one | yes, that's the one | it's all correct
        |yes it's all correct | ok continue | yes, carry on | yes go on then | that looks correct
        |yes, correct | correct, thanks | yes correct please go ahead | yep, right | yes please | that's correct, please do
        |everything looks good | ok yes that's right
        |可以了 | 可以了，谢谢 | 当然 | 当然可以 | 当然了 | 必须的 | 对头 | 都对 | 都对的 | 全对 | 信息都对 | 信息都对的 | 信息没有问题
        |信息都没问题 | 没问题的 | 确定的 | 同意的 | 没意见 | 我没意见 | 嗯呢 | 好咧 | 好啦 | 可以喔 | 可以哦 | 好喔 | okok | OKOK | 是的呢
        |好的呢 | 收到，确认 | 明白，确认 | 知道了，好的 | 了解，同意 | 好的麻烦你 | 好的麻烦你了 | 好的，麻烦了 | 好的，麻烦您
        |好的，谢谢客服 | 好的，尽快 | 确认，麻烦尽快 | 好的，请尽快处理 | 麻烦尽快办理 | 请尽快处理，谢谢 | 麻烦您尽快处理一下
        |安排 | 安排吧 | 您办吧 | 你办吧 | 您处理吧 | 就按这个 | 就按这个办 | 就按这个办吧 | 按这个办吧 | 那就按这个办 | 好的，继续
        |是的，就是这个 | 对，就这个 | 嗯，继续吧 | 嗯… 好的 | 那行 | 那好 | 那就确认吧 | 中 | 好的，那就这样 | 嗯好的呀 | 是的哦
        |对，就是 | 可以，帮我办理 | 对，订单W1234567
    """),
)
@pytest.mark.parametrize("flow", ["return", "cancel"])
def test_everyday_yeses_act(line, flow):
    assert acts(played(card(flow), line))


@pytest.mark.parametrize(
    "line",
    lines("""
        please correct | correct please | Correct, please. | please correct my W1234567 | please correct this
        |please correct for order W1234567 | pls correct thanks | yes please correct | yes, please correct W1234567
        |yes correct my order number W1234567 | kindly correct | please right | please fine | please ok my W1234567 | do it right
        |submit it correct | 确认中 | 提交中 | 同意中 | 确认\n中 | 好的，处理中 | yes 中 | 啊对对对 | 啊，对对 | 啊对 | 那是 | 那就是 | 那就好 | 那就对
        |那就可以 | 那就没问题 | yeah sure | yeahh sure | oh sure | yeah, yeah, right | yeah ok right | ok right then | yeahh right
        |sure looks good | looks good right | 谢谢确认 | 感谢确认 | 谢谢您的确认 | thanks confirmed | thanks, confirmed | thank you confirm
        |it looks good | that looks fine | it sounds great | that sounds good | this sounds fine | it looks perfect
        |can confirm | i can confirm | confirm that | ok confirm this | that's the one | this is the one | that's my order
        |continue | please continue | carry on | go on then | continue W1234567 | yes, continue my W1234567
        |yes process W1234567 | proceed for order W1234567 | 好的，继续处理订单W1234567 | 好的，提交 W1234567 | 继续 | 继续吧 | 那继续
        |是这个 | 就是这样 | 就是这个 | 就这个 | 核对过了 | 提交了 | 办了 | 处理了 | 好的，处理了 | 嗯… | 嗯…… | 嗯。。。 | 嗯... | 哦对 | 哦，是的 | 哈哈好
        |对哦 | 是哦 | 是哈 | 亲，确认 | 亲同意 | 好是好 | 行是行 | 对是对 | 可以是可以 | 好啦好啦 | 可以了吧 | 可以了吗 | 可以了退货
        |收到确认 | 收到 | 收到，没问题 | 知道了 | 好的知道了 | 好的收到 | 明白 | 尽快 | 好的，尽快发货 | 你看着办 | 麻烦你可以 | 当然不
        |当然可以退货 | 都可以 | 不都对 | 随便 | yes sir no sir | sir | hi | hello fine thanks | hi, right | totally fine thanks | totally ok
        |it works for me | works for me now | that's all right | it's all right | yes it's all right | you can | can you proceed
        |if you can proceed | you can proceed with my order | let's go | indeed | details are correct? | the details | are the details correct
        |🎉 | 👏 | 🙆‍♀ no | 👏👏👏 | thanks for your help | ok thanks for your help | suuure | riiight | okaaay | fiiine | nooo | yeses
        |是W1234567 | 就是 W1234567 | 对订单号W1234567 | 是可以的 | 是好的 | 是没错 | 是退货 | 是帮我退货 | 提交好啦 | 确认好的 | 可以就是
        |可以帮我办理 | 可以尽快处理 | 可以麻烦您 | 谢谢同意 | 感谢安排 | 亲好 | works for me fine | looks good for me | fine thanks | alright thanks
        |as you can proceed | oh totally | wait for sure | by all means no | go for it not | aye no | roger no
    """),
)
@pytest.mark.parametrize("flow", ["return", "cancel"])
def test_what_is_half_a_yes_never_acts(line, flow):
    assert not acts(played(card(flow), line))


def test_the_whole_wish_with_the_cards_order_is_a_yes_to_what_it_names():
    for line in lines("""
        cancel order W1234567 please | Cancel order W1234567 | yes cancel order W1234567 | please cancel my order W1234567
        |i want to cancel order number W1234567 | 取消订单W1234567 | 请帮我取消订单号W1234567，谢谢 | 好的，取消订单W1234567
    """):
        assert acts(played(card("cancel"), line)), line
        assert not acts(played(card("return"), line)), line
    for line in lines("""
        cancel order W7654321 please | cancel order W1234567 right | don't cancel order W1234567 | cancel order
        |cancel order W1234567 and refund me | cancel order W1234567 correct | cancel W1234567 W1234567
        |别取消订单W1234567 | 取消订单W7654321 | 取消订单W1234567对 | 先别取消订单W1234567 | 取消订单W1234567吧W7654321
    """):
        assert not acts(played(card("cancel"), line)), line


@pytest.mark.parametrize(
    "line",
    lines("""
        yes please arrange the return | yes, start the return | yes process my return | ok, submit the return now
        |申请退货吧 | 好的，申请退货吧 | 同意退货 | 当然，退货 | 没意见，退吧 | 好的，麻烦尽快退货
    """),
)
def test_a_return_may_be_called_by_its_name(line):
    assert acts(played(card("return"), line))
    assert not acts(played(card("cancel"), line))
