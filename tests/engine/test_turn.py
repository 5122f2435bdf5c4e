"""What holds for every turn, and the corners that no conversation reaches."""

from dataclasses import replace
from typing import Any

import pytest

from apps.engine import turn
from apps.engine.commands import (
    Affirm,
    AskFaq,
    CancelFlow,
    Courtesy,
    Deny,
    Lack,
    SetSlot,
    SmallTalk,
    StartFlow,
    Unfit,
    WantBot,
    WantHuman,
)
from apps.engine.events import Act, Ended, Judged, Move, Part, Remember, Reply, Result, Say
from apps.engine.types import (
    ActiveFlow,
    Memory,
    Mode,
    Passage,
    Policy,
    SlotValue,
    Snapshot,
    Source,
    State,
)
from tests.engine.shop import BOOK

OUTSIDE = Snapshot(Policy(0.7, 0.3), book=BOOK, fresh="fresh")
ORDER = SlotValue("202580668968")


def inside(flow: str = "return", version: int = 2, **active: Any) -> Snapshot:
    memory = Memory(active=ActiveFlow(flow, version, **active))
    return replace(OUTSIDE, state=State.COLLECT, memory=memory)


def reply(events: list[Any]) -> Reply:
    [found] = [event for event in events if isinstance(event, Reply)]
    return found


def says(events: list[Any]) -> list[Say]:
    return [part.say for part in reply(events).parts]


def memory(events: list[Any]) -> Memory:
    [found] = [event.memory for event in events if isinstance(event, Remember)]
    return found


def run(snapshot: Snapshot, *commands: Any, text: str = "line") -> list[Any]:
    return list(turn.run(snapshot, text, commands))


def test_a_reply_is_known_by_what_it_says_first():
    passage = Passage("1", "t", "t", 0.9)
    found = Reply("en", (Part(Say.ANSWER, (passage,)), Part(Say.ASK, slot="order_id")))
    assert (found.say, found.passages) == (Say.ANSWER, (passage,))


def test_what_is_no_command_is_never_acted_upon():
    unknown: Any = "DeleteEverything"
    assert run(OUTSIDE, unknown)[1:] == [Judged("flow")]
    assert says(run(inside(pending="order_id"), unknown)) == [Say.ASK]


def test_without_an_id_of_its_own_no_card_is_shown():
    started = StartFlow("cancel_order"), SetSlot("order_id", "202580668968")
    with pytest.raises(ValueError, match="fresh"):
        run(replace(OUTSIDE, fresh=""), *started)
    assert reply(run(OUTSIDE, *started)).parts[0].id == "fresh"


def test_a_detail_may_come_under_the_name_of_its_kind():
    events = run(inside("cancel_order", 1), SetSlot("order_id", "202580668968", "x", 0, 1))
    assert memory(events).active.slots == {"order_id": replace(ORDER, said="x")}
    started = StartFlow("pickup"), SetSlot("date", "2026-11-25")
    assert memory(run(OUTSIDE, *started)).active.slots["day"].value == "2026-11-25"


def test_a_second_detail_of_a_kind_replaces_the_first():
    snapshot = inside("pickup", 1, slots={"day": SlotValue("2026-11-25")})
    events = run(snapshot, SetSlot("date", "2026-11-26"))
    assert memory(events).active.slots["day"] == SlotValue("2026-11-26", source=Source.TYPED)


def test_the_first_thing_that_is_wrong_is_told():
    events = run(inside(), Unfit("order_id", "shape"), SetSlot("reason", "odd"))
    [part] = reply(events).parts
    assert (part.slot, part.problem) == ("order_id", "shape")


def test_a_value_that_comes_right_after_all_is_not_complained_about():
    events = run(inside("cancel_order", 1), SetSlot("order_id", "x"), SetSlot("order_id", "x1234"))
    assert says(events) == [Say.CONFIRM]


def test_the_same_value_again_leaves_the_card_as_it_is():
    snapshot = inside("cancel_order", 1, slots={"order_id": ORDER}, confirmation="card")
    snapshot = replace(snapshot, state=State.CONFIRM)
    events = run(snapshot, SetSlot("order_id", ORDER.value), Affirm())
    assert [event.key for event in events if isinstance(event, Act)] == ["card"]


def test_a_yes_with_a_changed_value_is_no_yes_whichever_comes_first():
    snapshot = inside("cancel_order", 1, slots={"order_id": ORDER}, confirmation="card")
    snapshot = replace(snapshot, state=State.CONFIRM)
    changed = SetSlot("order_id", "202580668969")
    for commands in ([Affirm(), changed], [changed, Affirm()], [Affirm("card"), changed]):
        events = run(snapshot, *commands)
        assert not [event for event in events if isinstance(event, Act)]
        assert Say.CONFIRM in says(events)


def test_while_an_action_runs_nothing_else_is_taken_for_its_flow():
    snapshot = inside(slots={"order_id": ORDER}, running="key")
    for command in (
        SetSlot("reason", "broken"),
        Unfit("reason", "shape"),
        Lack(),
        Deny(),
        StartFlow("return"),
        WantBot(),
    ):
        events = run(snapshot, command)
        assert says(events) == [Say.STILL_RUNNING], command
        assert not any(isinstance(event, Remember) for event in events)


def test_who_wants_the_bot_has_it_and_is_asked_on():
    assert says(run(inside(pending="order_id"), WantBot())) == [Say.ASK]
    assert says(run(OUTSIDE, WantBot())) == [Say.ASSENT]


def test_what_follows_a_cancel_is_for_no_flow_any_more():
    for command in (Lack(), Affirm(), Deny(), Unfit("order_id", "shape")):
        assert says(run(inside(pending="order_id"), CancelFlow(), command)) == [Say.CANCELLED]


def test_what_is_said_for_no_flow_is_a_question():
    for command in (Lack(), Affirm(), Deny(), CancelFlow(), SetSlot("strange", "x")):
        assert says(run(OUTSIDE, command)) == [Say.UNKNOWN]


def test_a_nod_goes_on_with_a_flow_that_was_left():
    snapshot = inside(pending="order_id", paused=True)
    assert says(run(snapshot, SmallTalk(Courtesy.ASSENT))) == [Say.ASK]


@pytest.mark.parametrize(
    ("snapshot", "commands", "command"),
    [
        (OUTSIDE, [StartFlow("pickup")], "StartFlow"),
        (OUTSIDE, [StartFlow("pickup"), SetSlot("day", "2026-11-25")], "SetSlot"),
        (inside("cancel_order", 1), [SetSlot("order_id", "x123"), AskFaq("x")], "SetSlot"),
        (inside(), [CancelFlow()], "CancelFlow"),
        (OUTSIDE, [WantHuman()], "WantHuman"),
        (OUTSIDE, [SmallTalk(Courtesy.FAREWELL)], "SmallTalk"),
    ],
)
def test_a_move_names_the_command_that_set_it_off(snapshot, commands, command):
    [move] = [event for event in run(snapshot, *commands) if isinstance(event, Move)]
    assert move.command == command


def test_a_move_that_a_result_sets_off_says_so():
    snapshot = inside("status", 1, running="key")
    events = list(turn.resume(snapshot, Result("key", Ended.DONE)))
    assert [event.command for event in events if isinstance(event, Move)] == ["result"]


def test_a_session_that_the_team_gave_back_begins_anew_and_needs_no_address():
    snapshot = replace(inside(), state=State.HANDOFF)
    events = run(snapshot, StartFlow("status"))
    assert [event.to for event in events if isinstance(event, Move)] == [State.INIT, State.COLLECT]
    assert memory(events).reachable
    assert memory(events).active.flow == "status"


def test_nothing_to_cancel():
    assert says(run(OUTSIDE, CancelFlow(), StartFlow("pickup"))) == [Say.ASK]


def test_the_end_of_a_flow_without_an_action_offers_the_next():
    for after, said in [("status", [Say.DONE, Say.NEXT]), ("", [Say.DONE])]:
        slots = {"day": SlotValue("2026-11-25")}
        snapshot = inside("pickup", 1, slots=slots, confirmation="card", after=after)
        events = run(replace(snapshot, state=State.CONFIRM), Affirm("card"))
        assert says(events) == said
        active = memory(events).active
        assert (active.flow if active else "") == after


def test_a_flow_that_was_asked_for_and_is_gone_is_not_offered():
    snapshot = inside(after="gone")
    assert says(run(snapshot, CancelFlow())) == [Say.CANCELLED]


def test_a_pressed_button_without_meaning_and_words_is_told_so():
    assert says(list(turn.run(OUTSIDE, "", ()))) == [Say.EXPIRED]
    assert says(list(turn.run(inside(pending="order_id"), " ", ()))) == [Say.ASK]
    queued = replace(OUTSIDE, mode=Mode.QUEUED, state=State.COLLECT)
    assert says(list(turn.run(queued, "", ()))) == [Say.EXPIRED]


def test_while_waiting_a_line_is_noted_once_however_much_it_says():
    queued = replace(OUTSIDE, mode=Mode.QUEUED, state=State.COLLECT)
    events = run(queued, StartFlow("return"), SetSlot("order_id", "202580668968"))
    assert says(events) == [Say.FLOW_WAITS, Say.LEAVE_ADDRESS]
    assert memory(events).active is None


def test_while_waiting_a_flow_that_is_gone_is_a_line_for_the_team():
    queued = replace(OUTSIDE, mode=Mode.QUEUED, state=State.COLLECT)
    assert says(run(queued, StartFlow("gone"))) == [Say.NOTED_UNREACHABLE]


def test_what_is_left_of_a_flow_after_the_wait_for_a_person_is_dropped():
    snapshot = replace(inside(pending="order_id"), state=State.INIT)
    assert memory(run(snapshot, SmallTalk(Courtesy.GREETING))).active is None


def test_a_detail_that_is_no_kind_of_its_own_is_not_kept():
    for slot, value in [("text", "x"), ("order_id", ""), ("order_id", "9" * 501)]:
        events = run(OUTSIDE, SetSlot(slot, value), text="")
        assert not any(isinstance(event, Remember) for event in events)


def test_a_detail_that_does_not_fit_a_flow_is_not_used_in_it():
    snapshot = replace(OUTSIDE, memory=Memory(heard={"amount": SlotValue("5000")}))
    events = run(snapshot, StartFlow("refund"))
    assert memory(events).active.slots == {}
    assert memory(events).heard == {"amount": SlotValue("5000")}


def test_a_short_reply_in_latin_script_switches_no_language():
    snapshot = inside(pending="order_id", language="zh-Hans")
    for text, language in [
        ("ok", "zh-Hans"),
        ("WH-1000 XM5", "zh-Hans"),
        ("I really do not know where that is", "en"),
        ("好", "zh-Hans"),
    ]:
        assert reply(run(snapshot, Deny(), text=text)).language == "zh-Hans"
        [*_, judged] = events = list(turn.run(snapshot, text))
        assert isinstance(judged, Judged)
        assert reply([event for event in events if isinstance(event, Reply)]).language == language


def test_the_language_of_a_flow_follows_the_visitor():
    snapshot = inside(pending="order_id", language="zh-Hans")
    events = list(turn.run(snapshot, "I really do not know where that is"))
    assert memory(events).active.language == "en"


def test_a_result_is_told_in_the_language_of_its_flow():
    snapshot = inside("status", 1, running="key", language="zh-Hans")
    events = list(turn.resume(snapshot, Result("key", Ended.DONE, "已发出")))
    assert reply(events).language == "zh-Hans"
    assert reply(list(turn.resume(OUTSIDE, Result("key", Ended.DONE)))).language == "en"


@pytest.mark.parametrize(
    ("key", "language", "told"),
    [("key", "en", "zh-Hans"), ("late", "en", "en"), ("late", "", "zh-Hans")],
)
def test_a_late_result_is_told_in_the_language_it_was_asked_for_in(key, language, told):
    inside_one = inside("status", 1, running="key", language="zh-Hans")
    late = Result(key, Ended.DONE, language=language)
    assert reply(list(turn.resume(inside_one, late))).language == told
    outside = Result("late", Ended.DONE, language="zh-Hans")
    assert reply(list(turn.resume(OUTSIDE, outside))).language == "zh-Hans"


@pytest.mark.parametrize("answer", [Affirm("old"), Deny("old")])
def test_the_button_of_an_old_card_takes_up_no_paused_flow(answer):
    events = run(inside("status", 1, paused=True), answer)
    assert says(events) == [Say.EXPIRED, Say.GO_ON]


def test_a_cancel_that_may_mean_the_order_is_asked_about():
    assert says(run(inside("cancel_order", 1), CancelFlow(unsure=True))) == [Say.OR_STOP, Say.ASK]
    running = inside("cancel_order", 1, running="key")
    assert says(run(running, CancelFlow(unsure=True))) == [Say.STILL_RUNNING]


def test_only_an_action_that_was_done_or_refused_is_told_in_the_shops_words():
    for ended in Ended:
        for snapshot in (OUTSIDE, inside("status", 1, running="key")):
            part = reply(list(turn.resume(snapshot, Result("key", ended, "so")))).parts[0]
            assert part.text == ("so" if ended in (Ended.DONE, Ended.REFUSED) else "")


def test_a_refusal_that_names_nothing_of_the_flow_ends_it():
    snapshot = inside("pickup", 1, running="key")
    for result in (
        Result("key", Ended.REFUSED, slot="strange"),
        Result("key", Ended.REFUSED, not_found=True),
    ):
        events = list(turn.resume(snapshot, result))
        assert says(events) == [Say.REFUSED, Say.OFFER_PERSON]
        assert memory(events).active is None


def test_a_refused_detail_that_was_not_needed_is_asked_for_all_the_same():
    slots = {"order_id": ORDER, "reason": SlotValue("broken"), "note": SlotValue("gift")}
    snapshot = inside(slots=slots, running="key")
    events = list(turn.resume(snapshot, Result("key", Ended.REFUSED, slot="note")))
    assert says(events) == [Say.REFUSED, Say.ASK]
    assert set(memory(events).active.slots) == {"order_id", "reason"}


REFUSED_PROOF = Result("key", Ended.REFUSED, slot="phone_tail")


def test_a_refused_proof_is_asked_for_again_and_the_yes_stands():
    slots = {"order_id": ORDER, "reason": SlotValue("broken"), "phone_tail": SlotValue("1111")}
    snapshot = replace(inside(slots=slots, running="key"), state=State.CONFIRM)
    events = list(turn.resume(snapshot, REFUSED_PROOF))
    assert says(events) == [Say.REFUSED, Say.ASK]
    active = memory(events).active
    assert (active.confirmation, active.agreed, active.pending) == ("fresh", True, "phone_tail")


def test_a_refused_proof_of_who_is_asked_for_none_brings_a_new_card():
    slots = {"order_id": ORDER, "reason": SlotValue("broken"), "phone_tail": SlotValue("1111")}
    snapshot = replace(inside(slots=slots, running="key"), state=State.CONFIRM, verified=True)
    events = list(turn.resume(snapshot, REFUSED_PROOF))
    assert says(events) == [Say.REFUSED, Say.CONFIRM]
    assert not memory(events).active.agreed


@pytest.mark.parametrize("ended", Ended)
def test_a_result_whose_flow_is_gone_is_told_and_ends_it(ended):
    events = list(turn.resume(inside("gone", 1, running="key"), Result("key", ended)))
    assert says(events)[0] in {Say.DONE, Say.REFUSED, Say.FAILED}


@pytest.mark.parametrize("mode", [Mode.QUEUED, Mode.HUMAN])
@pytest.mark.parametrize("ended", Ended)
def test_a_result_moves_nothing_once_a_person_has_taken_over(mode, ended):
    snapshot = replace(inside("status", 1, running="key"), mode=mode)
    told, remembered, judged = turn.resume(snapshot, Result("key", ended, "so"))
    assert isinstance(told, Reply)
    assert isinstance(remembered, Remember)
    assert judged == Judged("action", flow="status")


def test_a_question_may_be_asked_beside_a_value_that_is_kept_for_later():
    events = list(turn.run(OUTSIDE, "x", (AskFaq("x"), SetSlot("order_id", "202580668968"))))
    assert Say.WHICH_FLOW in says([event for event in events if isinstance(event, Reply)])
